"""Checking declarations, planning them, writing an estate as declarations, and keeping the declared state."""

from __future__ import annotations

from typing import Any

from wakeful_collector.clock import rfc3339
from wakeful_collector.integrations.proxmox.declare import exporting, planning
from wakeful_collector.integrations.proxmox.declare.schemas import FILES, NOTE, VERSION, VMIDS
from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import proxmox
from wakeful_collector.read import proxmox_wishes as kept
from wakeful_collector.store import proxmox_wishes as table


def _prepared(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    """Answer what was made before the transaction: no writer waits while thousands of guests are planned."""
    answer: dict[str, Any] = context.prepared
    return answer


def _validate(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    data = request.settings.data
    reading = planning.read(data, given["files"], planning.check_cluster(data, given))
    return {"errors": [one.document() for one in reading.faults], "documents": reading.documents}


def _plan(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    return planning.planned(request.settings.data, given, request.now_ms).document()


def _export(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    data = request.settings.data
    name = planning.check_cluster(data, given)
    estate = proxmox.estate(data, name)
    strangers = [vmid for vmid in given.get("vmids", ()) if estate.guest(vmid) is None]
    if strangers:
        told = ", ".join(map(str, strangers))
        raise OperationError("unknown_guest", f"{name} has no guest {told} that was seen", 404)
    files = exporting.files(estate, given.get("vmids", ()))
    return {"files": [one._asdict() for one in files]}


def _drift(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    """Compare with what is kept, as the estate was seen last; nothing kept is no drift."""
    data = request.settings.data
    name = planning.check_cluster(data, given)
    empty: dict[str, Any] = {"plan": None, "errors": [], "version": None}
    found = empty if kept.newest(data) is None else planning.planned(data, given, request.now_ms).document()
    looked = [row for one in ([name] if name else planning.names(data)) if (row := kept.drift(data, one)) is not None]
    since = [row.since_ms for row in looked if row.since_ms is not None]
    return found | {
        "since": rfc3339(min(since)) if since else None,
        "looked_at": rfc3339(max(row.looked_ms for row in looked)) if looked else None,
    }


def _wishes(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data = context.settings.data
    found = kept.version(data, given["version"]) if "version" in given else kept.newest(data)
    if found is None and "version" in given:
        raise OperationError("unknown_version", f"version {given['version']} is not kept (any more)", 404)
    listed = [_document(one) for one in kept.versions(data)]
    files = [] if found is None else [{"path": path, "text": text} for path, text in found.files]
    head = {"version": None, "kept_at": None, "principal": "", "note": "", "documents": 0}
    return (head if found is None else _document(found)) | {"files": files, "versions": listed}


def _document(row: table.WishesRow) -> dict[str, Any]:
    return {
        "version": row.version,
        "kept_at": rfc3339(row.kept_ms),
        "principal": row.principal,
        "note": row.note,
        "documents": row.documents,
    }


def _read_first(request: Request, given: dict[str, Any]) -> int:
    """Return how many documents there are; refuse files with faults before anything is kept."""
    reading = planning.read(request.settings.data, given["files"], "")
    if reading.faults:
        told = "\n".join(str(one) for one in reading.faults[:20])
        raise OperationError("faults", f"{len(reading.faults)} faults, nothing is kept:\n{told}", 422)
    return reading.documents


def _keep(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    files = [(one["path"], one["text"]) for one in given["files"]]
    principal, note = context.principal.name, given.get("note", "")
    version = table.keep(context.connection, files, principal, note, context.prepared, context.now_ms)
    return {"version": version, "documents": context.prepared}


OPERATIONS = (
    Operation(
        "proxmox.validate",
        "Check declarations, every error at once",
        "read",
        "none",
        shape(("files",), files=FILES, cluster=CLUSTER),
        _prepared,
        prepare=_validate,
    ),
    Operation(
        "proxmox.plan",
        "Show what would be done to bring clusters to what is declared",
        "read",
        "none",
        shape((), files=FILES, cluster=CLUSTER),
        _prepared,
        subject="cluster",
        prepare=_plan,
    ),
    Operation(
        "proxmox.export",
        "Write a cluster as declarations",
        "read",
        "none",
        shape(("cluster",), cluster=CLUSTER, vmids=VMIDS),
        _prepared,
        subject="cluster",
        prepare=_export,
    ),
    Operation(
        "proxmox.drift",
        "Show what differs from the declared state that is kept",
        "read",
        "none",
        shape((), cluster=CLUSTER),
        _prepared,
        subject="cluster",
        prepare=_drift,
    ),
    Operation(
        "proxmox.wishes",
        "Show the declared state that is kept, and its versions",
        "read",
        "none",
        shape((), version=VERSION),
        _wishes,
    ),
    Operation(
        "proxmox.wishes.keep",
        "Keep files as the declared state: drift is looked for, and reconciled where a cluster says so",
        "admin",
        "changes",
        shape(("files",), files=FILES, note=NOTE),
        _keep,
        secrets=("files",),
        prepare=_read_first,
    ),
)
