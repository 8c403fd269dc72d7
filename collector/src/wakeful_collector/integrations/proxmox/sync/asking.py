"""What the operations that look at clusters answer; each is prepared before the transaction, which it needs not."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.integrations.proxmox.sync import documents
from wakeful_collector.integrations.proxmox.sync.listing import text, whole
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import proxmox, proxmox_backups, proxmox_clusters, proxmox_history, proxmox_hosts
from wakeful_collector.store import proxmox_estate
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.model.estate import Area, Estate
    from wakeful_collector.operations.registry import Request

GLANCE_SECONDS = 0.25
WAITERS_MAX = 2
"""How many may wait at once in a process: each keeps a thread of the web server."""
LOG_LINES_MAX = 500
UPID_FIELDS = 9
_waiters = threading.BoundedSemaphore(WAITERS_MAX)
_STATUSES = {"forbidden": 403, "missing": 404, "parameter": 404, "unreachable": 504, "node_unreachable": 504}


def nodes(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return the nodes of one cluster or all."""
    data = request.settings.data
    found: list[dict[str, Any]] = []
    for one in _estates(data, given):
        joins = proxmox_hosts.joins(data, one.cluster)
        found += [documents.node(node, one, joins[node.id].host if node.id in joins else None) for node in one.nodes]
    return {"nodes": found, **_looked(data, _names(data, given), ("nodes", "node/", "status"))}


def guests(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return the guests of one cluster or all, on wish those of one node, and those that are gone."""
    data = request.settings.data
    found: list[dict[str, Any]] = []
    for one in _estates(data, given):
        chosen = [guest for guest in one.guests if given.get("node", guest.node) == guest.node]
        memories = proxmox_hosts.memories(data, one.cluster, chosen, one.usage, request.now_ms)
        joins = proxmox_hosts.joins(data, one.cluster)
        for guest in chosen:
            host = joins[guest.id].host if guest.id in joins else None
            found.append(documents.guest(guest, one.usage.get(guest.id), memories.get(guest.id), host))
        if given.get("gone"):
            gone = proxmox.gone_guests(data, one.cluster)
            found += [documents.guest(each, None, None) for each in gone if given.get("node", each.node) == each.node]
    return {"guests": found, **_looked(data, _names(data, given), ("guests",))}


def guest(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return all that is known of one guest, also of one that is gone."""
    data = request.settings.data
    name = _cluster(data, given)
    found = proxmox.guest(data, name, given["vmid"])
    if found is None:
        raise OperationError("unknown_guest", f"{name} has no guest {given['vmid']}, as far as was seen", 404)
    estate = proxmox.estate(data, name)
    usage = estate.usage if not found.gone_ms else {}
    memory = proxmox_hosts.memories(data, name, [found], usage, request.now_ms).get(found.id)
    join = None if found.gone_ms else proxmox_hosts.joins(data, name).get(found.id)
    backups = {one.vmid: one for one in proxmox_backups.backups(data, name)}
    row = documents.guest(found, usage.get(found.id), memory)
    told = documents.whole_guest(row, found, join, memory, backups.get(found.vmid))
    sids = (f"vm:{found.vmid}", f"ct:{found.vmid}")
    told["ha"] = [documents.item(one) for one in estate.ha if one.id in sids]
    told["replication"] = [documents.item(one) for one in estate.replication if one.id.startswith(f"{found.vmid}-")]
    return {"guest": told, **_looked(data, [name], ("guests", f"node/{found.node}/"))}


def storage(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return the storages of one cluster or all; of one that is named also what it holds."""
    data = request.settings.data
    estates = list(_estates(data, given))
    named = given.get("storage")
    rows = [
        documents.storage(each, one.usage.get(each.id))
        for one in estates
        for each in one.storages
        if named in {None, each.name} and given.get("node", each.node) == each.node
    ]
    if named is not None and not rows:
        raise OperationError("unknown_storage", f"there is no storage {named!r}, as far as was seen", 404)
    areas = ("storages", "storage definitions", "content/")
    answer: dict[str, Any] = {"storages": rows, **_looked(data, _names(data, given), areas)}
    if named is not None:
        answer["contents"] = [
            {"cluster": one.cluster, **documents.volume(volume)}
            for one in estates
            for volume in proxmox.contents(data, one.cluster, given.get("node"), named)
        ]
    return answer


def tasks(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return tasks, those that run first, then the newest."""
    data = request.settings.data
    name = _cluster(data, given) if "cluster" in given else None
    before_ms = moment(given["before"], "before") if "before" in given else None
    found = proxmox_history.tasks(data, name, given.get("node"), given.get("vmid"), before_ms, given.get("limit", 50))
    return {
        "tasks": [documents.task(cluster, one) for cluster, one in found],
        **_looked(data, _names(data, given), ("tasks",)),
    }


def task_log(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return lines of a task's log, asked of its node now: what it has written since the last look included."""
    upid = given["upid"]
    steps = upid.split(":")
    if len(steps) != UPID_FIELDS or not steps[1]:
        raise OperationError("invalid", "upid must be the name of a task: UPID:node:...:user:")
    client = _client(request.settings.data, _cluster(request.settings.data, given))
    start, limit = given.get("start", 0), given.get("limit", LOG_LINES_MAX)
    try:
        # Its state first: what it writes before it ends is in a log that is read after that.
        told = client.one(path("nodes", steps[1], "tasks", upid, "status"))
        rows = client.rows(path("nodes", steps[1], "tasks", upid, "log"), start=start, limit=limit)
    except PveError as error:
        raise _failed(error) from None
    lines = [text(row.get("t")) for row in rows if whole(row.get("n"))]
    is_running = text(told.get("status")) == "running"
    if is_running and not start and lines == ["no content"]:  # what an empty log looks like
        lines = []
    status = "running" if is_running else text(told.get("exitstatus"))
    return {"lines": lines, "next": start + len(lines), "running": is_running, "status": status}


def backups(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return the backups of each guest, and the jobs that make them."""
    data = request.settings.data
    areas = ("backup jobs", "not_in_backup", "storages", "content/")
    found: dict[str, Any] = {"backups": [], "jobs": []}
    for one in _estates(data, given):
        known = proxmox_backups.backups(data, one.cluster)
        found["backups"] += [documents.backup(one.cluster, each) for each in known]
        found["jobs"] += [{"cluster": one.cluster, **documents.item(job)} for job in one.backup_jobs]
    return {**found, **_looked(data, _names(data, given), areas)}


def history(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return what changed, newest first."""
    data = request.settings.data
    name = _cluster(data, given) if "cluster" in given else None
    since_ms = moment(given["since"], "since") if "since" in given else -1
    upto_ms = moment(given["until"], "until") if "until" in given else 1 << 62
    subject = _subject(data, name, given)
    page = proxmox_history.changes(
        data, name, given.get("kind"), subject, given.get("before"), given.get("limit", 100), (since_ms, upto_ms)
    )
    return {"changes": [documents.change(one) for one in page.changes], "next": page.next}


def diff(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return what is other at one moment than it was at another."""
    data = request.settings.data
    name = _cluster(data, given)
    from_ms = moment(given["from"], "from")
    to_ms = moment(given["to"], "to") if "to" in given else request.now_ms
    if from_ms >= to_ms:
        raise OperationError("invalid", "from must be before to")
    found = proxmox_history.diff(data, name, from_ms, to_ms, _subject(data, name, given))
    return {
        "cluster": name,
        "from": documents.time(from_ms),
        "to": documents.time(to_ms),
        "differences": [documents.difference(one) for one in found.differences],
        "is_complete": found.is_complete,
    }


def standing(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Return how the synchronisation of one cluster or all stands, and how each area was seen."""
    estates = list(_estates(request.settings.data, given))
    return {
        "clusters": [_standing(request.settings.data, one) for one in estates],
        "areas": [documents.area(one.cluster, area) for one in estates for area in one.areas],
    }


def sync(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Want clusters looked at as a whole and at once; wait for it as long as is asked for."""
    data = request.settings.data
    names = _names(data, given)
    asked_ms = clock.now_ms()
    with changing(data) as connection:
        for name in names:
            proxmox_estate.ask(connection, name, asked_ms)
    if given.get("wait_seconds") and _waiters.acquire(blocking=False):
        try:
            _wait(data, names, clock.monotonic_seconds() + given["wait_seconds"])
        finally:
            _waiters.release()
    return {"clusters": [_standing(data, proxmox.estate(data, name)) for name in names]}


def moment(said: str, name: str) -> int:
    """Return a time in RFC 3339 as milliseconds since the epoch. Raises OperationError."""
    try:
        found = datetime.fromisoformat(said)
        if found.tzinfo is None:
            raise ValueError
        return int(found.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise OperationError("invalid", f"{name} must be a time as 2026-11-21T10:00:00Z") from None


def _wait(data: Path, names: list[str], until_seconds: float) -> None:
    pause = threading.Event()
    while any(proxmox.asked_ms(data, name) for name in names) and clock.monotonic_seconds() < until_seconds:
        pause.wait(GLANCE_SECONDS)


def _standing(data: Path, one: Estate) -> dict[str, Any]:
    counts = {"nodes": len(one.nodes), "guests": len(one.guests), "storages": len(one.storages)}
    return documents.standing(one.cluster, proxmox.standing(data, one.cluster), counts)


def _names(data: Path, given: dict[str, Any]) -> list[str]:
    known = [row.name for row in proxmox_clusters.clusters(data)]
    if "cluster" not in given:
        return known
    if given["cluster"] not in known:
        there = ", ".join(known) or "none"
        raise OperationError("unknown_cluster", f"there is no cluster {given['cluster']!r}; there are: {there}", 404)
    return [given["cluster"]]


def _cluster(data: Path, given: dict[str, Any]) -> str:
    """Return the cluster that is meant: the one that is named, or the only one there is."""
    names = _names(data, given)
    if len(names) != 1:
        raise OperationError(
            "which_cluster", f"name one of: {', '.join(names)}" if names else "there is no cluster", 409
        )
    return names[0]


def _estates(data: Path, given: dict[str, Any]) -> Iterable[Estate]:
    return (proxmox.estate(data, name) for name in _names(data, given))


def _subject(data: Path, cluster: str | None, given: dict[str, Any]) -> str | None:
    """Return the thing that is meant as clusters call it: `subject`, or the guest that had a `vmid` last."""
    if "vmid" not in given:
        return given.get("subject")
    names = [cluster] if cluster is not None else _names(data, given)
    found = [one for name in names if (one := proxmox.guest(data, name, given["vmid"])) is not None]
    if not found:
        raise OperationError("unknown_guest", f"there is no guest {given['vmid']}, as far as was seen", 404)
    return found[0].id


def _looked(data: Path, names: Iterable[str], areas: tuple[str, ...]) -> dict[str, Any]:
    """Return when each cluster was looked at, and which of these areas were not simply seen."""
    looked: dict[str, Any] = {}
    missed: list[dict[str, Any]] = []
    for name in names:
        looked[name] = documents.time(proxmox.standing(data, name).polled_ms)
        missed += documents.unseen(name, (area for area in proxmox.areas(data, name) if _is_of(area, areas)))
    return {"areas": missed, "looked": looked}


def _is_of(area: Area, names: tuple[str, ...]) -> bool:
    return any(area.name == name or (name.endswith("/") and area.name.startswith(name)) for name in names)


def _client(data: Path, name: str) -> Client:
    try:
        return opening.client(data, name)
    except opening.Unknown:
        raise OperationError("unknown_cluster", f"there is no cluster {name!r}", 404) from None
    except PveError as error:
        raise _failed(error) from None


def _failed(error: PveError) -> OperationError:
    return OperationError(f"proxmox_{error.kind}", str(error), _STATUSES.get(error.kind, 502))
