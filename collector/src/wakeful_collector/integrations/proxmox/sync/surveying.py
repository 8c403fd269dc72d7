"""A survey as part of a cycle: what is looked at, and what of it becomes part of the estate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import details, permitted, survey, surveyed
from wakeful_collector.integrations.proxmox.sync.survey import Surveyor
from wakeful_collector.model.estate import QEMU, STALE, Area

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.integrations.proxmox.sync.cycle import Cycle
    from wakeful_collector.integrations.proxmox.sync.known import Known
    from wakeful_collector.integrations.proxmox.sync.survey import Survey
    from wakeful_collector.model.estate import Guest, Item

OLD_VERSIONS = frozenset(("6", "7", "8"))
"""The versions in which another privilege is needed to ask a guest's agent."""
_FILTERED = ("pool", "replication")
"""Kinds of which lists leave out silently what the login may not see."""
ADDRESSES_TURNS = 12
"""One of so many surveys asks a guest for its addresses again: they change seldom, and each costs a request."""


def look(client: Client, now: Known, since_ms: int, now_ms: int) -> Survey:
    """Survey a cluster: the whole, each node that is online, the contents of each storage."""
    online = frozenset(one.name for one in now.nodes.values() if one.status == "online")
    away = sorted({one.name for one in now.nodes.values()} - online)
    one = Surveyor(client, now_ms, now.version)
    one.whole()
    _leave_doubtful(client, now, one.found)
    one.nodes(sorted(online), away, since_ms)
    one.storages(now.storages.values(), online)
    return one.found


def _leave_doubtful(client: Client, now: Known, found: Survey) -> None:
    """Leave out lists that lack something, unless the login may the same before and after: it may have lost rights."""
    lacking = [kind for kind in _FILTERED if now.items.get(kind, {}).keys() - found.items.get(kind, {}).keys()]
    lacking = [kind for kind in lacking if kind in found.items]
    if not lacking:
        return
    try:
        held = permitted.permissions(client.one("/access/permissions"))
    except PveError:
        held = None
    if held is None or held != found.permissions:
        for kind in lacking:
            del found.items[kind]


def quorate(client: Client, known: bool | None) -> bool | None:
    """Return whether the cluster has quorum; as it was known where that cannot be seen."""
    try:
        return surveyed.status(client.rows("/cluster/status"))[0]
    except PveError:
        return known


def take(made: Cycle, found: Survey, now_ms: int) -> None:
    """Make what a survey found part of the estate; what it could not see stays as it was."""
    now = made.now
    now.surveyed_ms = now_ms
    now.version = found.version or now.version
    now.quorate = now.quorate if found.quorate is None else found.quorate
    now.permissions = now.permissions if found.permissions is None else found.permissions
    now.not_in_backup = now.not_in_backup if found.not_in_backup is None else found.not_in_backup
    _take_nodes(now, found)
    _take_storages(made, found, now_ms)
    for kind, items in found.items.items():
        now.items[kind] = _hidden(now, kind) | items
    made.tasks += found.tasks
    made.areas = survey.judged([*made.areas, *found.areas], now.permissions)


def _hidden(now: Known, kind: str) -> dict[str, Item]:
    """Return the things that were known and that no list names to this login: that they are gone it cannot tell."""
    known, held = now.items.get(kind, {}), now.permissions
    if not held:
        return {}
    if kind == "pool":
        return {key: one for key, one in known.items() if not permitted.may(held, f"/pool/{key}", "Pool.Audit")}
    if kind == "replication":
        guests = {str(one.vmid): one for one in now.guests.values()}
        owners = {key: guests.get(key.partition("-")[0]) for key in known}
        return {
            key: known[key] for key, one in owners.items() if one is not None and not permitted.sees_guest(held, one)
        }
    return {}


def _take_nodes(now: Known, found: Survey) -> None:
    for key, node in now.nodes.items():
        address = found.addresses.get(node.name) or node.address
        now.nodes[key] = msgspec.structs.replace(node, address=address, facts=found.facts.get(node.name) or node.facts)
    here = {one.name for one in now.nodes.values()}
    kept = {
        key: one
        for key, one in now.items.get("network", {}).items()
        if one.node in here and one.node not in found.networks
    }
    now.items["network"] = kept | {key: one for some in found.networks.values() for key, one in some.items()}
    looked = {name for name, area in ((one.name, one) for one in found.areas) if area.state == "seen"}
    for key, guest in now.guests.items():
        inside = found.inside.get(key)
        if f"node/{guest.node}/guests" in looked:
            now.guests[key] = msgspec.structs.replace(
                guest,
                facts={} if inside is None else inside.facts,
                balloon_memory_bytes=None if inside is None else inside.balloon_memory_bytes,
            )


def _take_storages(made: Cycle, found: Survey, now_ms: int) -> None:
    now = made.now
    if found.storages is not None:
        for key, storage in now.storages.items():
            now.storages[key] = msgspec.structs.replace(
                storage, config=found.storages.get(storage.name, storage.config)
            )
    places = {surveyed.place(one): one for one in now.storages.values()}
    now.contents = {key: held for key, held in now.contents.items() if key in places} | found.contents
    told = {one.name for one in found.areas}
    online = {one.name for one in now.nodes.values() if one.status == "online"}
    for place, storage in places.items():
        if place not in told:
            why = "is not available" if storage.node in online else f"is on {storage.node}, which is offline"
            found.areas.append(Area(place, STALE, f"the storage {storage.name} {why}", now_ms))
            told.add(place)
    parts = ("content/", "node/")
    made.dropped_areas = [name for name in now.areas if name.startswith(parts) and name not in told]


def with_addresses(client: Client, now: Known, turn: int) -> None:
    """Ask guests for their addresses whose turn it is, and those that run and were not asked since they do."""
    able = [one for one in now.guests.values() if details.tells_addresses(one) and _may_ask(now, one)]
    now.mute &= {one.id for one in able}
    mine = turn % ADDRESSES_TURNS
    asked = [
        one for one in able if one.vmid % ADDRESSES_TURNS == mine or (not one.addresses and one.id not in now.mute)
    ]
    for one in details.all_addresses(client, asked):
        now.guests[one.id] = one
        if not one.addresses:
            now.mute |= {one.id}


def _may_ask(now: Known, one: Guest) -> bool:
    """Tell whether the login may ask a guest's agent, which is a privilege of its own; a container needs none."""
    if one.kind != QEMU:
        return True
    privilege = "VM.GuestAgent.Audit" if now.version.partition(".")[0] not in OLD_VERSIONS else "VM.Monitor"
    places = [f"/vms/{one.vmid}", *([f"/pool/{one.pool}"] if one.pool else [])]
    return any(permitted.may(now.permissions, place, privilege) for place in places)
