"""What several documents say together: a guest declared twice, a guest in two pools, two policies of one name. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare.wished import ABSENT, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.integrations.proxmox.declare.wished import Place, Wishes


def faults(wishes: Wishes) -> list[Fault]:
    """Return what does not go together, at the place of the later document."""
    return [
        *_twice(
            ((one.cluster, str(one.vmid)), one.place, "metadata.vmid", f"guest {one.vmid}") for one in wishes.guests
        ),
        *_twice(((one.cluster, one.name), one.place, "metadata.name", f"pool {one.name}") for one in wishes.pools),
        *_twice(((one.cluster, one.name), one.place, "metadata.name", f"policy {one.name}") for one in wishes.policies),
        *_twice(
            ((one.cluster, str(vmid)), one.place, "spec.members", f"member {vmid}")
            for one in wishes.pools
            for vmid in sorted(one.members or ())
        ),
        *_absent_members(wishes),
        *_sources(wishes),
    ]


def _twice(given: Iterable[tuple[tuple[str, str], Place, str, str]]) -> list[Fault]:
    first: dict[tuple[str, str], Place] = {}
    found = []
    for key, place, path, what in given:
        if key in first:
            told = f"{what} is declared twice, first in {first[key].file}:{first[key].line}"
            found.append(Fault(place.file, place.line, path, told, "keep one"))
        first.setdefault(key, place)
    return found


def _absent_members(wishes: Wishes) -> list[Fault]:
    gone = {(one.cluster, one.vmid) for one in wishes.guests if one.state == ABSENT}
    return [
        Fault(one.place.file, one.place.line, "spec.members", f"guest {vmid} is declared absent", "remove the member")
        for one in wishes.pools
        for vmid in sorted(one.members or ())
        if (one.cluster, vmid) in gone
    ]


def _sources(wishes: Wishes) -> list[Fault]:
    """Return clones of a guest by itself, and of one that is to be removed."""
    gone = {(one.cluster, one.vmid) for one in wishes.guests if one.state == ABSENT}
    found = []
    for one in wishes.guests:
        source = int(one.source.get("clone", 0))
        if source and source == one.vmid:
            found.append((one, "it cannot be cloned from itself", "name another guest"))
        elif source and (one.cluster, source) in gone:
            found.append((one, f"guest {source} is declared absent", "clone another, or keep it"))
    return [Fault(one.place.file, one.lines.get("clone", 0), "spec.clone", told, hint) for one, told, hint in found]
