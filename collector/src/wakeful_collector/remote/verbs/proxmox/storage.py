"""storage: where disks, images and backups are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.moments import local
from wakeful_collector.remote.proxmox import amounts, naming, shown
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Without a name all storages, a shared one once for each node that sees it. With a name what it holds, newest first."""
EXAMPLES = """\
wakeful proxmox storage
wakeful proxmox storage pbs --content backup
wakeful proxmox storage local --node pve1 --json
"""
_HEADS = (
    Column("CLUSTER", 6, spare=5),
    Column("STORAGE", 8),
    Column("NODE", 6),
    Column("TYPE", spare=2),
    Column("STATE"),
    Column("USED", right=True),
    Column("OF", spare=1, right=True),
    Column("CONTENT", 8, spare=3),
)
_CONTENTS = (
    Column("VOLUME", 20),
    Column("CONTENT"),
    Column("GUEST", right=True),
    Column("SIZE", right=True),
    Column("MADE", spare=1),
    Column("NOTES", 10, spare=2),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("storage", nargs="?", metavar="STORAGE", help="show what this one holds")
    naming.add_cluster(parser)
    parser.add_argument("--node", metavar="NODE", help="only as this node sees it")
    parser.add_argument("--content", metavar="KIND", help="only images, rootdir, iso, vztmpl, backup, ...")


def run(session: Session, given: argparse.Namespace) -> int:
    """List storages, or what one holds."""
    asked: dict[str, Any] = naming.in_cluster(given)
    if given.storage is not None:
        asked |= {"storage": given.storage}
    found = asking.result_of(session, "proxmox.storage", asked)
    storages = [one for one in records(found, "storages") if given.node in {None, one.get("node")}]
    if given.storage is None:
        rows = [one for one in storages if given.content is None or given.content in (one.get("content") or [])]
        return _told(session, found, "storages", rows, _HEADS, _row)
    volumes = [
        one
        for one in records(found, "contents")
        if given.content in {None, one.get("content")} and given.node in {None, one.get("node")}
    ]
    volumes.sort(key=lambda one: str(one.get("at") or ""), reverse=True)
    return _told(session, found, "contents", volumes, _CONTENTS, _volume)


def _told(session: Session, found: Any, field: str, rows: list[Any], heads: Any, row: Any) -> int:
    if session.json:
        session.out.document(found | {field: rows})
        return OK
    if rows:
        session.out.table(heads, [row(one) for one in rows])
    else:
        session.err.line("Nothing there, or none that this is about.")
    shown.areas(session, found)
    return OK


def _row(one: dict[str, Any]) -> list[Cell]:
    return [
        str(one.get("cluster")),
        str(one.get("name")) + (" (shared)" if one.get("shared") else ""),
        str(one.get("node") or ""),
        str(one.get("type") or ""),
        shown.state_cell(one),
        amounts.share(one.get("disk_bytes"), one.get("disk_max_bytes")),
        amounts.size(one.get("disk_max_bytes")),
        " ".join(map(str, one.get("content") or [])),
    ]


def _volume(one: dict[str, Any]) -> list[Cell]:
    name = str(one.get("volid"))
    return [
        Styled(name, "bold") if one.get("is_protected") else name,
        str(one.get("content") or ""),
        "" if one.get("vmid") is None else str(one["vmid"]),
        amounts.size(one.get("size_bytes")),
        local(one.get("at")) if one.get("at") else "",
        str(one.get("notes") or ""),
    ]
