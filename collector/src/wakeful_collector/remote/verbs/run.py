"""run: an operation of the collector, with arguments typed by its own schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import usage, why
from wakeful_collector.remote.session import host_path
from wakeful_collector.remote.verbs.deliveries import channels, named
from wakeful_collector.remote.verbs.host import announced

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Arguments are key=value; wakeful operations OPERATION lists them. Hosts and channels may be named by name or id;
a.b=value fills an object; lists take commas. key=@FILE reads the value from a file, and key=@- asks for it without echo
(or reads standard input): secrets are taken only so, since a command line is seen by everybody on this machine."""
EXAMPLES = """\
wakeful run host.rename host=web-1 name=shop
wakeful run host.command host=web-1 action=restart-web arguments.unit=nginx.service --wait
wakeful run host.forget host=old-box --yes
wakeful run channel.edit id=pager enabled=no --yes
wakeful run user.add name=ada scope=operate password=@-
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    from wakeful_collector.remote.moments import seconds_of

    parser.add_argument("operation", metavar="OPERATION", help="what to do, like host.wake")
    parser.add_argument("arguments", nargs="*", default=[], metavar="key=value", help="its arguments")
    parser.add_argument(
        "--wait",
        nargs="?",
        type=seconds_of,
        const=asking.WAIT_SECONDS,
        default=0,
        metavar="TIME",
        help=f"wait for what becomes of it (--wait alone: {asking.WAIT_SECONDS}s; as --wait=90 or --wait=5m)",
    )
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Run an operation."""
    offered = asking.operation(session, given.operation)
    schema = offered.get("arguments") or {}
    secret = set(offered.get("secrets") or [])
    words = [value_of(session, name, value, name in secret) for name, value in arguments.pairs(given.arguments)]
    made = arguments.by_schema(words, schema)
    host = _resolve(session, made, schema)
    shown = " ".join(f"{name}={value}" for name, value in words if name not in secret)
    channel = _channel(session, str(offered["name"]), made)
    word = str((host or channel or {}).get("name") or made.get(str(offered.get("subject"))) or offered["name"])
    question = f"{offered.get('title')}: {offered['name']} {shown}".rstrip() + "."
    session.confirm(question, _danger(session, offered, made, host), word, given.yes)
    return asking.carry_out(session, offered, made, given.wait)


def value_of(session: Session, name: str, value: str, secret: bool) -> tuple[str, str]:
    """Return an argument with its value, from a file or whoever sits there for `@`; raise Failure for a bare secret."""
    if not value.startswith("@"):
        if secret:
            raise usage(f"{name} is a secret and must not stand in a command line", f"give {name}=@- or {name}=@FILE")
        return name, value
    if value == "@-":
        return name, session.secret(f"{name}: ")
    try:
        with open(value[1:], encoding="utf-8") as stream:
            return name, stream.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise usage(f"{name}: {value[1:]} cannot be read: {why(error)}") from None


def _resolve(session: Session, made: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any] | None:
    """Put ids where hosts are named, and return the host that it is about."""
    found: dict[str, dict[str, Any]] = {}
    for name in ("relay", "host"):
        if name in schema.get("properties", {}) and isinstance(made.get(name), str):
            found[name] = session.host(made[name])
            made[name] = found[name]["id"]
    return found.get("host")


def _channel(session: Session, operation: str, made: dict[str, Any]) -> dict[str, Any] | None:
    """Put the id where a channel is named, and return the channel that it is about."""
    if not operation.startswith("channel.") or not isinstance(made.get("id"), str):
        return None
    found = named(channels(session), made["id"])
    made["id"] = found["id"]
    return found


def _danger(session: Session, offered: dict[str, Any], made: dict[str, Any], host: dict[str, Any] | None) -> str:
    """Return the danger of what will be done: for a command that of the action, as the machine announced it."""
    if host is not None and isinstance(made.get("action"), str):
        for one in announced(session.client.get(host_path(host))):
            if one.get("name") == made["action"]:
                return str(one.get("danger"))
    return str(offered.get("danger"))
