"""What the login may see, so that what a list leaves out silently is told as not permitted. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.sync.listing import flag
from wakeful_collector.model.estate import NOT_PERMITTED, PARTIAL, SEEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.model.estate import Guest

PATHS_NAMED_MAX = 6
Permissions = dict[str, dict[str, int]]


class Silent(NamedTuple):
    """A list without what the login may not see: the privileges (any of them) that it takes, and where they count."""

    privileges: tuple[str, ...]
    roots: tuple[str, ...]


SILENT = {
    "guests": Silent(("VM.Audit",), ("/vms", "/pool")),
    "nodes": Silent(("Sys.Audit",), ("/nodes",)),
    "storages": Silent(("Datastore.Audit", "Datastore.AllocateSpace"), ("/storage",)),
    "pools": Silent(("Pool.Audit",), ("/pool",)),
    "replication": Silent(("VM.Audit",), ("/vms", "/pool")),
    "tasks": Silent(("Sys.Audit",), ("/nodes",)),
}
"""Areas whose lists are filtered without a word."""


class Verdict(NamedTuple):
    """How much of an area the login may see, and what it lacks in words."""

    state: str
    reason: str


def permissions(answer: object) -> Permissions:
    """Return what `/access/permissions` says, as it is."""
    if not isinstance(answer, dict):
        return {}
    return {
        str(path): {str(name): int(flag(value)) for name, value in held.items()}
        for path, held in answer.items()
        if isinstance(held, dict)
    }


def verdict(area: str, held: Mapping[str, Mapping[str, int]]) -> Verdict:
    """Return how much of a silently filtered area the login may see."""
    silent = SILENT[area]
    wanted = " or ".join(silent.privileges)
    whole = ("/", silent.roots[0])
    if any(_hands_on(held.get(path, {}), silent.privileges) for path in whole):
        return _less_below(area, held)
    parts = sorted(
        path
        for path, names in held.items()
        if path not in whole and path.startswith(tuple(f"{root}/" for root in silent.roots)) and _has(names, silent)
    )
    if parts:
        named = ", ".join(parts[:PATHS_NAMED_MAX])
        more = f" and {len(parts) - PATHS_NAMED_MAX} more" if len(parts) > PATHS_NAMED_MAX else ""
        return Verdict(PARTIAL, f"the login has {wanted} only on {named}{more}")
    return Verdict(NOT_PERMITTED, f"the login lacks {wanted} on {silent.roots[0]}")


def may(held: Mapping[str, Mapping[str, int]], path: str, privilege: str) -> bool:
    """Tell whether the login has a privilege at a path: there, or handed on from above by the nearest entry."""
    if path in held:
        return privilege in held[path]
    steps = path.strip("/").split("/")
    for length in range(len(steps) - 1, -1, -1):
        above = "/" + "/".join(steps[:length])
        if above in held:
            return held[above].get(privilege, 0) == 1
    return False


def sees_guest(held: Mapping[str, Mapping[str, int]], one: Guest) -> bool:
    """Tell whether the login may see a guest: by itself, or by its pool."""
    places = [f"/vms/{one.vmid}", *([f"/pool/{one.pool}"] if one.pool else [])]
    return any(may(held, place, "VM.Audit") for place in places)


def _less_below(area: str, held: Mapping[str, Mapping[str, int]]) -> Verdict:
    """Return the verdict where all is seen but what an entry further down takes away."""
    silent = SILENT[area]
    roots = tuple(f"{root}/" for root in silent.roots[:1])
    taken = sorted(path for path, names in held.items() if path.startswith(roots) and not _has(names, silent))
    if not taken:
        return Verdict(SEEN, "")
    more = f" and {len(taken) - PATHS_NAMED_MAX} more" if len(taken) > PATHS_NAMED_MAX else ""
    return Verdict(PARTIAL, f"the login lacks {silent.privileges[0]} on {', '.join(taken[:PATHS_NAMED_MAX])}{more}")


def _hands_on(names: Mapping[str, int], privileges: tuple[str, ...]) -> bool:
    return any(names.get(one) for one in privileges)


def _has(names: Mapping[str, int], silent: Silent) -> bool:
    return any(one in names for one in silent.privileges)
