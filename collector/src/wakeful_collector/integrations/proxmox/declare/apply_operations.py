"""Approving a plan by its digest, going on with one that failed, stopping one, and how they stand."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.declare import planning
from wakeful_collector.integrations.proxmox.declare.apply_documents import document
from wakeful_collector.integrations.proxmox.declare.applying import FLAGS
from wakeful_collector.integrations.proxmox.declare.schemas import APPLY, DIGEST, FILES, FLAG, REQUEST_KEY
from wakeful_collector.integrations.proxmox.declare.steps import LIVE
from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import proxmox_applies as applies
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store.proxmox_applies import (
    ASKED,
    FAILED,
    LOST,
    OK,
    REFUSED,
    RUNNING,
    SKIPPED,
    WAITING,
    ApplyRow,
)

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.declare.planning import Planned

OPEN_MAX = 20


class _Prepared(NamedTuple):
    planned: Planned | None
    known: ApplyRow | None


def _prepare(request: Request, given: dict[str, Any]) -> _Prepared:
    """Plan again, outside the transaction: only the plan that was approved is carried out."""
    data = request.settings.data
    key = given.get("request_key")
    known = applies.by_request_key(data, request.principal.name, key) if key and not given.get("dry_run") else None
    if "resume" in given:
        return _Prepared(None, None)
    if known is not None:
        return _Prepared(None, _same(known, given))
    if "digest" not in given:
        raise OperationError("invalid", "digest is missing: make a plan, look at it, give its digest", 400)
    planned = planning.planned(data, given, request.now_ms)
    if planned.faults:
        told = "\n".join(str(one) for one in planned.faults[:20])
        raise OperationError("faults", f"{len(planned.faults)} faults, nothing is done:\n{told}", 422)
    if planned.plan.digest != given["digest"]:
        said = "the plan is another one by now: look at it again; nothing is done"
        raise OperationError("digest", said, 409)
    return _Prepared(planned, None)


def _apply(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    if "resume" in given:
        return _resumed(context, given)
    if context.prepared.known is not None:
        return _answer(context, context.prepared.known.id)
    planned: Planned = context.prepared.planned
    if given.get("dry_run"):
        return _dry([one.document() for one in planned.plan.steps])
    if not planned.plan.steps:
        raise OperationError("nothing", "there is nothing to do: all is as declared", 409)
    if not any(one.effect == LIVE or one.effect in _allowed(given) for one in planned.plan.steps):
        needed = ", ".join(sorted({FLAGS[one.effect] for one in planned.plan.steps}))
        raise OperationError("not_allowed", f"every step needs a permission that was not given: {needed}", 409)
    key = given.get("request_key")
    meanwhile = table.by_request_key(context.connection, context.principal.name, key) if key else None
    if meanwhile is not None:
        return _answer(context, _same(meanwhile, given).id)
    if len(table.open_ones(context.connection)) >= OPEN_MAX:
        raise OperationError("too_many", f"{OPEN_MAX} plans are being carried out already", 409)
    row = ApplyRow(
        id=secrets.token_hex(8),
        principal=context.principal.name,
        asked_ms=context.now_ms,
        digest=planned.plan.digest,
        cluster=given.get("cluster", ""),
        allowed=_allowed(given),
        files=planned.files,
        marks=planned.marks,
        request_key=key,
    )
    table.add(context.connection, row, [one.document() for one in planned.plan.steps])
    return _answer(context, row.id)


def _same(known: ApplyRow, given: dict[str, Any]) -> ApplyRow:
    """Return the apply that a key stands for. Raises OperationError when it was of another plan, or allowed less."""
    is_other = "digest" in given and given["digest"] != known.digest
    if is_other or not set(_allowed(given)) <= set(known.allowed):
        raise OperationError("request_key_taken", "this request_key was used for another plan", 409)
    return known


def _resumed(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Let an apply go on that has ended: what is done stays, what failed or was not allowed is looked at anew."""
    row = table.one(context.connection, given["resume"])
    if row is None:
        raise _unknown(given["resume"])
    if row.is_open:
        raise OperationError("running", "it has not ended", 409)
    steps = table.steps(context.connection, row.id)
    left = [one for one in steps if one.state in {FAILED, LOST, SKIPPED, WAITING, RUNNING}]
    if not left:
        raise OperationError("nothing", "all its steps are done: make a new plan", 409)
    if given.get("dry_run"):
        return _dry([one.document for one in left])
    for one in left:
        table.change_step(
            context.connection,
            row.id,
            one.number,
            state=WAITING,
            detail="",
            sending=None,
            sent=0,
            upid="",
            progress=None,
        )
    allowed = tuple(sorted({*row.allowed, *_allowed(given)}))
    table.change(
        context.connection,
        row.id,
        (OK, FAILED, LOST, REFUSED),
        state=ASKED,
        finished_ms=None,
        summary="",
        stopped_by="",
        allowed=allowed,
    )
    return _answer(context, row.id)


def _dry(steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what steps would send; nothing is written."""
    requests = [request for one in steps for request in one["requests"]]
    return {"dry_run": True, "requests": requests, "notes": [], "steps": steps}


def _stop(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    row = table.one(context.connection, given["id"])
    if row is None:
        raise _unknown(given["id"])
    if not row.is_open:
        raise OperationError("ended", "it has ended already", 409)
    table.change(context.connection, row.id, (ASKED, RUNNING), stopped_by=context.principal.name)
    return _answer(context, row.id)


def _applies(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data = context.settings.data
    if "id" in given:
        row = applies.apply(data, given["id"])
        if row is None:
            raise _unknown(given["id"])
        rows = [row]
    else:
        rows = applies.applies(data, given.get("limit", 20))
    return {"applies": [document(one, applies.steps(data, one.id)) for one in rows]}


def _answer(context: Context, apply_id: str) -> dict[str, Any]:
    row = table.one(context.connection, apply_id)
    if row is None:
        raise _unknown(apply_id)
    return {"apply": document(row, table.steps(context.connection, apply_id))}


def _allowed(given: dict[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(effect for effect, flag in FLAGS.items() if given.get(flag)))


def _unknown(apply_id: str) -> OperationError:
    return OperationError("unknown_apply", f"there is no apply {apply_id!r} (any more)", 404)


OPERATIONS = (
    Operation(
        "proxmox.apply",
        "Carry out a plan that was looked at, named by its digest, or go on with one that failed",
        "admin",
        "destroys",
        shape(
            (),
            files=FILES,
            cluster=CLUSTER,
            digest=DIGEST,
            resume=APPLY,
            allow_reboot=FLAG,
            allow_stop=FLAG,
            allow_destroy=FLAG,
            dry_run=FLAG,
            request_key=REQUEST_KEY,
        ),
        _apply,
        subject="digest",
        secrets=("files",),
        prepare=_prepare,
    ),
    Operation(
        "proxmox.apply.stop",
        "End a plan that is being carried out: the task of its step is asked to end, and no other step begins",
        "operate",
        "changes",
        shape(("id",), id=APPLY),
        _stop,
        subject="id",
    ),
    Operation(
        "proxmox.applies",
        "Show plans that were carried out, and where each step stands",
        "read",
        "none",
        shape((), id=APPLY, limit={"type": "integer", "minimum": 1, "maximum": applies.LIMIT_MAX}),
        _applies,
        subject="id",
    ),
)
