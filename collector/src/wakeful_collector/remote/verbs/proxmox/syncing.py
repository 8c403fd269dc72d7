"""sync: a cluster is read now."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import FAILED, OK, TIMED_OUT
from wakeful_collector.remote.moments import seconds_of
from wakeful_collector.remote.proxmox import naming
from wakeful_collector.remote.table import Cell, Styled
from wakeful_collector.remote.verbs.proxmox.clusters import NONE

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Clusters are read all the time; this asks for everything anew at once and waits until it was looked at. Nothing of the
cluster is changed."""
EXAMPLES = """\
wakeful proxmox sync
wakeful proxmox sync --cluster lab --wait 5m
"""
_WAIT_SECONDS = 60
_ASKED_SECONDS_MAX = 20
_AGAIN_SECONDS = 0.5


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    naming.add_cluster(parser)
    parser.add_argument(
        "--wait", type=seconds_of, default=_WAIT_SECONDS, metavar="TIME", help=f"how long (default: {_WAIT_SECONDS}s)"
    )


def run(session: Session, given: argparse.Namespace) -> int:
    """Ask for it and wait."""
    deadline = monotonic() + given.wait
    patience = min(given.wait, _ASKED_SECONDS_MAX)
    asked: dict[str, Any] = naming.in_cluster(given)
    found = asking.result_of(session, "proxmox.sync", asked | {"wait_seconds": patience}, patience)
    while any(one.get("asked") for one in records(found, "clusters")) and monotonic() < deadline:
        sleep(_AGAIN_SECONDS)
        found = asking.result_of(session, "proxmox.standing", asked)
    clusters = records(found, "clusters")
    if session.json:
        session.out.document({"operation": "proxmox.sync", "result": {"clusters": clusters}, "command": None})
    elif not clusters:
        session.err.line(NONE)
    for one in [] if session.json else clusters:
        _tell(session, one)
    if any(one.get("failed") for one in clusters):
        return FAILED
    return TIMED_OUT if any(one.get("asked") for one in clusters) else OK


def _tell(session: Session, one: dict[str, Any]) -> None:
    said: Cell = f"{one.get('nodes')} nodes, {one.get('guests')} guests, {one.get('storages')} storages"
    if one.get("failed"):
        said = Styled(str(one.get("error") or "it could not be read"), "bad")
    elif one.get("asked"):
        said = Styled("not looked at yet; it will be", "warn")
    session.out.line(Styled(str(one.get("cluster")), "bold"), "  ", said)
