"""Questions about backups of Proxmox guests: which there are of each, how old, and whether any job takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.model.estate import NOT_PERMITTED, SEEN
from wakeful_collector.read import proxmox

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from wakeful_collector.model.estate import Area, Guest, Volume

BACKUP = "backup"
NOT_IN_BACKUP = "not_in_backup"
"""The area that says which guests no job takes."""
CONTENT = "content/"
"""How the names of the areas begin that say how the contents of a storage were seen."""


@dataclass(frozen=True, slots=True)
class Backups:
    """The backups of one guest: the newest, how many and how large together; `newest_ms` is 0 where there is none.

    `in_job` tells whether a backup job takes it, None where that is not known. `is_known` is False where not all
    storages for backups could be looked at: "never backed up" is then not said. A guest that is gone has no name.
    """

    vmid: int
    kind: str
    name: str
    newest_ms: int
    size_bytes: int
    storage: str
    volid: str
    count: int
    total_bytes: int
    in_job: bool | None
    is_known: bool
    is_gone: bool = False

    @property
    def is_never(self) -> bool:
        """Tell whether it has no backup, as far as can be told for sure."""
        return not self.newest_ms and self.is_known


def backups(data: Path, cluster: str) -> list[Backups]:
    """Return the backups of every guest by number, and those left of guests that are gone. Templates count too."""
    found = proxmox.estate(data, cluster)
    return of_guests(found.guests, found.contents, found.not_in_backup, {one.name: one for one in found.areas})


def of_guests(
    guests: Iterable[Guest],
    volumes: Iterable[Volume],
    not_in_backup: Iterable[int],
    areas: Mapping[str, Area],
) -> list[Backups]:
    """Return the backups of these guests, from what the storages hold and how they were seen."""
    held: dict[int, list[Volume]] = {}
    for volume in volumes:
        if volume.content == BACKUP and volume.vmid is not None:
            held.setdefault(volume.vmid, []).append(volume)
    judged = areas.get(NOT_IN_BACKUP)
    left_out = set(not_in_backup) if judged is not None and judged.state == SEEN else None
    is_known = _all_seen(areas)
    known = {one.vmid: one for one in guests}
    found = []
    for vmid in sorted({*known, *held}):
        guest = known.get(vmid)
        in_job = None if left_out is None or guest is None else vmid not in left_out
        found.append(_backups(vmid, guest, held.get(vmid, []), in_job, is_known))
    return found


def _backups(vmid: int, guest: Guest | None, held: list[Volume], in_job: bool | None, is_known: bool) -> Backups:
    newest = max(held, key=lambda one: (one.at_ms, one.volid), default=None)
    return Backups(
        vmid=vmid,
        kind="" if guest is None else guest.kind,
        name="" if guest is None else guest.name,
        newest_ms=0 if newest is None else newest.at_ms,
        size_bytes=0 if newest is None else newest.size_bytes,
        storage="" if newest is None else newest.storage,
        volid="" if newest is None else newest.volid,
        count=len(held),
        total_bytes=sum(one.size_bytes for one in held),
        in_job=in_job,
        is_known=is_known,
        is_gone=guest is None,
    )


def _all_seen(areas: Mapping[str, Area]) -> bool:
    looked = [one for name, one in areas.items() if name.startswith(CONTENT)]
    listed = areas.get("storages")
    refused = listed is not None and listed.state in {NOT_PERMITTED, "partial"}
    return bool(looked) and not refused and all(one.state == SEEN for one in looked)
