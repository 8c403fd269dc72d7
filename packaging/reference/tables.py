"""Pages and tables in Markdown, as every page of the reference is made of them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MARK = "<!-- Made by `make reference` from the code; what is written here by hand is lost. -->"
_CODE = re.compile(r"(`[^`]*`)")


def page(title: str, about: str, *parts: str) -> str:
    """Return a whole page: its title, what it is about, and its parts with a line between them."""
    return "\n\n".join([f"# {title}", MARK, about.strip(), *(part.strip() for part in parts if part.strip())]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; columns in which no row says anything are left out. Without rows it is empty."""
    cells = [[cell(text) for text in row] for row in rows]
    if not cells:
        return ""
    kept = [at for at in range(len(heads)) if any(row[at] for row in cells)]
    lines = [_line(heads[at] for at in kept), _line("---" for _ in kept)]
    return "\n".join([*lines, *(_line(row[at] for at in kept) for row in cells)])


def cell(text: str) -> str:
    """Return text as it may stand in a cell: in one line, and of what is not code nothing is taken for markup."""
    pieces = _CODE.split(" ".join(text.split()))
    return "".join(
        piece.replace("|", "\\|") if piece.startswith("`") else _plain(piece).replace("|", "\\|") for piece in pieces
    )


def _plain(text: str) -> str:
    return text.replace("<", "&lt;").replace("*", "\\*")


def code(value: object) -> str:
    """Return a value as code."""
    text = str(value)
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def codes(values: Iterable[object]) -> str:
    """Return values as code, one after the other."""
    return ", ".join(code(value) for value in values)


def number(value: float) -> str:
    """Return a number as people read it."""
    return f"{value:,.15g}"


def span(least: float | None, most: float | None, unit: str = "") -> str:
    """Return the bounds of a number in words; empty without any."""
    behind = f" {unit}" if unit else ""
    if least is not None and most is not None:
        return f"{number(least)} to {number(most)}{behind}"
    if least is not None:
        return f"{number(least)}{behind} or more"
    return f"at most {number(most)}{behind}" if most is not None else ""


def sentence(text: str) -> str:
    """Return text with a full stop behind it, and a capital before it where it begins with a plain word."""
    stripped = text.strip()
    if stripped.partition(" ")[0].rstrip(",;:.").replace("'", "").replace("-", "").isalpha():
        stripped = stripped[:1].upper() + stripped[1:]
    return stripped if not stripped or stripped.endswith((".", "!", "?", ":")) else f"{stripped}."


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells).rstrip() + " |"
