"""What a room adds to the pages that all share: places in the main navigation, operations that have buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response


class Place(NamedTuple):
    """An entry of the main navigation: `key` is its icon and what a page calls itself by `active`."""

    key: str
    endpoint: str
    label: str


class Offer(NamedTuple):
    """An operation that pages may ask for by a button (`/ask/OPERATION`); `done` is what is said once it is done.

    With `elsewhere` the page is loaded anew afterwards, as it is another one then. What destroys wants the value of the
    operation's subject typed, or what `typed` says of the arguments. `note` shows what the operation answered.
    """

    operation: str
    done: str
    elsewhere: bool = False
    typed: Callable[[dict[str, Any]], str] | None = None
    note: Callable[[dict[str, Any]], Response] | None = None
