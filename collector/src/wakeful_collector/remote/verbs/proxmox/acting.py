"""start, stop, snapshot, migrate and the rest of what is done to guests: asked for once, followed to its end."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import FAILED, OK, Failure, usage
from wakeful_collector.remote.proxmox import deeds, doings, naming, plans
from wakeful_collector.remote.table import Styled
from wakeful_collector.remote.verbs.run import value_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

ABOUT = """\
The task is followed to its end: its exit status decides, its log is shown as it grows. Ctrl-C only stops looking;
wakeful proxmox deeds shows it again. More arguments are key=value; --help-arguments lists them. --dry-run shows the
requests that would be sent and sends none. Guests that are protected refuse what would interrupt or change them.

What changes something asks for a yes (start and resume just happen), what destroys something for the guest's name typed
out; scripts say --yes."""
EXAMPLES = """\
wakeful proxmox start web-1
wakeful proxmox start 101 --dry-run
wakeful proxmox shutdown web-1 --wait 5m
wakeful proxmox stop web-1
wakeful proxmox reboot web-1 --no-wait
wakeful proxmox suspend web-1 to_disk=yes
wakeful proxmox resume web-1
wakeful proxmox snapshot web-1 before-upgrade
wakeful proxmox rollback web-1 before-upgrade --dry-run
wakeful proxmox snapshot-delete web-1 before-upgrade
wakeful proxmox migrate lab/101 pve2 with_local_disks=yes
wakeful proxmox clone 9000 name=web-2 full=yes
wakeful proxmox resize web-1 scsi0 +5G
wakeful proxmox set web-1 memory=4096 cores=4
wakeful proxmox set web-1 delete=net1,description
wakeful proxmox backup web-1 storage=pbs
wakeful proxmox restore pbs:backup/vm/101/2026-11-20T02:00:00Z vmid=101 overwrite=yes
wakeful proxmox create type=qemu node=pve1 name=web-3 memory=2048 cores=2
wakeful proxmox delete old-box
"""

Record = dict[str, Any]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    doing = doings.DOINGS[parser.prog.rpartition(" ")[2]]
    if doing.is_new:
        naming.add_cluster(parser)
    else:
        naming.add_guest(parser, is_asked_later=True)
    shown = " ".join([*(place.upper() for place in doing.places), "key=value"])
    parser.add_argument("arguments", nargs="*", default=[], metavar=shown.replace(" ", ", "), help="what it takes")
    parser.add_argument("--help-arguments", action="store_true", help="list what it takes, and do nothing")
    parser.add_argument("--dry-run", action="store_true", help="show the requests that would be sent, and send none")
    deeds.add_waiting(parser)
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Do what the command is called for."""
    doing = doings.DOINGS[given.verb]
    offered = asking.operation(session, doing.operation)
    if given.help_arguments:
        return _explain(session, given.verb, offered)
    if doing.is_new:
        found: Record = {"cluster": naming.cluster(session, given.cluster)}
        asked: Record = dict(found)
    elif given.guest is None:
        raise usage("GUEST is missing", f"wakeful proxmox {given.verb} GUEST")
    else:
        found = naming.guest(session, given.guest, given.cluster)
        asked = naming.subject(found)
        if given.verb == "delete" and found.get("name"):
            asked["name"] = found["name"]  # whatever has that number by then, only this one is meant
    asked |= _typed(session, offered, doings.placed(given.arguments, doing.places))
    if given.dry_run:
        return _rehearse(session, offered, asked)
    settings = asked.get("settings") or {}
    new = settings.get("name") or settings.get("hostname") or asked.get("vmid") or "a guest"
    who = str(new) if doing.is_new else naming.title(found)
    _confirm(session, given, offered, found, who)
    return _perform(session, offered, asked, given.wait)


def _typed(session: Session, offered: Mapping[str, Any], words: list[str]) -> Record:
    """Return arguments as the operation wants them; settings of the guest go where the operation takes those."""
    schema = offered.get("arguments") or {}
    known = schema.get("properties") or {}
    secret = set(offered.get("secrets") or [])
    pairs = []
    for name, text in arguments.pairs(words):
        if doings.ours(name) and name != "vmid":
            raise usage(f"{name} is not given as an argument", f"there is an option for it: --{name.replace('_', '-')}")
        inner = name if name in known or "settings" not in known or "." in name else f"settings.{name}"
        pairs.append((inner, value_of(session, name, text, inner in secret)[1]))
    given = arguments.by_schema(pairs, {**schema, "required": []})
    missing = [name for name in schema.get("required", []) if name not in given and not doings.ours(name)]
    if missing:
        raise usage(f"{missing[0]} is missing", f"it takes: {', '.join(_described(schema))}")
    return given


def _described(schema: Mapping[str, Any]) -> list[str]:
    """Return what an operation takes beside what the command's own options say."""
    inner = {name: one for name, one in (schema.get("properties") or {}).items() if not doings.ours(name)}
    return arguments.describe({**schema, "properties": inner})


def _explain(session: Session, verb: str, offered: Mapping[str, Any]) -> int:
    schema = offered.get("arguments") or {}
    if session.json:
        session.out.document(schema)
        return OK
    session.out.line(Styled(f"wakeful proxmox {verb}", "bold"), f"  {offered.get('title')}")
    for told in _described(schema):
        session.out.line(f"    {told}")
    return OK


def _rehearse(session: Session, offered: Mapping[str, Any], asked: Record) -> int:
    found = asking.result_of(session, str(offered["name"]), asked | {"dry_run": True})
    if session.json:
        session.out.document({"operation": offered["name"], "result": found})
        return OK
    plans.requests(session.out, found.get("requests"))
    for note in found.get("notes") or []:
        session.out.line("  ", Styled(str(note), "dim"))
    return OK


def _confirm(session: Session, given: argparse.Namespace, offered: Mapping[str, Any], found: Record, who: str) -> None:
    danger = str(offered.get("danger"))
    words = " ".join(given.arguments)
    where = f" on {found.get('cluster')}"
    word = str(found.get("name") or found.get("vmid") or given.verb)
    harmless = given.verb in {"start", "resume"}
    session.confirm(
        f"{offered.get('title')}: {who}{where}{f' {words}' if words else ''}.",
        "none" if harmless else danger,
        word,
        given.yes,
    )


def _perform(session: Session, offered: Mapping[str, Any], asked: Record, wait_seconds: float) -> int:
    asked["request_key"] = secrets.token_hex(16)
    answer = asking.asked_once(session, str(offered["name"]), asked)
    deed = answer.get("deed")
    if not isinstance(deed, dict):
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no deed", "are versions far apart?")
    deed = deeds.ended(session, deed, wait_seconds) if wait_seconds else deed
    if session.json:
        session.out.document({"operation": offered["name"], "result": {"deed": deed}, "command": None})
    else:
        deeds.told(session, deed)
    return deeds.exit_code(deed, wait_seconds)
