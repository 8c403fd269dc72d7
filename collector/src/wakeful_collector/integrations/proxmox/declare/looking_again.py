"""A part of an estate read again just before something is done to it: the list of a cluster lags by up to 20 s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from wakeful_collector.integrations.proxmox.acting import looking
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import details, survey
from wakeful_collector.model.estate import Guest, Item, texts

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.acting.looking import Api
    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.model.estate import Estate


class Seen(msgspec.Struct, frozen=True):
    """An estate with the newest of one guest, and the digest that its settings had."""

    estate: Estate
    digest: str = ""
    mark: str = ""


def guest(client: Client, estate: Estate, vmid: int, now_ms: int) -> Seen:
    """Return the estate with one guest as it is now, or without it. Raises PveError: it could not be seen."""
    known = estate.guest(vmid)
    hint = None if known is None else (known.kind, known.node)
    target = looking.look(client, vmid, hint)
    others = tuple(one for one in estate.guests if one.vmid != vmid)
    if target is None:
        return Seen(msgspec.structs.replace(estate, guests=others))
    base = known or Guest(
        cluster=estate.cluster, vmid=vmid, kind=target.kind, pool=_pool_of(client, vmid), first_ms=now_ms
    )
    listed = msgspec.structs.replace(
        base,
        kind=target.kind,
        name=target.name,
        node=target.node,
        status=target.status,
        lock=target.lock,
        tags=target.tags,
        template=target.template,
        mark=target.mark,
    )
    found = details.guest(client, listed, now_ms, thorough=False)
    found = msgspec.structs.replace(found, tags=target.tags, lock=target.lock, template=target.template)
    return Seen(msgspec.structs.replace(estate, guests=(*others, found)), target.digest, target.mark)


def _pool_of(client: Client, vmid: int) -> str:
    """Return the pool of a guest that was not seen before."""
    rows = client.rows("/cluster/resources", type="vm")
    return next((str(one.get("pool") or "") for one in rows if one.get("vmid") == vmid), "")


def pool(client: Api, estate: Estate, name: str) -> Estate:
    """Return the estate with one pool as it is now, its members included. Raises PveError: it could not be seen."""
    rest = tuple(one for one in estate.pools if one.id != name)
    outside = tuple(msgspec.structs.replace(one, pool="") if one.pool == name else one for one in estate.guests)
    try:
        found = survey.told_of_pool(client, name)
    except PveError as error:
        if error.kind != "missing":
            raise
        return msgspec.structs.replace(estate, pools=rest, guests=outside)
    said: dict[str, Any] = found[0] if isinstance(found, list) and found else found if isinstance(found, dict) else {}
    members = [one for one in said.get("members") or () if isinstance(one, dict)]
    vmids = {one.get("vmid") for one in members if one.get("type") in {"qemu", "lxc"}}
    storages = sorted({str(one.get("storage")) for one in members if one.get("type") == "storage"})
    config = texts({"comment": said.get("comment") or "", "storages": ";".join(storages)})
    guests = tuple(msgspec.structs.replace(one, pool=name) if one.vmid in vmids else one for one in outside)
    return msgspec.structs.replace(estate, pools=(*rest, Item(name, config=config)), guests=guests)
