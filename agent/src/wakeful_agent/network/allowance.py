"""How often a panel may be asked: what its rate-limit headers say is obeyed, and its refusals are waited out. Pure.

Laravel counts in fixed windows of a minute and tells what is left with each answer, but not when the window ends: that
comes with a refusal only. What is left at last is kept for what cannot wait: starting a server.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

WINDOW_SECONDS = 60.0
WAIT_SECONDS_MAX = 900.0
KEPT_FRACTION = 0.1
"""The part of a window that is kept for what is urgent."""
_SECONDS = re.compile(r"in (\d{1,6}) seconds?", re.IGNORECASE)


class Allowance:
    """What one account may still ask; to be used under the lock of who asks."""

    def __init__(self) -> None:
        self._limit = 0
        self._left = 0
        self._window_began = 0.0
        self._refused_until = 0.0

    def wait_seconds(self, now: float, urgent: bool = False) -> float:
        """Return how long to wait before the next request; `now` is in seconds of any clock that only goes forward."""
        refused = self._refused_until - now
        if refused > 0:
            return refused
        ends = self._window_began + WINDOW_SECONDS
        kept = 0 if urgent else int(self._limit * KEPT_FRACTION)
        return ends - now if self._limit and self._left <= kept and now < ends else 0.0

    def learn(self, headers: Mapping[str, str], now: float) -> None:
        """Take what an answer says is left of the window."""
        limit, left = _whole(headers.get("x-ratelimit-limit")), _whole(headers.get("x-ratelimit-remaining"))
        if limit is None or left is None:
            return
        if left > self._left or now >= self._window_began + WINDOW_SECONDS:
            self._window_began = now
        self._limit, self._left = limit, left

    def refuse(self, seconds: float, now: float) -> None:
        """Ask nothing more for so long: the panel said so."""
        self._refused_until = max(self._refused_until, now + min(seconds, WAIT_SECONDS_MAX))


def told_seconds(headers: Mapping[str, str], text: str, now_seconds: float) -> float:
    """Return how long a refusal (429) says to wait; `now_seconds` is the time since the epoch.

    Of three places in turn: `Retry-After`, the time when the window ends, and the sentence of a lock-out, which has no
    header. A minute when none says it.
    """
    wait = _whole(headers.get("retry-after"))
    reset = _whole(headers.get("x-ratelimit-reset"))
    said = _SECONDS.search(text)
    if wait is None and reset is not None:
        wait = int(reset - now_seconds) + 1
    if wait is None and said:
        wait = int(said[1])
    return min(max(float(WINDOW_SECONDS if wait is None else wait), 1.0), WAIT_SECONDS_MAX)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 12 else None
