"""Which step of a plan made anew is the one that was approved, or why there is none. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.declare.steps import (
    BOOT_AGAIN,
    CHANGE,
    CREATE,
    MOVE_DISK,
    REBOOT,
    RESIZE,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.integrations.proxmox.declare.steps import Step

_FROM_TO = frozenset({CHANGE, RESIZE, MOVE_DISK})
"""Kinds whose `old` is part of what was approved: somebody else's change must not be overwritten."""


class Match(NamedTuple):
    """The step to do now; None with `why` empty: there is nothing to do any more."""

    step: Step | None
    why: str = ""


def match(approved: dict[str, Any], anew: Sequence[Step], made_here: bool) -> Match:
    """Return what an approved step is in a plan made anew; `made_here` is a guest that this apply made.

    Nothing is told of its `old`: until it was made, that could only be imagined.
    """
    own = [
        one
        for one in anew
        if (one.cluster, one.guest, one.pool) == (approved["cluster"], approved["guest"], approved["pool"])
    ]
    for one in own:
        if one.kind != approved["kind"] or dict(one.new) != approved["new"]:
            continue
        if one.kind in _FROM_TO and not made_here and dict(one.old) != approved["old"]:
            return Match(None, _changed(approved["old"], dict(one.old)))
        return Match(one)
    for one in own:
        if one.kind == BOOT_AGAIN and approved["effect"] == REBOOT and _names(one.new) <= _names(approved["new"]):
            return Match(one)
    if approved["kind"] == CREATE:
        return Match(None)
    if approved["kind"] in _FROM_TO:
        clash = next((one for one in own if one.kind in _FROM_TO and set(one.new) & set(approved["new"])), None)
        if clash is not None:
            return _narrowed(approved, clash, made_here)
    return Match(None)


def _narrowed(approved: dict[str, Any], now: Step, made_here: bool) -> Match:
    """Return a step of which a part has come true meanwhile; anything beyond what was approved is refused."""
    is_part = set(dict(now.new).items()) <= set(approved["new"].items())
    unchanged = made_here or all(approved["old"].get(name) == value for name, value in now.old.items())
    if is_part and unchanged and now.kind == approved["kind"]:
        return Match(now)
    return Match(None, _changed(approved["old"], dict(now.old)))


def _names(change: Any) -> set[str]:
    return {name.partition(".")[0] for name in change}


def _changed(before: dict[str, Any], now: dict[str, Any]) -> str:
    differing = [name for name in now if before.get(name) != now[name]]
    told = ", ".join(f"{name} is {now[name]}" for name in differing[:5]) or "it is another change"
    return f"it was changed since the plan was made ({told}): make a new plan"
