"""What a guest says of itself when asked: its settings, what is pending, its snapshots and addresses. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.sync.listing import flag, kept_once, text, whole
from wakeful_collector.model.estate import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEYS_MAX = 2_000
VALUE_CHARACTERS_MAX = 65_536
SNAPSHOTS_MAX = 1_000
ADDRESSES_MAX = 64
CURRENT = "current"
"""The name of the entry that stands for what the guest is now."""
_APART = frozenset(("digest", "lock", "parent", "snapshots", "pending", "snaptime", "snapstate", "vmstate"))
"""What stands among the settings and is none: told by other fields, or of single snapshots."""


class Config(NamedTuple):
    """The settings of a guest; `digest` is empty where the answer does not hold it (see decision 183)."""

    values: dict[str, str]
    pending: dict[str, str | None]
    digest: str
    parent: str


def config(rows: Iterable[Any]) -> Config:
    """Return the settings that the rows of `/pending` say."""
    values: dict[str, str] = {}
    pending: dict[str, str | None] = {}
    digest = parent = ""
    for key, row in _rows(rows):
        if key == "digest":
            digest = text(row.get("value"))
        elif key == "parent":
            parent = text(row.get("value"))
        elif key not in _APART:
            if "value" in row:
                values[key] = setting(row["value"])
            if flag(row.get("delete")) or str(row.get("delete")) == "2":
                pending[key] = None
            elif "pending" in row and setting(row["pending"]) != values.get(key):
                pending[key] = setting(row["pending"])
    return Config(values, pending, digest, parent)


def _rows(rows: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    count = 0
    for row in rows:
        key = text(row.get("key")) if isinstance(row, dict) else ""
        if key and count < KEYS_MAX:
            count += 1
            yield key, row


def setting(value: Any) -> str:
    """Return a setting as PVE would write it; the newline that descriptions gain at their end is left out."""
    if isinstance(value, bool):
        return str(int(value))
    plain = value if isinstance(value, str) else str(value) if isinstance(value, (int, float)) else ""
    return kept_once(plain[:VALUE_CHARACTERS_MAX].rstrip("\n"))


class Snapshots(NamedTuple):
    """The snapshots of a guest by time, and the one after which the guest is now."""

    snapshots: tuple[Snapshot, ...]
    current: str


def snapshots(rows: Iterable[Any]) -> Snapshots:
    """Return the snapshots that the rows of `/snapshot` say."""
    found: list[Snapshot] = []
    current = ""
    for row in rows:
        name = text(row.get("name")) if isinstance(row, dict) else ""
        if name == CURRENT:
            current = text(row.get("parent"))
        elif name and len(found) < SNAPSHOTS_MAX:
            at_ms = (whole(row.get("snaptime")) or 0) * 1000
            parent, description = text(row.get("parent")), setting(row.get("description", ""))
            found.append(Snapshot(name, at_ms, parent, description, flag(row.get("vmstate"))))
    return Snapshots(tuple(sorted(found, key=lambda one: (one.at_ms, one.name))), current)


def addresses(answer: Any) -> tuple[str, ...]:
    """Return the addresses that a guest agent's or a container's list of interfaces says, without those of loops."""
    interfaces = answer.get("result") if isinstance(answer, dict) else answer
    found: set[str] = set()
    for one in interfaces if isinstance(interfaces, list) else ():
        if isinstance(one, dict) and text(one.get("name")) != "lo":
            found.update(_of_interface(one))
    return tuple(sorted(found))[:ADDRESSES_MAX]


def _of_interface(one: dict[str, Any]) -> Iterator[str]:
    listed = one.get("ip-addresses")
    for row in listed if isinstance(listed, list) else ():
        address = text(row.get("ip-address")) if isinstance(row, dict) else ""
        if address and not address.startswith(("127.", "fe80:")) and address != "::1":
            yield address
    for name in ("inet", "inet6"):
        address = text(one.get(name)).partition("/")[0]
        if address and not address.startswith(("127.", "fe80:")) and address != "::1":
            yield address
