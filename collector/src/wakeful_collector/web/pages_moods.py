"""How words of machines are coloured: a state is well, worth a look, bad, or says nothing about that."""

from __future__ import annotations

from typing import Any

BAD = frozenset(
    [
        "bad",
        "critical",
        "crashed",
        "dead",
        "down",
        "err",
        "error",
        "failed",
        "failing",
        "fault",
        "faulted",
        "lost",
        "low_battery",
        "missing",
        "offline",
        "on_battery",
        "refused",
        "removed",
        "suspended",
        "unavail",
        "unavailable",
        "unhealthy",
        "not-found",
        "banned",
    ]
)
WARN = frozenset(
    [
        "activating",
        "check",
        "clean_degraded",
        "deactivating",
        "degraded",
        "does_not_answer",
        "needs_charging",
        "paused",
        "pending",
        "predicted_failure",
        "rebuilding",
        "recovering",
        "recovery",
        "reloading",
        "restarting",
        "resync",
        "resyncing",
        "starting",
        "warn",
        "warning",
    ]
)
OK = frozenset(
    [
        "active",
        "charging",
        "connected",
        "enabled",
        "established",
        "finished",
        "healthy",
        "listening",
        "ok",
        "online",
        "open",
        "passed",
        "primary",
        "running",
        "streaming",
        "success",
        "up",
    ]
)
STATE_COLUMNS = frozenset(
    {"state", "status", "health", "outcome", "result", "load", "condition", "alarm", "severity", "link"}
)
_RANK = {"bad": 0, "warn": 1, "none": 2, "ok": 3, "": 4}


def mood(word: str) -> str:
    """Return `ok`, `warn`, `bad`, or `none` for a word that is neither."""
    said = word.casefold().strip().replace(" ", "_")
    if said in BAD:
        return "bad"
    if said in WARN:
        return "warn"
    return "ok" if said in OK else "none"


def cell_mood(key: str, value: Any) -> str:
    """Return the mood of a cell, empty for one that is no state: of a list of things that of the worst."""
    if isinstance(value, str) and value:
        return mood(value) if key in STATE_COLUMNS else ""
    if key == "passed" and isinstance(value, bool):
        return "ok" if value else "bad"
    if isinstance(value, list):
        return worst([thing_mood(item) for item in value if isinstance(item, dict)])
    return ""


def thing_mood(thing: dict[str, Any]) -> str:
    """Return the worst mood of an object's states."""
    return worst([cell_mood(key, value) for key, value in thing.items() if not isinstance(value, list)])


def worst(moods: list[str]) -> str:
    """Return the worst of some moods, empty when there is none."""
    return min(moods, key=_RANK.__getitem__, default="")


def rank(moods: list[str]) -> int:
    """Return where a thing with these moods stands: the bad first, those that are well and those without one alike."""
    return min(_RANK[worst(moods)], _RANK["none"])
