"""What people and programs may do to guests: an operation for each deed, and those that follow and end one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.acting import asking, documents, journal, schemas, waiting
from wakeful_collector.integrations.proxmox.acting.judging import End
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Operation, OperationError
from wakeful_collector.read import proxmox_deeds as deeds
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.proxmox_deeds import ASKED, REFUSED, RUNNING

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.acting.kinds import Kind
    from wakeful_collector.integrations.proxmox.acting.preparing import Prepared
    from wakeful_collector.operations.registry import Context, Request
    from wakeful_collector.store.proxmox_deeds import DeedRow

PREFIX = "proxmox.guest."
ID = {"type": "string", "minLength": 1, "maxLength": 64}


def _prepare(kind: str, request: Request, given: dict[str, Any]) -> Prepared | DeedRow:
    return asking.prepared(request, kind, given)


def _act(kind: str, context: Context, given: dict[str, Any]) -> dict[str, Any]:
    return asking.written(context, kind, given)


def _wait(request: Request, given: dict[str, Any]) -> None:
    """Wait before the transaction begins: nobody else waits for whoever does."""
    most = max(1, request.settings.web_threads // 3)
    waiting.for_news(request.settings.data, given["id"], given.get("seen"), given.get("wait_seconds", 0), most)


def _deed(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    return {"deed": documents.document(_known(context, given["id"]))}


def _deeds(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    if "id" in given:
        return {"deeds": [documents.document(_known(context, given["id"]))], "next": None}
    page = deeds.deeds(
        context.settings.data, given.get("limit", 50), given.get("cluster"), given.get("vmid"), given.get("before")
    )
    return {"deeds": [documents.document(one) for one in page.deeds], "next": page.next}


def _stop(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """End a deed: one that was not begun is taken back, the task of one that runs is asked to end."""
    row = _known(context, given["id"])
    if row.state == ASKED:
        end = End(REFUSED, f"it was taken back by {context.principal.name} before it was begun")
        journal.finish_in(context.connection, row, end, context.now_ms)
    elif row.state == RUNNING:
        table.ask_to_stop(context.connection, row.id, context.principal.name)
    else:
        raise OperationError("ended", f"it has ended already: {row.summary}", 409)
    return {"deed": documents.document(_known(context, row.id))}


def _known(context: Context, deed_id: str) -> DeedRow:
    found = table.one(context.connection, deed_id)
    if found is None:
        raise OperationError("unknown_deed", f"there is no deed {deed_id!r}; proxmox.deeds lists them", 404)
    return found


def _operation(kind: Kind) -> Operation:
    return Operation(
        f"{PREFIX}{kind.name}",
        kind.sentence,
        kind.scope,
        kind.danger,
        schemas.arguments(kind.name),
        partial(_act, kind.name),
        subject="vmid",
        secrets=schemas.NEVER_TOLD if "password" in schemas.OWN[kind.name] else (),
        prepare=partial(_prepare, kind.name),
    )


OPERATIONS: tuple[Operation, ...] = (
    *(_operation(kind) for kind in KINDS.values()),
    Operation(
        "proxmox.deeds",
        "List what was done to guests, newest first",
        "read",
        "none",
        shape(
            (),
            id=ID,
            cluster=CLUSTER,
            vmid=schemas.VMID,
            limit={"type": "integer", "minimum": 1, "maximum": deeds.LIMIT_MAX},
            before={"type": "integer", "minimum": 1},
        ),
        _deeds,
    ),
    Operation(
        "proxmox.deed",
        "Show what is being done to a guest, as soon as it goes on or ends",
        "read",
        "none",
        shape(
            ("id",),
            id=ID,
            wait_seconds={"type": "number", "minimum": 0, "maximum": waiting.SECONDS_MAX},
            seen={"type": "integer", "minimum": 0},
        ),
        _deed,
        subject="id",
        prepare=_wait,
    ),
    Operation(
        "proxmox.deed.stop",
        "End what is being done to a guest",
        "operate",
        "changes",
        shape(("id",), id=ID),
        _stop,
        subject="id",
    ),
)
