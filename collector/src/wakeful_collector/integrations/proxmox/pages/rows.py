"""Nodes, guests and storages as rows of a table: state in words, what they use, what to know of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.pages import words
from wakeful_collector.integrations.proxmox.pages.wrong import share
from wakeful_collector.model.estate import Usage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wakeful_collector.integrations.proxmox.pages.words import Word
    from wakeful_collector.model.estate import Estate, Guest, Node, Storage
    from wakeful_collector.read.proxmox_hosts import Memory

NOTHING = Usage()


class GuestRow(NamedTuple):
    """A guest: its word, what it uses (cpu as a share of one), and short notes with their mood."""

    guest: Guest
    word: Word
    usage: Usage
    cpu: float | None
    memory: Memory | None
    notes: list[tuple[str, str]]


class NodeRow(NamedTuple):
    """A node: its word, what it uses (shares of one), how many guests it has and how many of them run."""

    node: Node
    word: Word
    usage: Usage
    cpu: float | None
    memory: float | None
    disk: float | None
    guests: int
    running: int


class StorageRow(NamedTuple):
    """A storage: its word, how full it is; a shared one stands once, with all its nodes."""

    storage: Storage
    word: Word
    usage: Usage
    used: float | None
    nodes: tuple[str, ...]


def guests(
    found: Iterable[Guest], usage: Mapping[str, Usage], memories: Mapping[str, Memory] | None = None
) -> list[GuestRow]:
    """Return guests as rows, in the order they come; `memories` are what they use by the best evidence, by id."""
    held = memories or {}
    return [_guest(one, usage.get(one.id, NOTHING), held.get(one.id)) for one in found]


def nodes(found: Estate) -> list[NodeRow]:
    """Return the nodes of a cluster as rows, by name."""
    return [node(one, found) for one in sorted(found.nodes, key=lambda node: node.name)]


def storages(found: Iterable[Storage], usage: Mapping[str, Usage]) -> list[StorageRow]:
    """Return storages as rows, by name and node."""
    held: dict[tuple[str, str], list[Storage]] = {}
    for one in sorted(found, key=lambda storage: (storage.name, storage.node)):
        held.setdefault((one.name, "" if one.shared else one.node), []).append(one)
    return [_storage(same, usage) for same in held.values()]


def notes(guest: Guest) -> list[tuple[str, str]]:
    """Return what to know of a guest beside its state, each with a mood."""
    found = [("warn", f"locked: {guest.lock}")] if guest.lock else []
    if guest.ha_state:
        found.append(("bad" if guest.ha_state in {"error", "fence"} else "none", f"HA {guest.ha_state}"))
    if guest.pending:
        found.append(("warn", f"{words.counted(len(guest.pending), 'change')} pending"))
    if guest.is_protected:
        found.append(("none", "protected"))
    if guest.config_state == "not_permitted":
        found.append(("warn", "configuration not permitted"))
    elif guest.config_state == "failed":
        found.append(("warn", "configuration could not be read"))
    return found


def _guest(guest: Guest, usage: Usage, memory: Memory | None) -> GuestRow:
    runs = guest.status in {"running", "paused"}
    return GuestRow(
        guest,
        words.guest(guest.status, guest.template, bool(guest.gone_ms)),
        usage,
        usage.cpu if runs else None,
        memory,
        notes(guest),
    )


def node(node: Node, found: Estate) -> NodeRow:
    """Return a node as a row, with the guests that the estate says it has."""
    usage = found.usage.get(node.id, NOTHING) if node.status == "online" else NOTHING
    held = [guest for guest in found.guests if guest.node == node.name and not guest.template]
    return NodeRow(
        node,
        words.node(node.status, bool(node.gone_ms)),
        usage,
        usage.cpu,
        share(usage.memory_bytes, usage.memory_max_bytes),
        share(usage.disk_bytes, usage.disk_max_bytes),
        len(held),
        sum(guest.status == "running" for guest in held),
    )


def _storage(same: list[Storage], usage: Mapping[str, Usage]) -> StorageRow:
    shown = next((one for one in same if one.status == "available"), same[0])
    used = usage.get(shown.id, NOTHING)
    return StorageRow(
        shown,
        words.storage(shown.status, bool(shown.gone_ms)),
        used,
        share(used.disk_bytes, used.disk_max_bytes),
        tuple(one.node for one in same),
    )
