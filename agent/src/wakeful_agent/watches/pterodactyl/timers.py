"""Named moments that something is to happen at, in seconds of a clock that only goes forward. Pure."""

from __future__ import annotations


class Timers:
    """At most one moment for a name."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._at

    def set(self, name: str, at: float) -> None:
        """Set a moment, instead of the one before."""
        self._at[name] = at

    def keep(self, name: str, at: float) -> None:
        """Set a moment unless there is one."""
        self._at.setdefault(name, at)

    def drop(self, *names: str) -> None:
        """Forget moments."""
        for name in names:
            self._at.pop(name, None)

    def due(self) -> float | None:
        """Return the next moment."""
        return min(self._at.values(), default=None)

    def take(self, now: float) -> str:
        """Return the name whose moment came first, and forget it; empty while none has come."""
        name = min(self._at, key=self._at.__getitem__, default="")
        if not name or self._at[name] > now:
            return ""
        del self._at[name]
        return name
