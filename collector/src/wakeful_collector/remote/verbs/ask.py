"""ask: an action of a host, with arguments typed by what the host announced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import REFUSED, Failure, closest
from wakeful_collector.remote.session import host_path
from wakeful_collector.remote.verbs.host import announced

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = "wakeful host NAME lists what may be asked there, and what it takes."
EXAMPLES = """\
wakeful ask web-1 restart-web unit=nginx.service
wakeful ask web-1 restart-web unit=nginx.service --yes --no-wait
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("host", metavar="HOST", help="the host's name or id")
    parser.add_argument("action", metavar="ACTION", help="the action's name")
    parser.add_argument("arguments", nargs="*", default=[], metavar="key=value", help="its arguments")
    asking.add_waiting(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Ask for an action."""
    return command(session, given, given.action, arguments.pairs(given.arguments))


def command(session: Session, given: argparse.Namespace, action: str, words: list[tuple[str, str]]) -> int:
    """Ask the host that `given` names for an action, after a confirmation; return the exit code."""
    host = session.host(given.host)
    offered = asking.operation(session, "host.command")
    found = _announced(session, host, action)
    made = arguments.by_parameters(words, found.get("parameters") or {})
    shown = " ".join(f"{name}={value}" for name, value in words)
    question = f"Ask {host['name']} for {action} {shown}".rstrip() + "."
    session.confirm(question, str(found.get("danger") or "changes"), str(host["name"]), given.yes)
    body = {"host": host["id"], "action": action, "arguments": made}
    return asking.carry_out(session, offered, body, given.wait)


def _announced(session: Session, host: dict[str, Any], action: str) -> dict[str, Any]:
    """Return the action as the host announced it; raise Failure when it did not."""
    offered = {str(one.get("name")): one for one in announced(session.client.get(host_path(host)))}
    if action in offered:
        return offered[action]
    near = closest(action, list(offered))
    meant = f"; did you mean {near}?" if near else ""
    hint = f"it offers: {', '.join(offered)}" if offered else "it offers nothing"
    hint += f'\nits agent.toml must permit it: [policy] allow = ["{action}"]'
    raise Failure(REFUSED, "not_announced", f"{host['name']} does not offer {action!r}{meant}", hint)
