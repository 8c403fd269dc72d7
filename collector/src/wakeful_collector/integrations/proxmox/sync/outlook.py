"""What a cycle reads again: of which guests a poll shows that they changed, and whose turn it is. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.sync.attribution import DETAILED, SNAPSHOTTING
from wakeful_collector.model.estate import SEEN, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.model.estate import Guest, Task

AGAIN_MS = 60_000
"""How long after a look that failed the same guest is not looked at for that reason alone."""


TURNS_A_SECOND_MAX = 5
"""How many guests that show no change are read again in a second: of a large cluster a round takes longer for it."""


class Wanted(NamedTuple):
    """Which guests are read now by id: those that changed, those not seen yet or failed before, whose turn it is."""

    changed: list[str]
    missing: list[str]
    turn: list[str]


def wanted(
    known: Mapping[str, Guest],
    seen: Mapping[str, Guest],
    worked: frozenset[int],
    away: frozenset[str],
    now_ms: int,
    *,
    turns: int,
    detail_ms: int,
    tried: Mapping[str, int],
) -> Wanted:
    """Return what to read of `seen`, merged with what was `known`; nothing of nodes that are `away`.

    At most `turns` guests that show no change, the longest not seen first, once they were not seen for `detail_ms`.
    `worked` are the numbers of guests that somebody worked at, `tried` says when a guest was asked in vain last.
    """
    found = Wanted([], [], [])
    due: list[tuple[int, str]] = []
    for key, guest in seen.items():
        if guest.node in away:
            continue
        before = known.get(key)
        if before is not None and (guest.vmid in worked or has_changed(before, guest)):
            found.changed.append(key)
        elif not guest.config_seen_ms or guest.config_state != SEEN:
            if not 0 <= now_ms - tried.get(key, 0) < AGAIN_MS:
                found.missing.append(key)
        elif not 0 <= now_ms - guest.config_seen_ms < detail_ms:  # in the future: the clock was set back
            due.append((guest.config_seen_ms, key))
    return found._replace(turn=[key for _, key in sorted(due)[:turns]])


def worked_at(tasks: Iterable[Task]) -> frozenset[int]:
    """Return the numbers of the guests at which tasks worked that may have changed what no poll shows."""
    return frozenset(int(one.subject) for one in tasks if one.kind in DETAILED and one.subject.isdecimal())


def turns(guests: int, since_ms: int, detail_ms: int) -> int:
    """Return how many guests' turn it is in a cycle, so that all had theirs within `detail_ms` or as soon as may be."""
    if not detail_ms:
        return guests
    passed_ms = max(0, since_ms)
    share = math.ceil(guests * min(1.0, passed_ms / detail_ms))
    return min(share, math.ceil(TURNS_A_SECOND_MAX * passed_ms / 1000))


def has_changed(before: Guest, after: Guest) -> bool:
    """Tell whether what a poll says of a guest asks for a look at it; a lock that comes will go, then it is looked."""
    definite = UNKNOWN not in {before.status, after.status} and before.status != after.status
    returned = before.status == UNKNOWN != after.status and before.known_status != after.status
    unlocked = bool(before.lock) and before.lock != after.lock
    return definite or returned or unlocked or _shape(before) != _shape(after)


def wants_snapshots(before: Guest | None, after: Guest, digest_changed: bool, tasks: Iterable[Task]) -> bool:
    """Tell whether the list of snapshots is worth a request after the settings were read.

    The settings name the snapshot that they come after, so that a new one shows; one that went shows in the digest.
    """
    if before is None or not before.config_seen_ms:
        return True
    if after.current_snapshot != before.current_snapshot:
        return True
    if any(one.kind in SNAPSHOTTING and one.subject == str(after.vmid) for one in tasks):
        return True
    is_told = (before.config, before.pending) != (after.config, after.pending)
    return digest_changed and (bool(before.snapshots) or not is_told)


def _shape(one: Guest) -> tuple[object, ...]:
    return one.name, one.node, one.tags, one.template, one.pool, one.cpus, one.memory_bytes, one.disk_bytes
