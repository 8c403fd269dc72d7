"""The steps of policies of snapshots: what is due is taken, what may go of their own goes. Pure.

A snapshot of a policy is known by its name, `wk-POLICY-202611220230`, which holds when it was due (UTC): whoever asks
twice gets one. No other snapshot is ever touched.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import QEMU
from wakeful_collector.integrations.proxmox.declare import naming, schedule
from wakeful_collector.integrations.proxmox.declare.guest_steps import Found
from wakeful_collector.integrations.proxmox.declare.outlook import declared, step
from wakeful_collector.integrations.proxmox.declare.steps import DESTROYS, LIVE, PRUNE, SNAPSHOT, Problem
from wakeful_collector.integrations.proxmox.declare.wished import ABSENT
from wakeful_collector.model.estate import SEEN, UNKNOWN, Guest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wakeful_collector.integrations.proxmox.declare.outlook import Outlook
    from wakeful_collector.integrations.proxmox.declare.steps import Step
    from wakeful_collector.integrations.proxmox.declare.wished import GuestWish, Keep, PolicyWish

_STAMP = "%Y%m%d%H%M"
_PERIODS: tuple[tuple[str, Callable[[datetime], tuple[int, ...]]], ...] = (
    ("hourly", lambda at: (at.year, at.month, at.day, at.hour)),
    ("daily", lambda at: (at.year, at.month, at.day)),
    ("weekly", lambda at: tuple(at.isocalendar())[:2]),
    ("monthly", lambda at: (at.year, at.month)),
)


def due(wish: PolicyWish, view: Outlook) -> Found:
    """Return what a policy has to do now, guest by guest."""
    wishes = {one.vmid: one for one in view.wishes.guests}
    found = Found([], [])
    at_ms = schedule.last_due_ms(schedule.read(wish.schedule), wish.timezone, view.options.now_ms)
    for _, guest in sorted({**view.guests, **view.coming}.items()):
        if _is_meant(wish, guest, wishes.get(guest.vmid), view):
            told = _unknown(guest)
            if told:
                title = naming.title(guest.kind, guest.vmid, guest.name)
                found.problems.append(_problem(wish, title, told, guest.config_reason))
            else:
                found.steps.extend(_steps(wish, guest, at_ms, view))
    strangers = sorted(vmid for vmid in wish.guests if vmid not in view.guests and vmid not in wishes)
    if strangers:
        told = f"there is no guest {', '.join(map(str, strangers))}"
        found.problems.append(_problem(wish, f"policy {wish.name}", told, "remove it from the policy"))
    return found


def name(policy: str, at_ms: int) -> str:
    """Return what the snapshot of a policy that was due then is called."""
    return f"wk-{policy}-{datetime.fromtimestamp(at_ms / 1000, UTC).strftime(_STAMP)}"


def own(policy: str, names: Iterable[str]) -> dict[str, datetime]:
    """Return the snapshots that a policy made, with when each was due, newest first."""
    fits = re.compile(rf"wk-{re.escape(policy)}-(\d{{12}})", re.ASCII)
    found = {}
    for one in names:
        match = fits.fullmatch(one)
        if match is not None:
            try:
                found[one] = datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC)
            except ValueError:
                continue  # somebody's own idea of a name
    return dict(sorted(found.items(), key=lambda item: item[1], reverse=True))


def kept(snapshots: dict[str, datetime], keep: Keep) -> set[str]:
    """Return which snapshots stay, given newest first: the newest ones, and the newest of each period."""
    staying = set(list(snapshots)[: keep.last])
    for what, period in _PERIODS:
        newest: dict[tuple[int, ...], str] = {}
        for one, at in snapshots.items():
            newest.setdefault(period(at), one)
        staying |= set(list(newest.values())[: getattr(keep, what)])
    return staying


def _steps(wish: PolicyWish, guest: Guest, at_ms: int, view: Outlook) -> list[Step]:
    there = own(wish.name, [one.name for one in guest.snapshots])
    coming = name(wish.name, at_ms)
    found = []
    due_at = datetime.fromtimestamp(at_ms / 1000, UTC).replace(second=0, microsecond=0)
    if not any(at >= due_at for at in there.values()):
        found.append(_taken(wish, guest, at_ms, view))
        there = {coming: due_at, **there}
    staying = kept(there, wish.keep) | {coming}
    return found + [_pruned(wish, guest, one, view) for one in reversed(there) if one not in staying]


def _taken(wish: PolicyWish, guest: Guest, at_ms: int, view: Outlook) -> Step:
    called = name(wish.name, at_ms)
    form = {"snapname": called, "description": f"by the policy {wish.name} of Wakeful"}
    if wish.memory and guest.kind == QEMU and guest.status == "running":
        form["vmstate"] = "1"
    request = naming.request("snapshot", "POST", guest.node, guest.kind, guest.vmid, ("snapshot",), form)
    due_at = datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    why = f"{declared(wish.place)}: {wish.schedule}, due since {due_at}"
    return step(guest, SNAPSHOT, ({"snapshot": None}, {"snapshot": called}), why, LIVE, (request,), view.options)


def _pruned(wish: PolicyWish, guest: Guest, called: str, view: Outlook) -> Step:
    where = ("snapshot", called)
    request = naming.request("snapshot_delete", "DELETE", guest.node, guest.kind, guest.vmid, where, {})
    why = f"{declared(wish.place)}: the policy made it, and keeps it no longer"
    change = ({"snapshot": called}, {"snapshot": None})
    return step(guest, PRUNE, change, why, DESTROYS, (request,), view.options)


def _is_meant(wish: PolicyWish, guest: Guest, declaration: GuestWish | None, view: Outlook) -> bool:
    """Tell whether a guest gets snapshots, with the tags and the pool that it is declared to have."""
    is_template = guest.template or (declaration is not None and bool(declaration.template))
    if is_template or (declaration is not None and declaration.state == ABSENT):
        return False
    tags = {one.lower() for one in guest.tags}
    if declaration is not None and isinstance(given := declaration.values.get("tags", 0), str):
        tags = set(given.split(";"))
    pool = view.pools.get(guest.vmid, _left(guest, view))
    return guest.vmid in wish.guests or bool(tags & wish.tags) or pool in wish.pools


def _left(guest: Guest, view: Outlook) -> str:
    """Return the pool a guest stays in: none, when that is declared with other members, or absent."""
    owned = {one.name for one in view.wishes.pools if one.members is not None or one.state == ABSENT}
    return "" if guest.pool in owned else guest.pool


def _unknown(guest: Guest) -> str:
    """Return what is not known of a guest, so that nothing can be planned for it."""
    if guest.config_state != SEEN:
        return "its snapshots are not known"
    return f"its node {guest.node} tells nothing" if guest.status == UNKNOWN else ""


def _problem(wish: PolicyWish, title: str, message: str, hint: str) -> Problem:
    return Problem(wish.cluster, title, message, hint, wish.place.file, wish.place.line)
