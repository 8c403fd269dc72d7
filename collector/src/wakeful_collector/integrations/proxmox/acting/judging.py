"""What came of a deed: the exit status of its task decides; where that tells nothing, the guest itself is looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import looking
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.acting.tasks import FAILED, GAVE_UP, PASSING, UNKNOWN, Outcome
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.store.proxmox_deeds import FAILED as DEED_FAILED
from wakeful_collector.store.proxmox_deeds import LOST
from wakeful_collector.store.proxmox_deeds import OK as DEED_OK

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Target
    from wakeful_collector.integrations.proxmox.acting.looking import Api

HA_PAUSE_SECONDS = 2.0


class End(NamedTuple):
    """How a deed ended: a state of store.proxmox_deeds, the sentence for people, and what its last task said."""

    state: str
    summary: str
    exitstatus: str = ""
    log_tail: tuple[str, ...] = ()


def judge(api: Api, deed: Deed, target: Target, outcome: Outcome) -> End:
    """Return how a deed ended whose last request came to `outcome`; raises nothing of the cluster's."""
    title = KINDS[deed.kind].title
    if outcome.ok:
        more = f", with {outcome.warnings} warnings" if outcome.warnings else ""
        more = f" as {deed.arguments['new_vmid']}{more}" if deed.kind == "clone" else more
        said = f"{title}: {target.title} {KINDS[deed.kind].done}{more}"
        return End(DEED_OK, said, outcome.exitstatus, outcome.log_tail)
    if outcome.state == GAVE_UP:
        said = f"{title}: its task did not end in time; Proxmox may go on with it ({outcome.upid})"
        return End(LOST, said, outcome.exitstatus, outcome.log_tail)
    true = _came_true(api, deed, target, outcome.state)
    if true:
        said = f"{title}: {target.title} {KINDS[deed.kind].done}, although its task says: {outcome.exitstatus}"
        return End(DEED_OK, said, outcome.exitstatus, outcome.log_tail)
    if outcome.state == FAILED:
        return End(DEED_FAILED, f"{title}: {outcome.exitstatus}", outcome.exitstatus, outcome.log_tail)
    if true is False and outcome.upid:  # without a task nobody knows what is still to come
        said = f"{title}: it has not come true, and nobody knows why ({outcome.exitstatus})"
        return End(DEED_FAILED, said, outcome.exitstatus, outcome.log_tail)
    said = f"{title}: nobody knows how it ended ({outcome.exitstatus}): look at {target.title}"
    return End(LOST, said, outcome.exitstatus, outcome.log_tail)


def _came_true(api: Api, deed: Deed, target: Target, state: str) -> bool | None:
    """Tell whether the guest is as the deed wanted it, None when that does not show.

    After a failure only what is true whoever did it counts: it runs, it is stopped, it is gone.
    """
    shows = _SHOWS.get(deed.kind)
    if KINDS[deed.kind].wants:
        shows = _has_status
    if shows is None or (state == FAILED and shows not in {_has_status, _is_gone}):
        return None
    try:
        true = shows(api, deed, target)
        # What is locked may still be at it.
        return None if true is False and state == UNKNOWN and _is_locked(api, deed, target) else true
    except PveError:
        return None


def _is_locked(api: Api, deed: Deed, target: Target) -> bool:
    """Tell whether the guest, or the one that is to be made, is locked by something under way."""
    vmid = deed.arguments["new_vmid"] if deed.kind == "clone" else deed.vmid
    found = looking.look(api, vmid, (target.kind, target.node))
    return found is not None and bool(found.lock)


def _has_status(api: Api, deed: Deed, target: Target) -> bool:
    return looking.status(api, target).status == KINDS[deed.kind].wants


def _is_gone(api: Api, _deed: Deed, target: Target) -> bool:
    try:
        looking.status(api, target)
    except PveError as error:
        if error.kind != "missing":
            raise
        place = looking.where(api, target.vmid)  # it may have moved; the list may lag where it was
        return place is None or place[1] == target.node
    return False


def _has_snapshot(api: Api, deed: Deed, target: Target) -> bool:
    return deed.arguments["snapshot"] in looking.snapshots(api, target)


def _lacks_snapshot(api: Api, deed: Deed, target: Target) -> bool:
    return not _has_snapshot(api, deed, target)


def _is_there(api: Api, deed: Deed, target: Target) -> bool:
    """Tell whether a guest that was to be made is there, unlocked: one half made keeps its lock."""
    vmid = deed.arguments["new_vmid"] if deed.kind == "clone" else deed.vmid
    found = looking.look(api, vmid, (target.kind, deed.arguments.get("target") or target.node))
    return found is not None and not found.lock and (found.mark != target.mark or deed.kind == "clone")


def _is_moved(api: Api, deed: Deed, target: Target) -> bool:
    try:
        return not looking.status(api, replace(target, node=deed.arguments["target"])).lock
    except PveError as error:
        if error.kind == "missing":
            return False
        raise


_SHOWS: dict[str, Callable[[Api, Deed, Target], bool]] = {
    "snapshot": _has_snapshot,
    "snapshot_delete": _lacks_snapshot,
    "delete": _is_gone,
    "create": _is_there,
    "restore": _is_there,
    "clone": _is_there,
    "migrate": _is_moved,
}


def settle(
    api: Api,
    deed: Deed,
    target: Target,
    pause: Callable[[float], object],
    seconds: float | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Outcome | None:
    """Wait until the HA manager has done what its task only asked it for; None where there is nothing to wait for.

    Its tasks end well as soon as it was asked, long before the guest starts, stops or moves.
    """
    shows = _is_moved if deed.kind == "migrate" else _has_status if KINDS[deed.kind].wants else None
    if not target.ha or shows is None:
        return None
    until = clock.monotonic_seconds() + (KINDS[deed.kind].seconds if seconds is None else seconds)
    said = "it has not answered yet"
    while clock.monotonic_seconds() < until and not is_stopped():
        try:
            if shows(api, deed, target):
                return Outcome("ok", "OK")
            found = looking.look(api, target.vmid, (target.kind, target.node))
            said = "the guest is gone" if found is None else f"the guest is {found.status} on {found.node}"
            if found is not None and found.ha == "error":
                return Outcome(FAILED, "the HA manager has the guest in the state error")
        except PveError as error:
            if error.kind not in PASSING:
                return Outcome(UNKNOWN, str(error))
            said = str(error)
        pause(HA_PAUSE_SECONDS)
    return Outcome(GAVE_UP, f"the HA manager was asked, but has not done it: {said}")
