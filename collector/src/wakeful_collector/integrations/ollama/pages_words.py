"""The gateway's own words as people read them, with the mood of each."""

from __future__ import annotations

STATES = {
    "asleep": ("none", "Asleep", "moon"),
    "waking": ("new", "Waking", "busy"),
    "awake": ("ok", "Awake", "up"),
    "draining": ("warn", "Going to sleep", "moon"),
    "stopping": ("warn", "Shutting down", "busy"),
    "unreachable": ("bad", "Unreachable", "alert"),
}
"""Of each state of a machine its mood, its word and its icon."""

KINDS = {"person": "a person", "script": "a program", "legacy": "an older client"}
"""Who holds a lease that is no request."""

BY = {
    "request": "for a request",
    "lease": "for a claim",
    "permanent": "as it is kept awake for good",
    "idle": "",
    "itself": "",
}
"""What made a machine turn, where that was no person and no key."""

OUTCOMES = {
    "ok": ("ok", "answered"),
    "seen": ("none", "last seen answer"),
    "refused": ("warn", "refused by Ollama"),
    "cancelled": ("none", "client went away"),
    "broken": ("bad", "broke off"),
    "limited": ("warn", "over its limit"),
    "full": ("warn", "queue was full"),
    "forbidden": ("warn", "not allowed"),
    "not_awake": ("bad", "did not wake"),
    "unsent": ("bad", "not reached"),
}
"""How a request ended: its mood and its words."""


def state(name: str) -> tuple[str, str, str]:
    """Return mood, word and icon of a state."""
    return STATES.get(name, ("none", name or "Not known yet", "info"))


def outcome(name: str) -> tuple[str, str]:
    """Return mood and words of how a request ended."""
    return OUTCOMES.get(name, ("none", name.replace("_", " ")))


def by(maker: str) -> str:
    """Return who made a machine turn, as the end of a sentence."""
    return BY[maker] if maker in BY else f"by {who(maker)}" if maker else ""


def who(principal: str) -> str:
    """Return whoever `user:mira` or `key:laptop` is for people: the name alone."""
    return principal.partition(":")[2] or principal


def count(number: int, one: str, many: str = "") -> str:
    """Return `1 request`, `2 requests`, `no requests`."""
    words = one if number == 1 else many or f"{one}s"
    return f"{number or 'no'} {words}"


def span(seconds: float) -> str:
    """Return a duration in its largest unit, as the pages have it: `4 min`, `40 s`."""
    for length, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"
