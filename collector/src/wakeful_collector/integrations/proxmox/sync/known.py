"""What the worker remembers of a cluster between two cycles: the estate as the store has it, by ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.read import proxmox

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.estate import Area, Guest, Item, Node, Storage, Usage, Volume


class Held(NamedTuple):
    """A guest's status as its node told it; until then a poll that says another is taken to lag behind."""

    status: str
    until_ms: int


@dataclass
class Known:
    """A cluster as it was seen last; `contents` by the name of the area, `items` by kind and id.

    `ended` are the tasks that the last poll listed as ended (None: that was a worker before this one), `tried` says
    when a guest was asked in vain last; `held` are the statuses that are truer than a poll's, `mute` the guests that
    did not tell their addresses.
    """

    nodes: dict[str, Node] = field(default_factory=dict)
    guests: dict[str, Guest] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)
    contents: dict[str, tuple[Volume, ...]] = field(default_factory=dict)
    items: dict[str, dict[str, Item]] = field(default_factory=dict)
    areas: dict[str, Area] = field(default_factory=dict)
    usage: dict[str, Usage] = field(default_factory=dict)
    permissions: dict[str, dict[str, int]] = field(default_factory=dict)
    not_in_backup: tuple[int, ...] = ()
    version: str = ""
    quorate: bool | None = None
    polled_ms: int = 0
    surveyed_ms: int = 0
    ended: frozenset[str] | None = None
    tried: dict[str, int] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    mute: frozenset[str] = frozenset()

    def things(self) -> dict[tuple[str, str], Any]:
        """Return everything that is kept one a row, by kind and id."""
        found: dict[tuple[str, str], Any] = {("node", key): one for key, one in self.nodes.items()}
        found |= {("guest", key): one for key, one in self.guests.items()}
        found |= {("storage", key): one for key, one in self.storages.items()}
        found |= {("contents", key): proxmox.Contents(held) for key, held in self.contents.items()}
        return found | {(kind, key): one for kind, some in self.items.items() for key, one in some.items()}


def load(data: Path, cluster: str) -> Known:
    """Return what the store knows of a cluster; nothing at all of one that was never seen."""
    found = proxmox.estate(data, cluster)
    return Known(
        nodes={one.id: one for one in found.nodes},
        guests={one.id: one for one in found.guests},
        storages={one.id: one for one in found.storages},
        contents=proxmox.places(data, cluster),
        items={kind: {one.id: one for one in proxmox.items(data, cluster, kind)} for kind in proxmox.ITEM_KINDS},
        areas={one.name: one for one in found.areas},
        usage=found.usage,
        permissions=found.permissions,
        not_in_backup=found.not_in_backup,
        version=found.version,
        quorate=found.quorate,
        polled_ms=found.polled_ms,
        surveyed_ms=found.surveyed_ms,
    )
