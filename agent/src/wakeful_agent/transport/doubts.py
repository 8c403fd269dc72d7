"""Pushes that somebody refused without being understood: a proxy in between, most likely, by its own rules. Pure."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TRIES_MAX = 5
FIRST_SECONDS = 30.0
DOUBTS_MAX = 64


class Doubt(NamedTuple):
    """How often a push was refused so, when it is tried again (monotonic), and how many were accepted at first."""

    tries: int
    due: float
    accepted: int


class Doubts:
    """Decides which pushes to pass over for a while, and which to give up.

    A push is given up when it was refused five times over some seven minutes while others were accepted: then the
    fault is in the push. While nothing is accepted the fault is on the way, and everything is kept.
    """

    def __init__(self) -> None:
        self._of: dict[str, Doubt] = {}

    def refused(self, name: str, now: float, accepted: int) -> bool:
        """Take one more refusal of a push; tell whether it is to be given up.

        Beyond 64 at once the one that is due first is forgotten.
        """
        before = self._of.get(name) or Doubt(0, now, accepted)
        tries = before.tries + 1
        if tries >= TRIES_MAX and accepted > before.accepted:
            self._of.pop(name, None)
            return True
        if name not in self._of and len(self._of) >= DOUBTS_MAX:
            del self._of[min(self._of, key=lambda known: self._of[known].due)]
        wait_seconds = FIRST_SECONDS * 2.0 ** (min(tries, TRIES_MAX) - 1)
        self._of[name] = Doubt(tries, now + wait_seconds, before.accepted)
        return False

    def keep(self, names: set[str]) -> None:
        """Forget all but these: what is no longer in the spool needs no opinion."""
        self._of = {name: doubt for name, doubt in self._of.items() if name in names}

    def passed_over(self, now: float) -> set[str]:
        """Return the names of those that are not to be tried yet."""
        return {name for name, doubt in self._of.items() if doubt.due > now}

    def next_seconds(self, now: float) -> float | None:
        """Return how long until one may be tried again; None when there is none."""
        return max(0.0, min(doubt.due for doubt in self._of.values()) - now) if self._of else None
