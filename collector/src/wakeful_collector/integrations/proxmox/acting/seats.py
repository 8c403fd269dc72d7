"""How many threads of a web process look at clusters at once: one that hangs must not take them all."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_lock = threading.Lock()
_taken: list[object] = []


class Full(Exception):
    """As many look as may."""


@contextmanager
def seat(most: int) -> Iterator[None]:
    """Take one of `most` seats of this process for a while. Raises Full when there is none."""
    ticket = object()
    with _lock:
        if len(_taken) >= most:
            raise Full
        _taken.append(ticket)
    try:
        yield
    finally:
        with _lock:
            _taken.remove(ticket)
