"""What changed of a thing between two sights, as fields with old and new value; what is noise does not count. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.estate import UNKNOWN, Guest, Item, Node, Storage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

VALUE_CHARACTERS_MAX = 4_096
NOISE = frozenset(("digest", "vmgenid", "lock", "parent", "cipassword", "runningmachine", "runningcpu", "vmstate"))
"""Settings that change by themselves, or that PVE answers masked: a change of them says nothing of the guest."""
_NOISE_OF_ITEMS = frozenset(
    ("digest", "next-run", "next_run", "last_sync", "last_try", "next_sync", "duration", "pid", "active", "method6")
)
_UNUSED = re.compile(r"unused\d+")
_TOLD_ELSEWHERE = frozenset(("name", "hostname", "tags", "template"))
"""Settings that are fields of the guest too."""


class Difference(NamedTuple):
    """A field with its old and new value; None: it is not there. The empty field is the thing itself."""

    field: str
    old: str | None
    new: str | None


def guest(before: Guest | None, after: Guest | None) -> list[Difference]:
    """Return what changed of a guest between two sights; None: it was not there."""
    if before is None or after is None:
        return _existence(*(None if one is None else one.name or one.id for one in (before, after)))
    found = list(_fields(before, after))
    if before.config_seen_ms and after.config_seen_ms:  # what was not known before did not change
        found += _maps("config.", _settings(before.config), _settings(after.config))
        found += _maps("pending.", _pending(before), _pending(after))
        found += _snapshots(before, after)
    return found


def node(before: Node | None, after: Node | None) -> list[Difference]:
    """Return what changed of a node."""
    if before is None or after is None:
        return _existence(*(None if one is None else one.name for one in (before, after)))
    found = [] if UNKNOWN in {before.status, after.status} else list(_texts("status", before.status, after.status))
    if before.address and after.address:
        found += _texts("address", before.address, after.address)
    if before.facts and after.facts:
        found += _maps("facts.", before.facts, after.facts)
    return found


def storage(before: Storage | None, after: Storage | None) -> list[Difference]:
    """Return what changed of a storage on a node."""
    if before is None or after is None:
        return _existence(*(None if one is None else one.name for one in (before, after)))
    found = [] if UNKNOWN in {before.status, after.status} else list(_texts("status", before.status, after.status))
    found += _texts("content", ";".join(before.content), ";".join(after.content))
    found += _texts("type", before.type, after.type) if before.type and after.type else ()
    if before.config and after.config:
        found += _maps("config.", before.config, after.config, _NOISE_OF_ITEMS)
    return found


def item(before: Item | None, after: Item | None) -> list[Difference]:
    """Return what changed of anything else that has settings."""
    if before is None or after is None:
        return _existence(*(None if one is None else one.id for one in (before, after)))
    return list(_maps("config.", before.config, after.config, _NOISE_OF_ITEMS))


def volumes(before: Iterable[str], after: Iterable[str]) -> list[Difference]:
    """Return which volumes of a storage came and went."""
    old, new = set(before), set(after)
    return [Difference(f"volume {volid}", volid, None) for volid in sorted(old - new)] + [
        Difference(f"volume {volid}", None, volid) for volid in sorted(new - old)
    ]


def _existence(before: str | None, after: str | None) -> list[Difference]:
    return [] if before is None and after is None else [Difference("", _short(before), _short(after))]


def _fields(before: Guest, after: Guest) -> Iterator[Difference]:
    if after.name:  # a node that is away has no names
        yield from _texts("name", before.name, after.name) if before.name else ()
    yield from _texts("node", before.node, after.node)
    if before.known_status and after.known_status:
        yield from _texts("status", before.known_status, after.known_status)
    yield from _texts("tags", ";".join(before.tags), ";".join(after.tags))
    yield from _texts("pool", before.pool, after.pool)
    yield from _texts("template", str(int(before.template)), str(int(after.template)))


def _texts(field: str, old: str, new: str) -> Iterator[Difference]:
    if old != new:
        yield Difference(field, _short(old), _short(new))


def _maps(
    prefix: str, old: Mapping[str, str], new: Mapping[str, str], noise: frozenset[str] = frozenset()
) -> Iterator[Difference]:
    for key in sorted({*old, *new} - noise):
        if old.get(key) != new.get(key):
            yield Difference(f"{prefix}{key}", _short(old.get(key)), _short(new.get(key)))


def _settings(config: Mapping[str, str]) -> dict[str, str]:
    return {
        key: value
        for key, value in config.items()
        if key not in NOISE and key not in _TOLD_ELSEWHERE and not _UNUSED.fullmatch(key)
    }


def _pending(one: Guest) -> dict[str, str]:
    return {key: "(removed)" if value is None else value for key, value in one.pending.items() if key not in NOISE}


def _snapshots(before: Guest, after: Guest) -> Iterator[Difference]:
    old, new = ({one.name for one in guest.snapshots} for guest in (before, after))
    for name in sorted(old - new):
        yield Difference(f"snapshot {name}", name, None)
    for name in sorted(new - old):
        yield Difference(f"snapshot {name}", None, name)
    if before.current_snapshot in new and after.current_snapshot in old:
        yield from _texts("current snapshot", before.current_snapshot, after.current_snapshot)


def _short(value: str | None) -> str | None:
    return value if value is None or len(value) <= VALUE_CHARACTERS_MAX else f"{value[: VALUE_CHARACTERS_MAX - 3]}..."
