"""gateway: machines that serve models, woken when they are needed and let sleep when they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.remote import arguments, asking, gateway_holding, gateway_shown
from wakeful_collector.remote.failure import FAILED, OK, TIMED_OUT, usage
from wakeful_collector.remote.moments import seconds_of, span
from wakeful_collector.remote.verbs.run import value_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from wakeful_collector.remote.session import Session

ABOUT = """\
Without anything it shows how the machines stand. WHAT is one of: status, machines, models [MACHINE]; wake, sleep,
trust MACHINE; permanent MACHINE on|off; lease MACHINE [-- COMMAND ...]; release LEASE; add, change NAME key=value ...;
remove NAME; limit KEY key=value ...

A lease claims a machine: it is woken and stays awake until the lease is released or ends. With a command behind --
the lease is held while that runs, and given back after it; the exit code is the command's. Secrets of a machine are
given as key=@FILE or key=@- only."""
EXAMPLES = """\
wakeful gateway
wakeful gateway wake gpu --wait 5m
wakeful gateway lease gpu --for 2h --note training
wakeful gateway lease gpu -- ./train.sh --epochs 3
wakeful gateway add gpu url=http://192.168.1.20:11434 wake=packet mac=00:11:22:33:44:55 sleep=ssh ssh_user=ia
wakeful gateway change gpu ssh_password=@- idle_seconds=600
wakeful gateway trust gpu --fingerprint SHA256:AbC...
wakeful gateway limit laptop concurrency=2 per_minute=60 models='llama3*,qwen*'
"""
WAIT_SECONDS = 300
LEASE_SECONDS = 3_600
_AGAIN_SECONDS = 0.5
_NONE = "No machines yet: wakeful gateway add NAME url=http://ADDRESS:11434 mac=HARDWARE-ADDRESS"
_ON = {"on": True, "yes": True, "true": True, "off": False, "no": False, "false": False}
CHANGES = {"add": "gateway.machine.add", "change": "gateway.machine.change", "limit": "gateway.limit"}
"""What operation the `key=value` words of `wakeful gateway WHAT` are arguments of."""


class What(NamedTuple):
    """Something that the command does: how it is done, and what must be named."""

    do: Callable[[Session, argparse.Namespace], int]
    needs: str = ""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("what", nargs="?", default="status", choices=tuple(WHATS), metavar="WHAT", help="what to do")
    parser.add_argument(
        "machine", nargs="?", metavar="NAME", help="the machine; of release the lease, of limit the key"
    )
    parser.add_argument("arguments", nargs="*", metavar="key=value", help="more of it, or a command behind --")
    parser.add_argument(
        "--wait",
        type=seconds_of,
        default=WAIT_SECONDS,
        metavar="TIME",
        help=f"how long to wait until a machine is awake (default: {WAIT_SECONDS}s)",
    )
    parser.add_argument("--no-wait", action="store_const", dest="wait", const=0, help="ask, and do not wait")
    parser.add_argument(
        "--for", dest="seconds", type=seconds_of, default=LEASE_SECONDS, metavar="TIME", help="how long a lease lives"
    )
    parser.add_argument("--note", default="", metavar="TEXT", help="what a lease is for")
    parser.add_argument("--fingerprint", metavar="SHA256:...", help="the SSH key that is to be trusted, and no other")
    parser.add_argument("--force", action="store_true", help="put it to sleep whoever uses it")
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Do it."""
    what = WHATS[given.what]
    if what.needs and given.machine is None:
        raise usage(f"{what.needs} is missing", f"wakeful gateway {given.what} {what.needs}")
    if given.arguments and given.what not in {"add", "change", "limit", "lease", "permanent"}:
        raise usage(f"{given.arguments[0]!r} is too much", "see: wakeful gateway --help")
    return what.do(session, given)


def _status(session: Session, given: argparse.Namespace) -> int:
    named = {} if given.machine is None else {"machine": given.machine}
    found = machines(session, **named)
    if session.json:
        session.out.document({"machines": found})
    elif not found:
        session.err.line(_NONE)
    elif given.machine is None:
        gateway_shown.machines(session.out, found, session.now_ms)
    else:
        gateway_shown.machine(session.out, found[0], session.now_ms)
    return OK


def _machines(session: Session, given: argparse.Namespace) -> int:
    found = machines(session, **({} if given.machine is None else {"machine": given.machine}))
    if session.json:
        session.out.document({"machines": found})
    elif not found:
        session.err.line(_NONE)
    else:
        gateway_shown.settings(session.out, found)
    return OK


def _models(session: Session, given: argparse.Namespace) -> int:
    named = {} if given.machine is None else {"machine": given.machine}
    found = asking.result_of(session, "gateway.models", named)["machines"]
    if session.json:
        session.out.document({"machines": found})
    else:
        gateway_shown.models(session.out, found, session.now_ms)
    return OK


def _wake(session: Session, given: argparse.Namespace) -> int:
    found = asking.result_of(session, "gateway.wake", {"machine": given.machine})
    return _told(session, "gateway.wake", found, given.machine, given.wait)


def _sleep(session: Session, given: argparse.Namespace) -> int:
    forced = ", whoever uses it" if given.force else ""
    session.confirm(f"Put {given.machine} to sleep{forced}.", "changes", given.machine, given.yes)
    asked = {"machine": given.machine} | ({"force": True} if given.force else {})
    found = asking.result_of(session, "gateway.sleep", asked)
    if session.json:
        session.out.document({"operation": "gateway.sleep", "result": found, "command": None})
    else:
        session.out.line(f"asked {given.machine} to sleep; it is {found.get('state')}: {found.get('reason')}")
        session.err.line(f"  see how it goes on with: wakeful gateway status {given.machine}")
    return OK


def _permanent(session: Session, given: argparse.Namespace) -> int:
    if len(given.arguments) != 1 or given.arguments[0] not in _ON:
        raise usage("it is switched on or off", "wakeful gateway permanent MACHINE on|off")
    return _done(session, "gateway.permanent", {"machine": given.machine, "on": _ON[given.arguments[0]]})


def _lease(session: Session, given: argparse.Namespace) -> int:
    if given.arguments:
        return gateway_holding.while_running(session, given, lambda: _awake(session, given.machine, given.wait))
    asked = {"machine": given.machine, "seconds": given.seconds, "note": given.note}
    found = asking.result_of(session, "gateway.lease", asked)
    if not session.json:
        lease = found["lease"]
        session.out.line(f"{lease['id']}  claims {given.machine} for {span(given.seconds)}")
        session.err.line(f"  give it back with: wakeful gateway release {lease['id']}")
    return _told(session, "gateway.lease", found, given.machine, given.wait)


def _release(session: Session, given: argparse.Namespace) -> int:
    return _done(session, "gateway.release", {"lease": given.machine})


def _change(session: Session, given: argparse.Namespace) -> int:
    """Add or change a machine, or set the limits of a key, with arguments typed by the operation's schema."""
    offered = asking.operation(session, CHANGES[given.what])
    secret = set(offered.get("secrets") or [])
    words = [value_of(session, name, text, name in secret) for name, text in arguments.pairs(given.arguments)]
    subject = "key" if given.what == "limit" else "name"
    made = arguments.by_schema([(subject, given.machine), *words], offered.get("arguments") or {})
    for name in ("host", "relay", "wake_host"):
        if made.get(name):
            made[name] = session.host_id(str(made[name]))
    if given.what == "change":
        shown = " ".join(f"{name}={text}" for name, text in words if name not in secret)
        session.confirm(f"Change {given.machine} {shown}".rstrip() + ".", "changes", given.machine, given.yes)
    return asking.carry_out(session, offered, made, 0)


def _remove(session: Session, given: argparse.Namespace) -> int:
    session.confirm(f"Remove the machine {given.machine}.", "destroys", given.machine, given.yes)
    return _done(session, "gateway.machine.remove", {"name": given.machine})


def _trust(session: Session, given: argparse.Namespace) -> int:
    """Trust another SSH key; whoever is asked sees what the machine was refused for, with both fingerprints."""
    (found,) = machines(session, machine=given.machine)
    why = f" It stands so: {found.get('reason')}." if found.get("reason") else ""
    which = f"the SSH key {given.fingerprint}" if given.fingerprint else "whatever SSH key it shows now"
    session.confirm(f"Trust {which} of {given.machine}.{why}", "changes", given.machine, given.yes)
    named = {"fingerprint": given.fingerprint} if given.fingerprint else {}
    return _done(session, "gateway.trust", {"machine": given.machine, **named})


def machines(session: Session, **named: str) -> list[dict[str, Any]]:
    """Return how the machines stand, or the one that is named; raise Failure."""
    found: list[dict[str, Any]] = asking.result_of(session, "gateway.status", named)["machines"]
    return found


def _awake(session: Session, name: str, wait_seconds: float) -> int:
    """Wait until a machine is awake, telling each state that it passes; return the exit code."""
    from time import monotonic, sleep

    deadline, told = monotonic() + wait_seconds, ""
    while True:
        found = asking.result_of(session, "gateway.state", {"machine": name})
        state = str(found.get("state"))
        if state in {"awake", "draining"}:
            return OK
        if state != told and not session.json:
            session.err.line(f"{name} is {state}: {found.get('reason')}")
            told = state
        if state == "unreachable" and not found.get("asked"):
            return FAILED
        if monotonic() >= deadline:
            return TIMED_OUT
        sleep(min(_AGAIN_SECONDS, max(0.05, deadline - monotonic())))


def _told(session: Session, operation: str, result: dict[str, Any], name: str, wait_seconds: float) -> int:
    code = _awake(session, name, wait_seconds) if wait_seconds else OK
    if session.json:
        session.out.document({"operation": operation, "result": result, "command": None})
    elif wait_seconds:
        found = asking.result_of(session, "gateway.state", {"machine": name})
        gateway_shown.machine(session.out, found, session.now_ms)
    return code


def _done(session: Session, operation: str, asked: dict[str, Any]) -> int:
    found = asking.result_of(session, operation, asked)
    if session.json:
        session.out.document({"operation": operation, "result": found, "command": None})
    else:
        gateway_shown.result(session.out, operation, found)
    return OK


WHATS: dict[str, What] = {
    "status": What(_status),
    "machines": What(_machines),
    "models": What(_models),
    "wake": What(_wake, "MACHINE"),
    "sleep": What(_sleep, "MACHINE"),
    "permanent": What(_permanent, "MACHINE"),
    "lease": What(_lease, "MACHINE"),
    "release": What(_release, "LEASE"),
    "add": What(_change, "NAME"),
    "change": What(_change, "NAME"),
    "remove": What(_remove, "NAME"),
    "limit": What(_change, "KEY"),
    "trust": What(_trust, "MACHINE"),
}
