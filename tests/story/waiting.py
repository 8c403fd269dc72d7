"""Waiting for what must come to pass."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STEP_SECONDS = 0.2


class Never(AssertionError):
    """It did not come to pass in the time it was given."""


def until(question: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Ask until the answer is true and return it; Never, with what was waited for, when that takes too long."""
    deadline = time.monotonic() + seconds
    while True:
        if found := question():
            return found
        if time.monotonic() > deadline:
            raise Never(f"not within {seconds:.0f} s: {what}")
        time.sleep(STEP_SECONDS)
