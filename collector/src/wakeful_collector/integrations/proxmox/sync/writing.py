"""What a cycle came to, kept: things, changes with who made them, tasks, areas and standing in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wakeful_collector.integrations.proxmox.sync import attribution, compare, principals
from wakeful_collector.integrations.proxmox.sync.polling import LISTED
from wakeful_collector.model.estate import SEEN, STALE, Guest, Node, Storage
from wakeful_collector.read import proxmox
from wakeful_collector.store import proxmox_changes, proxmox_clusters, proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import Change, TaskRow
from wakeful_collector.store.proxmox_estate import Area, Thing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.errors import PveError
    from wakeful_collector.integrations.proxmox.sync.compare import Difference
    from wakeful_collector.integrations.proxmox.sync.cycle import Cycle
    from wakeful_collector.integrations.proxmox.sync.known import Known
    from wakeful_collector.model.estate import Task

CHANGES_MAX = 20_000
"""How many changes one cycle writes; what is beyond is in the estate, and not in the history."""
_KINDS_OF_NO_HISTORY = frozenset(("contents",))


def keep(data: Path, name: str, made_ms: int, known: Known, made: Cycle, now_ms: int, seconds: float) -> int:
    """Keep what a cycle came to, unless its cluster was removed meanwhile; return how many changes there were.

    `made_ms` is when the cluster was added: another one of the same name is another one.
    """
    before, after = known.things(), made.now.things()
    things = list(_things(before, after, made, now_ms))
    found = [] if not known.polled_ms else list(_changes(known, before, after, made, now_ms))[:CHANGES_MAX]
    tasks = {one.upid: one for one in made.tasks if not one.ended_ms or one.upid not in (known.ended or ())}
    with changing(data) as connection:
        row = proxmox_clusters.by_name(connection, name)
        if row is None or row.made_ms != made_ms:
            return 0
        proxmox_estate.drop(connection, name, "contents", known.contents.keys() - made.now.contents.keys())
        proxmox_estate.keep(connection, name, things)
        proxmox_changes.add(connection, name, principals.named(connection, name, found, known.polled_ms))
        proxmox_changes.keep_tasks(connection, name, (_task_row(one) for one in tasks.values()))
        proxmox_estate.keep_areas(connection, name, (_area(one) for one in made.areas))
        proxmox_estate.drop_areas(connection, name, made.dropped_areas)
        proxmox_estate.stand(connection, name, **_standing(made, now_ms, seconds))
        if not known.polled_ms:
            proxmox_estate.stand(connection, name, since_ms=now_ms)
        if made.is_survey:
            proxmox_estate.answered(connection, name, now_ms)
    made.now.areas = _areas_now(known, made)
    return len(found)


def fail(data: Path, name: str, error: PveError, requests: int, now_ms: int) -> None:
    """Keep that a cycle saw nothing, and why; what was seen before stays, as of then."""
    with changing(data) as connection:
        if proxmox_clusters.by_name(connection, name) is None:
            return
        since_ms = proxmox_estate.standing(connection, name).failing_since_ms or now_ms
        told = {"failed": error.kind, "error": str(error)[:1_000], "failing_since_ms": since_ms}
        proxmox_estate.stand(connection, name, tried_ms=now_ms, requests=requests, **told)
        stale = [Area(one, STALE, str(error)[:500], now_ms, 0) for one in (*LISTED, "tasks")]
        proxmox_estate.keep_areas(connection, name, stale)
        proxmox_estate.answered(connection, name, now_ms)


def _things(
    before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any], made: Cycle, now_ms: int
) -> Iterator[Thing]:
    """Yield what is to be written: what went first, so that what took its place can come."""
    for gone in made.gone:
        yield Thing(_kind(gone), gone.id, msgspec.msgpack.encode(gone), now_ms)
    for key, one in made.replaced.items():
        gone = msgspec.structs.replace(one, gone_ms=now_ms)
        yield Thing("guest", key, msgspec.msgpack.encode(gone), now_ms)
    told = {(_kind(one), one.id) for one in made.gone}
    for (kind, key), one in before.items():
        if (kind, key) not in after and (kind, key) not in told and kind != "contents":
            yield Thing(kind, key, msgspec.msgpack.encode(msgspec.structs.replace(one, gone_ms=now_ms)), now_ms)
    for (kind, key), one in after.items():
        if before.get((kind, key)) != one or (kind == "guest" and key in made.replaced):
            yield Thing(kind, key, msgspec.msgpack.encode(one))


def _kind(one: Guest | Node | Storage) -> str:
    return "guest" if isinstance(one, Guest) else "node" if isinstance(one, Node) else "storage"


def _changes(
    known: Known, before: dict[tuple[str, str], Any], after: dict[tuple[str, str], Any], made: Cycle, now_ms: int
) -> Iterator[Change]:
    """Yield every change of a value, by thing."""
    gone = {(_kind(one), one.id) for one in made.gone}
    yield from _of_cluster(known, made.now, now_ms)
    for kind, key in sorted({*before, *after}):
        old, new = before.get((kind, key)), after.get((kind, key))
        if old is new or old == new or kind in _KINDS_OF_NO_HISTORY:
            continue
        if new is None and kind in _OF_POLLS and (kind, key) not in gone:
            continue
        pairs = ((old, None), (None, new)) if kind == "guest" and key in made.replaced else ((old, new),)
        for pair in pairs:
            found = _COMPARED.get(kind, compare.item)(*pair)
            if pair[0] is None and not _is_news(known, kind, pair[1], made.tasks):
                continue
            yield from _told(kind, key, pair, found, made, (known.polled_ms, now_ms))
    yield from _volumes(known, made, now_ms)


def _told(
    kind: str, key: str, pair: tuple[Any, Any], found: list[Difference], made: Cycle, span_ms: tuple[int, int]
) -> Iterator[Change]:
    """Yield differences of a thing as changes, with who made them since the last poll."""
    since_ms, now_ms = span_ms
    one = pair[0] if pair[1] is None else pair[1]
    is_guest = isinstance(one, Guest)
    name, node = getattr(one, "name", "") or key, getattr(one, "node", "")
    for field, was, became in found:
        pending = is_guest and pair[0] is not None and field.removeprefix("config.") in pair[0].pending
        task = attribution.teller(field, was, one.vmid, made.tasks, since_ms, was_pending=pending) if is_guest else None
        who, upid = ("", "") if task is None else (task.user, task.upid)
        mark = one.mark if is_guest else ""
        yield Change(now_ms, _at_ms(task, now_ms), kind, key, name, node, mark, field, was, became, who, upid)


def _volumes(known: Known, made: Cycle, now_ms: int) -> Iterator[Change]:
    """Yield which images, ISOs and templates came and went; backups come and go each night, and are listed apart.

    Lists leave out silently what the login may not see: where its rights are others now, nothing came or went.
    """
    if known.permissions != made.now.permissions:
        return
    for place in sorted({*known.contents} & {*made.now.contents}):
        old, new = (
            {one.volid: one for one in held if one.content != "backup"}
            for held in (known.contents[place], made.now.contents[place])
        )
        for field, was, became in compare.volumes(old, new):
            volume = new.get(became or "") or old[was or ""]
            key, node = place.removeprefix("content/"), volume.node
            yield Change(now_ms, now_ms, "storage", f"storage/{key}", volume.storage, node, "", field, was, became)


def _is_news(known: Known, kind: str, one: Any, tasks: list[Task]) -> bool:
    """Tell whether what is there now came just now: not where it could not be seen before, unless a task made it."""
    area = known.areas.get(_AREAS.get(kind, f"node/{getattr(one, 'node', '')}/networks"))
    if area is not None and area.state == SEEN:
        return True
    return kind == "guest" and attribution.teller("", None, one.vmid, tasks, known.polled_ms) is not None


def _of_cluster(known: Known, now: Known, now_ms: int) -> Iterator[Change]:
    """Yield what changed of the cluster as a whole: its quorum and its version."""
    pairs = (("quorate", _yes_or_no(known.quorate), _yes_or_no(now.quorate)), ("version", known.version, now.version))
    for field, old, new in pairs:
        if old and new and old != new:
            yield Change(now_ms, now_ms, "cluster", "cluster", "cluster", "", "", field, old, new)


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"


def _at_ms(task: Task | None, now_ms: int) -> int:
    return now_ms if task is None else min(task.ended_ms or task.started_ms or now_ms, now_ms)


def _task_row(one: Task) -> TaskRow:
    return TaskRow(one.upid, one.node, one.kind, one.subject, one.user, one.started_ms, one.ended_ms, one.status)


def _area(one: Any) -> Area:
    return Area(one.name, one.state, one.reason, one.since_ms, one.seen_ms)


def _areas_now(known: Known, made: Cycle) -> dict[str, Any]:
    kept = {name: one for name, one in known.areas.items() if name not in made.dropped_areas}
    return kept | {one.name: one for one in made.areas}


def _standing(made: Cycle, now_ms: int, seconds: float) -> dict[str, Any]:
    now = made.now
    paper = proxmox.Paper(now.permissions, now.not_in_backup)
    told = {"tried_ms": now_ms, "polled_ms": now_ms, "surveyed_ms": now.surveyed_ms, "failed": "", "error": ""}
    return told | {
        "failing_since_ms": 0,
        "requests": made.requests,
        "seconds": round(seconds, 3),
        "version": now.version,
        "quorate": now.quorate,
        "paper": msgspec.msgpack.encode(paper),
        "usage": proxmox.packed(now.usage),
    }


_OF_POLLS = frozenset(("guest", "node", "storage"))
_AREAS = {
    "guest": "guests",
    "node": "nodes",
    "storage": "storages",
    "backup_job": "backup jobs",
    "replication": "replication",
    "ha": "ha",
    "pool": "pools",
}
"""The area that says whether things of a kind could be seen; of networks each node has one."""
_COMPARED: dict[str, Callable[[Any, Any], list[Difference]]] = {
    "guest": compare.guest,
    "node": compare.node,
    "storage": compare.storage,
}
