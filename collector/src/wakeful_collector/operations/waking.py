"""Waking a machine that sleeps, by its name: through an agent of its network, or by the collector itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector import commands as flow
from wakeful_collector import wake
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.commands import ALWAYS, ask
from wakeful_collector.operations.hosts import ID
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import commands, hosts, waking
from wakeful_collector.store import commands as table
from wakeful_collector.store.changes import changing
from wakeful_collector.wake import sending
from wakeful_collector.wake.relay import PASSED_ON

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.command import Command
    from wakeful_collector.wake.relay import Plan

CHECK = {
    "type": "string",
    "maxLength": 300,
    "pattern": r"^(tcp:[^\s/@]{1,253}:[0-9]{1,5}|ping:[^\s/@]{1,253})$",
    "description": "tcp:ADDRESS:PORT or ping:ADDRESS",
}


class _Prepared(NamedTuple):
    """What is left to ask of an agent, or the whole answer."""

    plan: Plan | None
    answer: dict[str, Any] | None = None


def _prepare(request: Request, given: dict[str, Any]) -> _Prepared:
    """Find who can wake the machine, and send the packet where that is the collector."""
    data = request.settings.data
    if hosts.host(data, given["host"]) is None:
        raise OperationError("unknown_host", f"there is no host {given['host']!r}", 404)
    key = given.get("request_key")
    before = None if key is None else commands.by_request_key(data, request.principal.name, key)
    if before is not None:
        return _Prepared(None, _repeated(data, before, given))
    plan = wake.plan(data, given["host"], given, request.now_ms)
    if plan.reason:
        raise OperationError("no_relay", plan.reason, 409)
    if not plan.itself:
        return _Prepared(plan)
    if key is None:
        return _Prepared(plan, _sent(given, plan.why, _send(plan).summary, False))
    return _Prepared(plan, _send_once(request, plan, given))


def _repeated(data: Path, before: Command, given: dict[str, Any]) -> dict[str, Any]:
    """Return what became of a wake that was asked for before, however it would be done now."""
    sleeper = waking.machine(data, given["host"])
    macs = {card.mac for card in sleeper.cards} if sleeper is not None else set()
    same = all(before.arguments.get(name) == given.get(name) for name in PASSED_ON)
    if before.action != wake.ACTION or before.arguments.get("mac") not in macs or not same:
        raise OperationError(
            "request_key_taken", f"this request_key stands for another command already: {before.id}", 409
        )
    asked = next((one.id for one in hosts.hosts(data) if one.key == before.host_key), None)
    if asked == given["host"]:
        return _sent(given, str(before.data.get("why", "")), before.summary, True)
    said = {"command": before.id, "host": given["host"], "relay": asked, "action": before.action}
    return {**said, "state": before.state.value, "expires_ms": before.expires_ms, "known": True, "why": ""}


def _send_once(request: Request, plan: Plan, given: dict[str, Any]) -> dict[str, Any]:
    """Send the packets unless somebody does under the same key; kept before, so that two at once send one time."""
    said = {"summary": "the collector itself sends the packets", "why": plan.why}
    wish = flow.Wish(
        given["host"], wake.ACTION, dict(plan.arguments), request.principal.name, request_key=given["request_key"]
    )
    try:
        with changing(request.settings.data) as connection:
            command, known = flow.note_done(connection, wish, "changes", said, request.now_ms)
    except flow.Refusal as refusal:
        raise OperationError(refusal.code, refusal.message, refusal.status) from None
    if known:
        return _sent(given, plan.why, command.summary, True)
    try:
        summary = _send(plan).summary
    except OperationError:
        with changing(request.settings.data) as connection:
            table.drop(connection, command.id)
        raise
    with changing(request.settings.data) as connection:
        table.tell(connection, command.id, {**said, "summary": summary})
    return _sent(given, plan.why, summary, False)


def _send(plan: Plan) -> sending.Sent:
    try:
        return sending.send(plan.arguments)
    except sending.WakeError as error:
        raise OperationError("not_sent", str(error), 409) from None


def _sent(given: dict[str, Any], why: str, summary: str, known: bool) -> dict[str, Any]:
    return {"command": None, "host": given["host"], "relay": None, "why": why, "summary": summary, "known": known}


def _wake(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    plan, answer = context.prepared
    if answer is not None:
        return dict(answer)
    relay = plan.relays[0]
    asked = ask(context, relay.id, wake.ACTION, dict(plan.arguments), given)
    return {**asked, "host": given["host"], "relay": relay.id, "why": plan.why}


OPERATIONS = (
    Operation(
        "host.wake",
        "Wake a machine that sleeps, through an agent of its network or from the collector",
        "operate",
        "changes",
        shape(
            ("host",),
            host=ID,
            relay=ID,
            check=CHECK,
            port={"type": "integer", "minimum": 1, "maximum": 65_535},
            repeat={"type": "integer", "minimum": 1, "maximum": 60},
            wait_seconds={"type": "integer", "minimum": 1, "maximum": 600},
            **ALWAYS,
        ),
        _wake,
        subject="host",
        prepare=_prepare,
    ),
)
