"""What pages ask about their own request: is it a part that is wanted, which number, what is lacking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request

if TYPE_CHECKING:
    from wakeful_collector.accounts import Principal

OPERATE = "operate"


def is_part() -> bool:
    """Tell whether the page's script asks for the changing part of a page only."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def number(name: str, default: int, least: int, most: int) -> int:
    """Return a whole number from the query, kept between its bounds; `default` when there is none."""
    text = request.args.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 12):
        return default
    return min(most, max(least, int(text)))


def lacks(principal: Principal | None, scope: str = OPERATE) -> str:
    """Return why somebody may not press what needs a scope; empty when they may."""
    if principal is not None and principal.may(scope):
        return ""
    held = "nothing" if principal is None else ", ".join(sorted(principal.scopes))
    return f"This needs the scope {scope}; yours: {held}."
