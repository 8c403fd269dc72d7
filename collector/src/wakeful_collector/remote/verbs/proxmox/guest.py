"""guest: one virtual machine or container whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import FAILED, OK, Failure
from wakeful_collector.remote.moments import ago, local, span
from wakeful_collector.remote.proxmox import amounts, naming, shown
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session
    from wakeful_collector.remote.terminal import Terminal

ABOUT = """\
Its state, what it uses, its configuration with what waits for a restart, its snapshots and its backups."""
EXAMPLES = """\
wakeful proxmox guest web-1
wakeful proxmox guest lab/101 --json | jq .guest.config
"""
_SNAPSHOTS = (Column("SNAPSHOT", 10), Column("TAKEN"), Column("AFTER", 8, spare=2), Column("WHAT FOR", 10, spare=1))
Record = dict[str, Any]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_guest(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Show it."""
    known = naming.guest(session, given.guest, given.cluster)
    found = asking.result_of(session, "proxmox.guest", naming.subject(known))
    one = found.get("guest")
    if not isinstance(one, dict):
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no guest", "are versions far apart?")
    if session.json:
        session.out.document(found)
        return OK
    _head(session, one)
    _config(session.out, one)
    _snapshots(session.out, one)
    shown.areas(session, found)
    return OK


def _head(session: Session, one: Record) -> None:
    kind = "container" if one.get("kind") == "lxc" else "virtual machine"
    session.out.line(Styled(naming.title(one), "bold"), f"  {kind} of {one.get('cluster')}  ", shown.state_cell(one))
    memory = one["memory"] if isinstance(one.get("memory"), dict) else {}
    used, most = one.get("memory_bytes"), one.get("memory_max_bytes")
    source = f", {memory.get('note') or memory['source']}" if memory.get("source") else ""
    rows: list[tuple[str, Cell]] = [
        ("gone", f"{ago(one.get('gone'), session.now_ms)} ago" if one.get("gone") else ""),
        ("node", str(one.get("node") or "")),
        ("up", span(float(one["uptime_seconds"])) if one.get("uptime_seconds") else ""),
        ("cpu", _cpu(one)),
        ("memory", f"{amounts.of(used, most)}{source}" if amounts.of(used, most) else ""),
        ("pool", str(one.get("pool") or "")),
        ("tags", " ".join(map(str, one.get("tags") or []))),
        ("addresses", ", ".join(map(str, one.get("addresses") or []))),
        ("ha", str(one.get("ha_state") or "")),
        ("host", _host(session, one.get("host"))),
        ("backup", _backup(one.get("backups"), session.now_ms)),
    ]
    session.out.pairs(rows, "  ")


def _cpu(one: Record) -> str:
    cores = amounts.number(one.get("cpus"))
    used = amounts.percent(one.get("cpu"))
    return " of ".join(part for part in (used, f"{cores:g} cores" if cores else "") if part)


def _host(session: Session, found: object) -> str:
    """Return the host whose agent runs in this guest, with how that is known."""
    if not isinstance(found, dict):
        return ""
    evidence = f" (by {found['evidence']})" if found.get("evidence") else ""
    try:
        name = session.client.get(path("hosts", str(found.get("id")))).get("name") or found.get("id")
    except Failure:  # it was forgotten meanwhile, or this key may not look at hosts
        name = found.get("id")
    return f"{name}{evidence}"


def _backup(found: object, now_ms: int) -> Cell:
    if not isinstance(found, dict):
        return ""
    if not found.get("newest"):
        return Styled("never backed up", "warn") if found.get("is_never") else "not known"
    return f"{ago(found['newest'], now_ms)} ago, {amounts.size(found.get('size_bytes'))}, {found.get('count')} kept"


def _config(out: Terminal, one: Record) -> None:
    config = one.get("config") or {}
    pending = one.get("pending") or {}
    state = str(one.get("config_state") or "seen")
    if state != "seen":
        why = f": {one['config_reason']}" if one.get("config_reason") else ""
        out.line("configuration  ", Styled(f"{state.replace('_', ' ')}{why}", "warn"))
    if not config and not pending:
        return
    out.line(Styled("configuration", "bold"))
    out.pairs(((str(name), shown.value(value)) for name, value in sorted(config.items()) if name not in pending), "  ")
    if pending:
        out.line(Styled("waits for a restart", "warn"))
        for name, new in sorted(pending.items()):
            out.line(f"  {name}  ", Styled(shown.value(config.get(name)), "dim"), f" -> {shown.value(new)}")


def _snapshots(out: Terminal, one: Record) -> None:
    found = [each for each in one.get("snapshots") or [] if isinstance(each, dict)]
    if found:
        rows: list[list[Cell]] = [
            [
                str(each.get("name")),
                local(each.get("at")),
                str(each.get("parent") or ""),
                str(each.get("description") or "").strip(),
            ]
            for each in found
        ]
        out.line(Styled("snapshots", "bold"))
        out.table(_SNAPSHOTS, rows, "  ")
