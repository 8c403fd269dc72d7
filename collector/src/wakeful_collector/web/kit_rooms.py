"""What a room adds to the pages that all share: places in the main navigation, operations that have buttons."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """An entry of the main navigation: `key` is its icon and what a page calls itself by `active`."""

    key: str
    endpoint: str
    label: str


class Offer(NamedTuple):
    """An operation that pages may ask for by a button (`/ask/OPERATION`); `done` is what is said once it is done.

    With `elsewhere` the page is loaded anew afterwards, as it is another one then. What destroys wants the value of the
    operation's subject typed.
    """

    operation: str
    done: str
    elsewhere: bool = False
