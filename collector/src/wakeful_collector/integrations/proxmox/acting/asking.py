"""Asking for a deed: looked at and planned before anything is written, refused at once where it cannot be."""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.acting import documents, preparing, seats
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Refusal
from wakeful_collector.integrations.proxmox.acting.kinds import NEW
from wakeful_collector.integrations.proxmox.acting.schemas import ALWAYS, SECRETS
from wakeful_collector.integrations.proxmox.link import cluster_changes, opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import proxmox, proxmox_clusters
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store import vault
from wakeful_collector.store.proxmox_deeds import DeedRow

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.acting.preparing import Prepared
    from wakeful_collector.operations.registry import Context, Request

OPEN_MAX = 200
"""How many deeds may wait or run at once."""
_STATUSES = {"unknown_guest": 404, "invalid": 422, "contradiction": 422, "nothing": 422}
_PVE_STATUSES = {"forbidden": 403, "missing": 404, "parameter": 422, "locked": 409, "digest": 409}
_NO_ARGUMENTS = frozenset({"cluster", "vmid", *ALWAYS})


def prepared(request: Request, kind: str, given: dict[str, Any]) -> Prepared | DeedRow:
    """Look at the guest and plan, outside any transaction; return the deed itself when its key was used before.

    Raises:
        OperationError: it cannot be done as things are; the text says why, and the way out.
    """
    data = request.settings.data
    if "request_key" in given and not given.get("dry_run"):
        known = deeds.by_request_key(data, request.principal.name, given["request_key"])
        if known is not None:
            return _same(known, kind, given)
    cluster_changes.found(proxmox_clusters.clusters(data), given["cluster"])
    deed = Deed(kind, given["cluster"], given.get("vmid", 0), _own(given))
    try:
        client = opening.client(data, given["cluster"])
        with seats.seat(max(1, request.settings.web_threads // 3)):
            return preparing.prepare(client, deed, client.cluster.protected, _hint(data, deed))
    except seats.Full:
        raise OperationError("busy", "others are asked about already, and clusters are slow: try again", 503) from None
    except Refusal as refusal:
        raise OperationError(refusal.code, refusal.message, _STATUSES.get(refusal.code, 409)) from None
    except PveError as error:
        raise from_cluster(error) from None


def written(context: Context, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Write down what was prepared, for the worker to do, and return it; a dry run writes nothing."""
    found: Prepared | DeedRow = context.prepared
    if isinstance(found, DeedRow):
        return {"deed": documents.document(found), "known": True}
    if given.get("dry_run"):
        return documents.dry(found)
    key = given.get("request_key")
    known = table.by_request_key(context.connection, context.principal.name, key) if key else None
    if known is not None:
        return {"deed": documents.document(_same(known, kind, given)), "known": True}
    if len(table.open_ones(context.connection)) >= OPEN_MAX:
        raise OperationError("too_many", f"{OPEN_MAX} deeds wait or run already", 429)
    row = _row(context, kind, given, found)
    table.add(context.connection, row)
    return {"deed": documents.document(row), "known": False}


def from_cluster(error: PveError) -> OperationError:
    """Return what an operation says of a cluster that refuses, or cannot be asked."""
    return OperationError(f"proxmox_{error.kind}", str(error), _PVE_STATUSES.get(error.kind, 502))


def _row(context: Context, kind: str, given: dict[str, Any], found: Prepared) -> DeedRow:
    own = _own(given)
    hidden = {name: own.pop(name) for name in SECRETS if name in own}
    target = found.target
    return DeedRow(
        id=secrets.token_hex(8),
        cluster=given["cluster"],
        vmid=given.get("vmid", 0),
        deed=kind,
        principal=context.principal.name,
        asked_ms=context.now_ms,
        arguments=own,
        guest_kind=target.kind,
        node=target.node,
        name=target.name,
        mark=target.mark,
        sealed=vault.seal(context.settings.data, json.dumps(hidden)) if hidden else "",
        request_key=given.get("request_key"),
    )


def _own(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in _NO_ARGUMENTS}


def _same(known: DeedRow, kind: str, given: dict[str, Any]) -> DeedRow:
    """Return the deed that a key stands for. Raises OperationError when it was another one."""
    own = {name: value for name, value in _own(given).items() if name not in SECRETS}
    is_other_guest = given.get("vmid", known.vmid) != known.vmid
    if is_other_guest or (known.deed, known.cluster, known.arguments) != (kind, given["cluster"], own):
        raise OperationError("request_key_taken", "this request_key was used for another deed", 409)
    return known


def _hint(data: Path, deed: Deed) -> tuple[str, str] | None:
    """Return kind and node that the guest had when the cluster was looked at last."""
    found = None if deed.kind in NEW else proxmox.guest(data, deed.cluster, deed.vmid)
    return None if found is None or found.gone_ms else (found.kind, found.node)
