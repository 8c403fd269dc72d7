"""The steps that bring pools to what is declared of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import Request
from wakeful_collector.integrations.proxmox.declare.guest_steps import Found
from wakeful_collector.integrations.proxmox.declare.outlook import declared
from wakeful_collector.integrations.proxmox.declare.steps import (
    DESTROYS,
    LIVE,
    POOL_CHANGE,
    POOL_CREATE,
    POOL_DELETE,
    Problem,
    Step,
)
from wakeful_collector.integrations.proxmox.declare.wished import ABSENT
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.model.estate import PARTIAL, SEEN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.integrations.proxmox.declare.outlook import Outlook
    from wakeful_collector.integrations.proxmox.declare.wished import PoolWish

SECONDS = 60.0


def made(wish: PoolWish, view: Outlook) -> Found:
    """Return the step that makes a pool, if it is not there: guests that are to be made are made in it."""
    if wish.state == ABSENT or _known(wish, view) is not None:
        return Found([], [])
    area = view.estate.area("pools")
    if area.state not in {SEEN, PARTIAL}:
        told = f"nobody knows whether it is there: the pools of {wish.cluster} were not seen"
        return Found([], [_problem(wish, told, area.reason)])
    form = {"poolid": wish.name} | ({"comment": wish.comment} if wish.comment else {})
    new: dict[str, str | None] = {"comment": wish.comment or ""}
    request = Request("POST", "/pools", form, SECONDS)
    return Found([_step(wish, POOL_CREATE, dict.fromkeys(new), new, LIVE, (request,), ", and not there")], [])


def filled(wish: PoolWish, view: Outlook) -> Found:
    """Return the step that gives a pool its comment and members, or the one that removes it."""
    known = _known(wish, view)
    if wish.state == ABSENT:
        return Found([] if known is None else [_deleted(wish, view, known)], [])
    if known is None and view.estate.area("pools").state not in {SEEN, PARTIAL}:
        return Found([], [])
    old: dict[str, str | None] = {}
    new: dict[str, str | None] = {}
    requests: list[Request] = []
    comment = "" if known is None else known.get("comment", "")
    if known is not None and wish.comment is not None and wish.comment != comment:
        old["comment"], new["comment"] = comment, wish.comment
        requests.append(_put(wish.name, {"comment": wish.comment}))
    strangers = [vmid for vmid in sorted(wish.members or ()) if not _is_there(vmid, view)]
    if strangers:
        told = f"there is no guest {', '.join(map(str, strangers))}"
        return Found([], [_problem(wish, told, "declare it, or remove the member")])
    if wish.members is not None:
        made_in = {vmid for vmid in wish.members if vmid not in view.guests}
        have = {one.vmid for one in view.guests.values() if one.pool == wish.name}
        moving = any(view.guests[vmid].pool not in {"", wish.name} for vmid in wish.members - made_in)
        gone = _gone(view)
        requests += _exchange(wish.name, "vms", have - gone, wish.members - made_in, moving)
        if have - gone != wish.members - made_in:
            old["members"], new["members"] = _listed(have), _listed(wish.members)
    if wish.storages is not None:
        stored = {one for one in ("" if known is None else known.get("storages", "")).split(";") if one}
        requests += _exchange(wish.name, "storage", stored, wish.storages, False)
        if stored != set(wish.storages):
            old["storages"], new["storages"] = _listed(stored), _listed(wish.storages)
    if not requests:
        return Found([], [])
    return Found([_step(wish, POOL_CHANGE, old, new, LIVE, tuple(requests), "")], [])


def _deleted(wish: PoolWish, view: Outlook, known: Mapping[str, str]) -> Step:
    members = {one.vmid for one in view.guests.values() if one.pool == wish.name} - _gone(view)
    stored = {one for one in known.get("storages", "").split(";") if one}
    requests = [
        *_exchange(wish.name, "vms", members, (), False),
        *_exchange(wish.name, "storage", stored, (), False),
    ]
    where, form = ("/pools", {"poolid": wish.name}) if "/" in wish.name else (path("pools", wish.name), {})
    requests.append(Request("DELETE", where, form, SECONDS))
    old: dict[str, str | None] = {"state": "present", "members": _listed(members)}
    new: dict[str, str | None] = {"state": ABSENT, "members": ""}
    return _step(wish, POOL_DELETE, old, new, DESTROYS, tuple(requests), " as absent; its members stay, its rights go")


def _exchange(
    pool: str, key: str, have: Iterable[int | str], wanted: Iterable[int | str], moving: bool
) -> list[Request]:
    """Return the requests that add and take away members of one kind."""
    before, after = set(have), set(wanted)
    found = []
    if before - after:
        found.append(_put(pool, {key: _csv(before - after), "delete": "1"}))
    if after - before:
        found.append(_put(pool, {key: _csv(after - before)} | ({"allow-move": "1"} if moving else {})))
    return found


def _put(pool: str, form: dict[str, str]) -> Request:
    if "/" in pool:
        return Request("PUT", "/pools", {"poolid": pool, **form}, SECONDS)
    return Request("PUT", path("pools", pool), form, SECONDS)


def _known(wish: PoolWish, view: Outlook) -> Mapping[str, str] | None:
    return next((one.config for one in view.estate.pools if one.id == wish.name and not one.gone_ms), None)


def _is_there(vmid: int, view: Outlook) -> bool:
    return vmid in view.guests or vmid in view.coming


def _gone(view: Outlook) -> set[int]:
    """Return the guests that are to be removed: they leave their pool by that."""
    return {one.vmid for one in view.wishes.guests if one.state == ABSENT}


def _step(
    wish: PoolWish,
    kind: str,
    old: dict[str, str | None],
    new: dict[str, str | None],
    effect: str,
    requests: tuple[Request, ...],
    why: str,
) -> Step:
    return Step(
        kind=kind,
        cluster=wish.cluster,
        guest=0,
        title=f"pool {wish.name}",
        old=old,
        new=new,
        why=f"{declared(wish.place)}{why}",
        effect=effect,
        requests=requests,
        pool=wish.name,
    )


def _problem(wish: PoolWish, message: str, hint: str) -> Problem:
    return Problem(wish.cluster, f"pool {wish.name}", message, hint, wish.place.file, wish.place.line)


def _csv(found: Iterable[int | str]) -> str:
    return ",".join(str(one) for one in sorted(found, key=str))


def _listed(found: Iterable[int | str]) -> str:
    return ";".join(str(one) for one in sorted(found, key=str))
