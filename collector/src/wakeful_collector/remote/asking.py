"""An operation run to its end: asked for once, waited for as long as wished, told with the right exit code."""

from __future__ import annotations

import secrets
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import FAILED, OK, REFUSED, TIMED_OUT, UNREACHABLE, Failure
from wakeful_collector.remote.moments import local
from wakeful_collector.remote.table import Cell, Styled

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

WAIT_SECONDS = 60
"""How long a command is waited for when nothing else is said."""

ASKED_SECONDS_MAX = 20
"""How long one request waits: longer waits are several requests, so that no proxy in between loses patience."""

_PENDING = {"requested", "delivered"}
_EXITS = {"done": OK, "refused": REFUSED, "expired": TIMED_OUT}
_STYLES = {"done": "good", "failed": "bad", "refused": "bad", "expired": "warn", "cancelled": "dim"}
_AGAIN_SECONDS = 1.0


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """Add the options of a command that waits for a machine."""
    from wakeful_collector.remote.moments import seconds_of

    parser.add_argument(
        "--wait",
        type=seconds_of,
        default=WAIT_SECONDS,
        metavar="TIME",
        help=f"how long to wait for the outcome (default: {WAIT_SECONDS}s)",
    )
    parser.add_argument("--no-wait", action="store_const", dest="wait", const=0, help="ask, and do not wait")
    add_sureness(parser)


def add_sureness(parser: argparse.ArgumentParser) -> None:
    """Add --yes."""
    parser.add_argument("-y", "--yes", action="store_true", help="do not ask back; scripts must say it")


def operations(session: Session) -> list[dict[str, Any]]:
    """Return what the collector offers, each with its arguments and its danger; raise Failure."""
    from wakeful_collector.remote.client import records

    return records(session.client.get("/operations"), "operations")


def operation(session: Session, name: str) -> dict[str, Any]:
    """Return the operation of that name; raise Failure when the collector offers none."""
    from wakeful_collector.remote.failure import NOT_FOUND, closest

    offered = {str(one.get("name")): one for one in operations(session)}
    if name not in offered:
        near = closest(name, list(offered))
        meant = f"; did you mean {near}?" if near else ""
        message = f"this collector offers no operation {name!r}{meant}"
        raise Failure(NOT_FOUND, "unknown_operation", message, "wakeful operations lists them")
    return offered[name]


def result_of(session: Session, name: str, arguments: dict[str, Any], patience_seconds: float = 0) -> dict[str, Any]:
    """Run an operation that makes no command and return its result; raise Failure.

    Its schema is not asked for first: a key that may run it may not always list operations. Its answer may take
    `patience_seconds` longer than usual.
    """
    result = session.client.post(path("operations", name), arguments, patience_seconds).get("result")
    if not isinstance(result, dict):
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no result", "are versions far apart?")
    return result


def asked_once(session: Session, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run an operation that takes a `request_key` and return its result: done once, also when the answer got lost."""
    result = _asked(session, name, arguments, 0, repeatable="request_key" in arguments).get("result")
    if not isinstance(result, dict):
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no result", "are versions far apart?")
    return result


def carry_out(session: Session, offered: Mapping[str, Any], arguments: dict[str, Any], wait_seconds: float) -> int:
    """Run an operation, wait for its command if it makes one, tell what became of it; return the exit code."""
    properties = offered.get("arguments", {}).get("properties", {})
    repeatable = "request_key" in properties
    if repeatable:
        arguments.setdefault("request_key", secrets.token_hex(16))
    deadline = monotonic() + wait_seconds
    answer = _asked(session, str(offered["name"]), arguments, wait_seconds, repeatable)
    command = answer.get("command")
    if isinstance(command, dict):
        answer["command"] = command = ended(session, command, deadline - monotonic())
    if session.json:
        session.out.document(answer)
    elif isinstance(command, dict):
        result = answer.get("result")
        tell(session, command, isinstance(result, dict) and result.get("host_status") == "silent")
    else:
        _tell_result(session, str(offered["name"]), answer.get("result"))
    return OK if not isinstance(command, dict) else exit_code(command, wait_seconds)


def _asked(
    session: Session, name: str, arguments: dict[str, Any], wait_seconds: float, repeatable: bool
) -> dict[str, Any]:
    """Ask once; again only when the collector recognises the request by its key."""
    for last in (not repeatable, True):
        try:
            patience = min(wait_seconds, ASKED_SECONDS_MAX)
            query = {"wait": int(patience)} if patience else {}
            found: dict[str, Any] = session.client.post(path("operations", name), arguments, patience, **query)
            return found
        except Failure as problem:
            if last or problem.code not in {"timeout", "hung_up", "unreachable"}:
                raise
            sleep(_AGAIN_SECONDS)
    raise AssertionError  # pragma: no cover - the second round returns or raises


def ended(session: Session, command: dict[str, Any], wait_seconds: float) -> dict[str, Any]:
    """Return the command as it stands once it ended, or once patience did; a short absence is waited out."""
    deadline = monotonic() + wait_seconds
    while command.get("state") in _PENDING and (left := deadline - monotonic()) > 0:
        patience = max(1, int(min(left, ASKED_SECONDS_MAX)))
        asked = monotonic()
        try:
            command = session.client.get(path("commands", str(command["id"])), patience, wait=patience)
            if command.get("state") in _PENDING and monotonic() - asked < _AGAIN_SECONDS:  # it lets nobody wait now
                sleep(_AGAIN_SECONDS)
        except Failure as problem:
            if problem.exit_code != UNREACHABLE:
                raise
            sleep(min(_AGAIN_SECONDS, max(0.0, deadline - monotonic())))
    return command


def exit_code(command: Mapping[str, Any], wait_seconds: float) -> int:
    """Return the exit code that a command's state means to somebody who waited so long."""
    if command.get("state") in _PENDING:
        return TIMED_OUT if wait_seconds else OK
    return _EXITS.get(str(command.get("state")), FAILED)


def state_cell(state: object) -> Cell:
    """Return a command's state as it is shown."""
    return Styled(str(state), _STYLES.get(str(state), ""))


def tell(session: Session, command: Mapping[str, Any], silent: bool = False) -> None:
    """Say what became of a command; `silent` when its machine was not heard of when it was asked."""
    out, state = session.out, command.get("state")
    name, host = str(command.get("action")), str(command.get("host_name") or command.get("host"))
    summary = str(command.get("summary") or "")
    out.line(state_cell(state), f" {name} on {host}", f": {summary}" if summary else "")
    if state in _PENDING:
        waits = "the machine is silent, and fetches it when it is back" if silent else "the machine fetches it next"
        fetched = "the machine has it" if state == "delivered" else waits
        out.line(f"  {fetched}; it expires at {local(command.get('expires'))}")
        out.line("  ", Styled(f"wakeful commands {command.get('id')}", "dim"))


def _tell_result(session: Session, name: str, result: object) -> None:
    told = dict(result) if isinstance(result, dict) else {}
    summary = str(told.pop("summary", None) or "")
    session.out.line(Styled("done", "good"), f" {name}", f": {summary}" if summary else "")
    session.out.pairs(((key, _shown(value)) for key, value in told.items() if value is not None), "  ")


def _shown(value: object) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
