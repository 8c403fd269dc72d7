"""What one poll of `/cluster/resources` says, as nodes, guests, storages and their usage. Pure.

What is in it is written by strangers: whatever is not as it should be is left out, texts and lists are bounded.
"""

from __future__ import annotations

import math
import re
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.model.estate import LXC, QEMU, UNKNOWN, Guest, Node, Storage, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ROWS_MAX = 100_000
TEXT_CHARACTERS_MAX = 1_024
INTERNED_CHARACTERS_MAX = 64
TAGS_MAX = 100
NUMBER_MAX = 1 << 62


class Listing(NamedTuple):
    """What a poll lists, by the cluster's own ids; `usage` has those of which there are figures."""

    nodes: dict[str, Node]
    guests: dict[str, Guest]
    storages: dict[str, Storage]
    usage: dict[str, Usage]


def listing(cluster: str, rows: Iterable[Any]) -> Listing:
    """Return what the rows of a poll say; of an id that comes twice the first row counts."""
    found = Listing({}, {}, {}, {})
    for place, row in enumerate(rows):
        if place >= ROWS_MAX:
            break
        if isinstance(row, dict):
            _take(found, cluster, row)
    return found


def _take(found: Listing, cluster: str, row: dict[str, Any]) -> None:
    kind = text(row.get("type"))
    if kind in {QEMU, LXC}:
        guest = _guest(cluster, kind, row)
        if guest is not None and found.guests.setdefault(guest.id, guest) is guest:
            found.usage[guest.id] = _usage(row)
    elif kind == "node" and text(row.get("node")):
        node = Node(cluster, text(row["node"]), text(row.get("status")) or UNKNOWN, level=text(row.get("level")))
        found.nodes.setdefault(node.id, node)
        found.usage.setdefault(node.id, _usage(row))
    elif kind == "storage" and text(row.get("node")) and text(row.get("storage")):
        storage = Storage(
            cluster,
            text(row["storage"]),
            text(row["node"]),
            type=text(row.get("plugintype")),
            content=tuple(sorted(words(row.get("content"))[:TAGS_MAX])),
            shared=flag(row.get("shared")),
            status=text(row.get("status")) or UNKNOWN,
        )
        found.storages.setdefault(storage.id, storage)
        found.usage.setdefault(storage.id, _usage(row))


def _guest(cluster: str, kind: str, row: dict[str, Any]) -> Guest | None:
    vmid = whole(row.get("vmid"))
    node = text(row.get("node"))
    if not vmid or not node:
        return None
    return Guest(
        cluster,
        vmid,
        kind,
        name=text(row.get("name")),
        node=node,
        status=text(row.get("status")) or UNKNOWN,
        lock=text(row.get("lock")),
        tags=tags(row.get("tags")),
        template=flag(row.get("template")),
        pool=text(row.get("pool")),
        ha_state=text(row.get("hastate")),
        cpus=number(row.get("maxcpu")) or 0,
        memory_bytes=whole(row.get("maxmem")) or 0,
        disk_bytes=whole(row.get("maxdisk")) or 0,
    )


def _usage(row: dict[str, Any]) -> Usage:
    if text(row.get("status")) in {UNKNOWN, "offline"}:  # figures of before, or noughts that nobody measured
        return Usage()
    return Usage(*(read(row.get(name)) for name, read in _FIGURES))


def text(value: Any) -> str:
    """Return a text, bounded and without what does not print; numbers as texts, anything else as none."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)[:TEXT_CHARACTERS_MAX]
    if not isinstance(value, str):
        return ""
    short = value[:TEXT_CHARACTERS_MAX]
    return kept_once(short if short.isprintable() else "".join(one if one.isprintable() else "?" for one in short))


def kept_once(value: str) -> str:
    """Return the same text, kept in memory once however often it comes: names, keys and states are the same ones."""
    return sys.intern(value) if len(value) <= INTERNED_CHARACTERS_MAX else value


def number(value: Any) -> float | None:
    """Return a finite number, which may come as a text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) and abs(found) < NUMBER_MAX else None


def whole(value: Any) -> int | None:
    """Return a whole number that is not below nought."""
    found = number(value)
    return int(found) if found is not None and found >= 0 else None


def flag(value: Any) -> bool:
    """Return what PVE says by 0 and 1."""
    return str(value) in {"1", "True", "true", "yes", "on"}


def words(value: Any) -> list[str]:
    """Return the words of a list that PVE writes with commas, semicolons or spaces."""
    return [one for one in re.split(r"[,;\s]+", text(value)) if one]


def tags(value: Any) -> tuple[str, ...]:
    """Return tags sorted and each once: their order says nothing."""
    return tuple(sorted(set(words(value))))[:TAGS_MAX]


_FIGURES: tuple[tuple[str, Callable[[Any], Any]], ...] = (
    ("cpu", number),
    ("maxcpu", number),
    ("mem", whole),
    ("maxmem", whole),
    ("disk", whole),
    ("maxdisk", whole),
    ("uptime", whole),
    ("netin", whole),
    ("netout", whole),
    ("diskread", whole),
    ("diskwrite", whole),
    ("memhost", whole),
)
"""The figures of a row in the order of Usage's fields."""
