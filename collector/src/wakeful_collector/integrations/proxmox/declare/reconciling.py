"""Compares clusters with the declared state that is kept, tells what drifted, and applies what is harmless where asked.

Harmless is what no guest notices: settings it takes while it runs, disks that grow, a start, members of pools, and the
snapshots of policies. Nothing is made, moved, rebooted, stopped or destroyed here, but what a policy took itself.
"""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.declare import documents, planning
from wakeful_collector.integrations.proxmox.declare.applying import LATER_DEPEND, PRUNES
from wakeful_collector.integrations.proxmox.declare.steps import CREATE, LIVE, MIGRATE, MOVE_DISK, PRUNE, SNAPSHOT, Plan
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.job import Job
from wakeful_collector.model.incident import NO_HOST
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import proxmox
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.read import proxmox_wishes as kept
from wakeful_collector.store import events, proxmox_wishes
from wakeful_collector.store import proxmox_applies as applies_table
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_applies import ApplyRow
from wakeful_collector.store.proxmox_wishes import DriftRow
from wakeful_wire.push import Event

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.declare.steps import Step
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.store.proxmox_wishes import WishesRow

log = logging.getLogger("wakeful.proxmox")

LOOK_SECONDS = 30.0
PRINCIPAL = "local:reconcile"
EVENTS_A_LOOK_MAX = 50
STEPS_KEPT_MAX = 500
_MINUTE_MS = 60_000
_BY_POLICY = frozenset({SNAPSHOT, PRUNE})
_NEVER = frozenset({CREATE, MIGRATE, MOVE_DISK})


def look(data: Path, _settings: Settings, now_ms: int) -> int:
    """Look at every cluster that is due; return how many were looked at."""
    wishes = kept.newest(data)
    looked = 0
    for cluster in clusters.clusters(data):
        before = kept.drift(data, cluster.name)
        if wishes is None or not wishes.files or cluster.reconcile == "off":
            if before is not None:
                with changing(data) as connection:
                    proxmox_wishes.forget_drift(connection, cluster.name)
            continue
        standing = proxmox.standing(data, cluster.name)
        if standing.failed or not standing.polled_ms:
            continue  # what was seen last is old: nothing is told or done by it
        looked += _looked_at(data, cluster, wishes, before, now_ms)
    return looked


def _looked_at(data: Path, cluster: Cluster, wishes: WishesRow, before: DriftRow | None, now_ms: int) -> int:
    """Look at a cluster; what goes wrong with it is said of it, and keeps no other from being looked at."""
    try:
        return _look_at(data, cluster, wishes, before, now_ms)
    except StoreError:
        raise  # that is so for all of them
    except Exception as error:
        log.exception("%s could not be compared with what is declared", cluster.name)
        if not _is_due(cluster, wishes, before, now_ms):
            return 0
        said = f"it could not be compared: {type(error).__name__}; the collector's log says more"
        was = kept.drift(data, cluster.name)  # it did not end: what is known stays, and is not told a second time
        row = _row(cluster, wishes, was, Plan(), now_ms, said)
        _note(data, row if was is None else replace(was, version=wishes.version, looked_ms=now_ms, error=said), [])
        return 1


def _look_at(data: Path, cluster: Cluster, wishes: WishesRow, before: DriftRow | None, now_ms: int) -> int:
    is_due = _is_due(cluster, wishes, before, now_ms)
    if not is_due and cluster.reconcile != "apply":
        return 0
    reading = documents.read([documents.File(*one) for one in wishes.files], planning.names(data))
    if reading.faults:
        if is_due:
            _note(data, _row(cluster, wishes, before, Plan(), now_ms, str(reading.faults[0])), [])
        return int(is_due)
    own = reading.wishes.of(cluster.name)
    if not is_due and not own.policies:
        return 0
    plan, marks = planning.of_wishes(data, own, now_ms)
    if is_due:
        drifted = [one for one in plan.steps if one.kind not in _BY_POLICY]
        _note(data, _row(cluster, wishes, before, Plan(tuple(drifted), plan.problems), now_ms), _news(before, drifted))
    if cluster.reconcile == "apply":
        steps = [one for one in harmless(plan) if is_due or one.kind in _BY_POLICY]
        _apply(data, cluster, wishes, Plan(tuple(steps)), marks, now_ms)
    return int(is_due)


def harmless(plan: Plan) -> list[Step]:
    """Return the steps that no guest notices, without those for which another one would have to be done first."""
    found, waiting = [], set()
    for one in plan.steps:
        is_mild = (one.effect == LIVE and one.kind not in _NEVER) or one.kind == PRUNE
        if not is_mild and one.kind in LATER_DEPEND:
            waiting.add(one.guest)
        elif is_mild and not one.blocked and (not one.guest or one.guest not in waiting):
            found.append(one)
    return found


def _is_due(cluster: Cluster, wishes: WishesRow, before: DriftRow | None, now_ms: int) -> bool:
    if before is None or before.version != wishes.version or before.looked_ms > now_ms:
        return True
    return now_ms - before.looked_ms >= cluster.reconcile_minutes * _MINUTE_MS


def _row(
    cluster: Cluster, wishes: WishesRow, before: DriftRow | None, plan: Plan, now_ms: int, error: str = ""
) -> DriftRow:
    since = None
    if plan.steps:
        since = before.since_ms if before is not None and before.since_ms is not None else now_ms
    steps = tuple(_brief(one) for one in plan.steps[:STEPS_KEPT_MAX])
    said = error or (str(plan.problems[0].message) if plan.problems else "")
    return DriftRow(cluster.name, wishes.version, now_ms, since, plan.digest, steps, said)


def _brief(one: Step) -> dict[str, Any]:
    told = one.document()
    return {name: told[name] for name in ("kind", "cluster", "guest", "pool", "title", "old", "new", "effect")}


def _news(before: DriftRow | None, steps: list[Step]) -> list[dict[str, Any]]:
    """Return what differs now and did not when it was looked at last."""
    known = {_key(one) for one in before.steps} if before is not None else set()
    return [told for one in steps if _key(told := _brief(one)) not in known]


def _key(told: dict[str, Any]) -> str:
    packed = json.dumps([told[name] for name in ("kind", "guest", "pool", "old", "new")], sort_keys=True)
    return hashlib.sha256(packed.encode()).hexdigest()


def _note(data: Path, row: DriftRow, news: list[dict[str, Any]]) -> None:
    """Keep what differs, and tell what is new of it: one transaction."""
    with changing(data) as connection:
        was = proxmox_wishes.drift(connection, row.cluster)
        proxmox_wishes.note_drift(connection, row)
        at = row.looked_ms
        for told in news[:EVENTS_A_LOOK_MAX]:
            name = f"drift-{row.cluster}-{_key(told)[:24]}-{at}"
            about = {"cluster": row.cluster, "old": told["old"], "new": told["new"], "effect": told["effect"]}
            events.add(connection, NO_HOST, [Event(name, at, "proxmox.drift", told["title"], about)], at)
        if was is not None and was.since_ms is not None and row.since_ms is None and not row.error:
            name = f"drift-ended-{row.cluster}-{at}"
            said = {"cluster": row.cluster, "since_ms": was.since_ms}
            events.add(connection, NO_HOST, [Event(name, at, "proxmox.drift_ended", row.cluster, said)], at)


def _apply(data: Path, cluster: Cluster, wishes: WishesRow, plan: Plan, marks: dict[str, str], now_ms: int) -> None:
    """Ask for the harmless steps, unless the same were asked for a moment ago or something is being carried out."""
    if not plan.steps or applies.open_ones(data):
        return
    since_ms = now_ms - cluster.reconcile_minutes * _MINUTE_MS
    recent = [one for one in applies.applies(data, applies.LIMIT_MAX) if one.principal == PRINCIPAL]
    if any(one.digest == plan.digest and one.asked_ms > since_ms for one in recent):
        return
    row = ApplyRow(
        id=secrets.token_hex(8),
        principal=PRINCIPAL,
        asked_ms=now_ms,
        digest=plan.digest,
        cluster="",
        allowed=(PRUNES,),
        files=wishes.files,
        marks=marks,
    )
    with changing(data) as connection:
        applies_table.add(connection, row, [one.document() for one in plan.steps])


JOBS = (Job("proxmox.reconcile", LOOK_SECONDS, look),)
