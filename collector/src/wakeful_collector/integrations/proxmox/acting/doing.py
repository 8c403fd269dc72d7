"""One deed, from being taken up to its end, in a thread of its own; and one that a worker left behind, gone on with.

What a worker that was killed may have sent is never sent again: a task that is known is followed on, one whose answer
was lost is looked for, and where nobody knows the deed is lost, which is said.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.acting import journal, judging, performing, preparing, searching, tasks
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Refusal, Request, Target
from wakeful_collector.integrations.proxmox.acting.judging import End
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS, NEW
from wakeful_collector.integrations.proxmox.acting.latest import Latest
from wakeful_collector.integrations.proxmox.acting.tasks import OK, UNKNOWN, Outcome, Patience
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.store import vault
from wakeful_collector.store.proxmox_deeds import LOST, REFUSED

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.store.proxmox_deeds import DeedRow

log = logging.getLogger("wakeful.proxmox")

NOT_SENT = "the collector's worker ended before anything was sent: nothing was done, ask again"


def do(data: Path, row: DeedRow, begins: bool) -> None:
    """Do a deed that was just taken up, or (not `begins`) go on with one that was left behind; never raises."""
    try:
        end = _begun(data, row) if begins else _left_behind(data, row)
        journal.finish(data, row, end)
    except StoreError as error:  # what is written down so far is enough for the next turn to go on by
        log.warning("the deed %s cannot be written down, it is gone on with later: %s", row.id, error)
    except journal.Superseded:
        log.info("the deed %s was ended by somebody else", row.id)
    except Exception as error:  # whatever it is, nobody may wait for ever
        log.exception("the deed %s failed", row.id)
        said = f"a fault of the collector ({type(error).__name__}); its log says more. Look at the guest"
        journal.finish(data, row, End(LOST, said))


def deed_of(data: Path, row: DeedRow) -> Deed:
    """Return what a row asks for, with what was sealed. Raises Refusal when this collector's key does not open it."""
    arguments: dict[str, Any] = dict(row.arguments)
    if row.sealed:
        text = vault.unseal(data, row.sealed)
        if text is None:
            raise Refusal("sealed", "its password was sealed by another collector's key")
        arguments |= json.loads(text)
    return Deed(row.deed, row.cluster, row.vmid, arguments)


def _begun(data: Path, row: DeedRow) -> End:
    api = Latest(data, row.cluster)
    try:
        cluster = api.client.cluster
        hint = None if row.deed in NEW else (row.guest_kind, row.node)
        prepared = preparing.prepare(api, deed_of(data, row), cluster.protected, hint, row.mark)
    except (Refusal, PveError) as error:
        return performing.refused(error)
    return performing.perform(api, prepared, journal.RowJournal(data, row), cluster.login)


def _left_behind(data: Path, row: DeedRow) -> End:
    api = Latest(data, row.cluster)
    book = journal.RowJournal(data, row)
    target = Target(row.guest_kind, row.vmid, row.node, row.name, ha=_ha(row))
    try:
        deed = deed_of(data, row)
        client = api.client
    except (Refusal, PveError) as error:
        return End(LOST, f"it cannot be gone on with: {error}")
    if row.sending is not None:
        upid = _searched(api, row, book, client.cluster.login)
        if not upid:
            said = f"the worker ended while the request left, and no task of it is found at {row.cluster}"
            return judging.judge(api, deed, target, Outcome(UNKNOWN, said))
        row = replace(row, upid=upid, sent=row.sending + 1)
        book.sent(upid)
    if not row.sent:
        return End(REFUSED, NOT_SENT)
    outcome = Outcome(OK, "OK")
    if row.upid:
        patience = Patience(_seconds(row), is_stopped=book.is_stopped)
        outcome = tasks.follow(api, row.upid, patience, book.progressed)
    left = len(row.requests) - row.sent
    if outcome.ok and left > 0:
        return performing.go_on(api, deed, client.cluster.protected, book, left, client.cluster.login, row.mark)
    return performing.conclude(api, deed, target, outcome, book)


def _searched(api: Latest, row: DeedRow, book: journal.RowJournal, login: str) -> str:
    shown = row.requests[row.sending or 0]
    request = Request(shown["method"], shown["path"], dict(shown["form"]), 0.0)
    return searching.search(api, request, login, row.sent_ms or 0, {*book.known_tasks(), row.upid}) or ""


def _ha(row: DeedRow) -> str:
    """Return that the HA manager is at work when the task's name says so."""
    kind = row.upid.split(":")[5] if row.upid.count(":") > 5 else ""
    return "started" if kind.startswith("ha") else ""


def _seconds(row: DeedRow) -> float:
    seconds = KINDS[row.deed].seconds
    return max(seconds, float(row.arguments.get("timeout_seconds", 0)) + 120.0)
