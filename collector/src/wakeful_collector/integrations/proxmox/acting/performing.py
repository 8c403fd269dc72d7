"""Doing a deed: its requests one after the other, each to its end, and what came of the whole."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from wakeful_collector.integrations.proxmox.acting import carrying, judging, looking, preparing, steps
from wakeful_collector.integrations.proxmox.acting.carrying import Journal
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Refusal
from wakeful_collector.integrations.proxmox.acting.judging import End
from wakeful_collector.integrations.proxmox.acting.tasks import FAILED as STEP_FAILED
from wakeful_collector.integrations.proxmox.acting.tasks import OK, Outcome
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.store.proxmox_deeds import FAILED, REFUSED
from wakeful_collector.store.proxmox_deeds import OK as DONE

if TYPE_CHECKING:
    from collections.abc import Collection

    from wakeful_collector.integrations.proxmox.acting.deeds import Request, Target
    from wakeful_collector.integrations.proxmox.acting.looking import Api
    from wakeful_collector.integrations.proxmox.acting.preparing import Prepared

IDS_TRIED_MAX = 5


class DeedJournal(Journal, Protocol):
    """Whoever writes down a whole deed."""

    def planned(self, prepared: Prepared) -> None:
        """What is to be done, to whom, is known; nothing was sent."""


def perform(api: Api, prepared: Prepared, journal: DeedJournal, login: str = "") -> End:
    """Do what was prepared and return how it ended; raises nothing of the cluster's.

    `login` is who asks, as the names of tasks have it.
    """
    notes = prepared.planned.notes
    if not prepared.planned.requests:
        return End(DONE, "; ".join(notes) or "there was nothing to do")
    for _ in range(IDS_TRIED_MAX if prepared.chosen else 1):
        journal.planned(prepared)
        outcome = _carried(api, prepared.planned.requests, prepared.target, journal, login)
        if outcome.ok or not prepared.chosen or "already exists" not in outcome.exitstatus:
            break
        try:
            prepared = _with_next_id(api, prepared)
        except (PveError, Refusal):
            break
    return conclude(api, prepared.deed, prepared.target, outcome, journal)


def conclude(api: Api, deed: Deed, target: Target, outcome: Outcome, journal: Journal) -> End:
    """Return how a deed ended whose requests came to `outcome`: the HA manager is waited for, the guest looked at."""
    if outcome.ok:
        settled = judging.settle(api, deed, target, threading.Event().wait, is_stopped=journal.is_stopped)
        if settled is not None and not settled.ok:
            outcome = replace(settled, upid=outcome.upid, log_tail=outcome.log_tail)
    end = judging.judge(api, deed, target, outcome)
    if deed.kind == "change" and end.state == DONE:
        return end._replace(summary=end.summary + _pending(api, target))
    return end


def go_on(
    api: Api, deed: Deed, protected: Collection[str], journal: Journal, left: int, login: str, mark: str = ""
) -> End:
    """Do the last `left` requests of a deed whose first ones came to their end, perhaps in another process.

    What they are is planned again: the guest has changed by the first ones, and must still be known by `mark`.
    """
    try:
        target = looking.look(api, deed.vmid)
        if target is None:
            raise Refusal("unknown_guest", f"guest {deed.vmid} is gone")
        preparing.check_mark(target, mark)
        planned = steps.plan(deed, target, protected)
    except (Refusal, PveError) as error:
        return End(FAILED, f"its first part is done, but it does not go on: {error}")
    requests = planned.requests[-left:]
    outcome = _stopped_by_ha(api, target, journal) if len(requests) < len(planned.requests) else None
    if outcome is None or outcome.ok:
        outcome = _carried(api, requests, target, journal, login)
    return conclude(api, deed, target, outcome, journal)


def refused(error: Refusal | PveError) -> End:
    """Return the end of a deed that was not begun."""
    return End(REFUSED, str(error))


def _carried(api: Api, requests: tuple[Request, ...], target: Target, journal: Journal, login: str) -> Outcome:
    """Carry requests out one after the other; a guest that the HA manager stops is waited for in between."""
    outcome = Outcome(OK, "OK")
    for request in requests:
        if journal.is_stopped():
            return Outcome(STEP_FAILED, f"it was ended before {request.method} {request.path} was sent")
        outcome = carrying.carry(api, request, journal, login)
        if outcome.ok and request is not requests[-1]:
            settled = _stopped_by_ha(api, target, journal)
            outcome = outcome if settled is None else settled
        if not outcome.ok:
            break
    return outcome


def _stopped_by_ha(api: Api, target: Target, journal: Journal) -> Outcome | None:
    """Wait until the HA manager has stopped a guest that is to be deleted; None where it does not manage it."""
    stop = Deed("stop", "", target.vmid)
    return judging.settle(api, stop, target, threading.Event().wait, is_stopped=journal.is_stopped)


def _with_next_id(api: Api, prepared: Prepared) -> Prepared:
    """Return it with another id: somebody took the one that was free a moment ago."""
    vmid = looking.next_id(api)
    if prepared.deed.kind == "clone":
        deed = replace(prepared.deed, arguments={**prepared.deed.arguments, "new_vmid": vmid})
        target = prepared.target
    else:
        deed = replace(prepared.deed, vmid=vmid)
        target = replace(prepared.target, vmid=vmid)
    return replace(prepared, deed=deed, target=target, planned=steps.plan(deed, target))


def _pending(api: Api, target: Target) -> str:
    """Return what of a change waits for the next start, in words."""
    try:
        rows = api.get(f"{target.path}/pending")
    except PveError:
        return ""
    waits = [
        str(row.get("key"))
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and ("pending" in row or str(row.get("delete") or "0") in {"1", "2"})
    ]
    return f"; {', '.join(waits[:20])} waits for the next start" if waits else ""
