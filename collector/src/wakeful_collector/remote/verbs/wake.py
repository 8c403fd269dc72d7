"""wake: a machine that is asleep."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import OK, TIMED_OUT, UNREACHABLE, Failure, usage
from wakeful_collector.remote.moments import at_ms, span
from wakeful_collector.remote.session import host_path

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Sends a magic packet from an agent in that machine's network, or from the collector itself. No packet is acknowledged:
with --wait TIME it waits until the machine itself reports, and fails when it does not. With check= the agent that sends
looks whether the machine came up. More arguments are key=value: wakeful operations host.wake lists them."""
EXAMPLES = """\
wakeful wake nas
wakeful wake nas --no-wait
wakeful wake nas --wait 5m
"""
_LOOK_SECONDS = 1.0


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("host", metavar="HOST", help="the host's name or id")
    parser.add_argument("arguments", nargs="*", default=[], metavar="key=value", help="more arguments of host.wake")
    asking.add_waiting(parser)
    parser.set_defaults(wait=None)  # what was said is more than the default: until the machine reports


def run(session: Session, given: argparse.Namespace) -> int:
    """Wake a machine."""
    offered = asking.operation(session, "host.wake")
    words = arguments.pairs(given.arguments)
    if any(name == "host" for name, _ in words):
        raise usage("the host is named once", "wakeful wake HOST")
    host = session.host(given.host)
    made: dict[str, Any] = arguments.by_schema([("host", str(host["id"])), *words], offered.get("arguments") or {})
    if "relay" in made:
        made["relay"] = session.host_id(str(made["relay"]))
    asked_ms, began = session.now_ms, monotonic()
    code = asking.carry_out(session, offered, made, asking.WAIT_SECONDS if given.wait is None else given.wait)
    if code == OK and given.wait:
        _await_report(session, host, asked_ms, began + given.wait)
        if not session.json:
            session.out.line(f"{host['name']} reports.")
    return code


def _await_report(session: Session, host: dict[str, Any], asked_ms: int, deadline: float) -> None:
    """Wait until the collector hears the machine itself; a short absence of the collector is waited out."""
    began = monotonic()
    while True:
        try:
            heard_ms = at_ms(session.client.get(host_path(host)).get("last_seen"))
        except Failure as problem:
            if problem.exit_code != UNREACHABLE:
                raise
            heard_ms = None
        if heard_ms is not None and heard_ms > asked_ms:
            return
        if monotonic() >= deadline:
            waited = span(max(0.0, deadline - began))
            hint = f"it may still come up: wakeful host {host['name']} says when it does"
            raise Failure(TIMED_OUT, "not_up", f"{host['name']} has not reported within {waited}", hint)
        sleep(min(_LOOK_SECONDS, max(0.05, deadline - monotonic())))
