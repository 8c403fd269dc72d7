"""Questions about Proxmox clusters as they were seen last: nodes, guests, storages, contents, and how each was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import msgspec
import zstandard

from wakeful_collector.model.estate import LXC, QEMU, Area, Estate, Guest, Item, Node, Storage, Task, Usage, Volume
from wakeful_collector.store import database
from wakeful_collector.store import proxmox_changes as history
from wakeful_collector.store import proxmox_estate as table

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable
    from pathlib import Path

ITEM_KINDS = ("network", "pool", "ha", "replication", "backup_job")
GONE_LIMIT_MAX = 500
USAGE_BYTES_MAX = 64 * 1024 * 1024

_T = TypeVar("_T", Node, Guest, Storage, Item)


class Contents(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one storage held when it was looked at; a shared one is looked at by one node for all."""

    volumes: tuple[Volume, ...] = ()


class Paper(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the survey keeps of the cluster as a whole."""

    permissions: dict[str, dict[str, int]] = {}
    not_in_backup: tuple[int, ...] = ()


class Standing(NamedTuple):
    """How the synchronisation of a cluster stands; times are 0 for never, `since_ms` is when it was seen first.

    `failed` is the kind of error that the last cycle ended with (`unreachable`, `auth`, ...), `failing_since_ms` since
    when each one did; `requests` and `seconds` are those of the last cycle; `asked_ms` is when one was wanted at once.
    """

    since_ms: int
    tried_ms: int
    polled_ms: int
    surveyed_ms: int
    asked_ms: int
    failed: str
    error: str
    failing_since_ms: int
    requests: int
    seconds: float
    version: str
    quorate: bool | None
    permissions: dict[str, dict[str, int]]
    not_in_backup: tuple[int, ...]


def estate(data: Path, cluster: str) -> Estate:
    """Return all of a cluster as it was seen last; what runs of its tasks, not those that ended."""
    with database.translated():
        connection = database.reader(data, "state")
        known = table.standing(connection, cluster)
        paper = _paper(known.paper)
        lists = {kind: _here(connection, cluster, kind, Item) for kind in ITEM_KINDS}
        return Estate(
            cluster=cluster,
            polled_ms=known.polled_ms,
            surveyed_ms=known.surveyed_ms,
            version=known.version,
            quorate=known.quorate,
            nodes=tuple(_here(connection, cluster, "node", Node)),
            guests=tuple(_guests(connection, cluster)),
            storages=tuple(_here(connection, cluster, "storage", Storage)),
            contents=tuple(_volumes(connection, cluster)),
            networks=tuple(lists["network"]),
            pools=tuple(lists["pool"]),
            ha=tuple(lists["ha"]),
            replication=tuple(lists["replication"]),
            backup_jobs=tuple(lists["backup_job"]),
            not_in_backup=paper.not_in_backup,
            tasks=tuple(Task(*one) for one in history.running(connection, cluster)),
            usage=unpacked(known.usage),
            permissions=paper.permissions,
            areas=tuple(Area(*one) for one in table.areas(connection, cluster)),
        )


def clusters(data: Path) -> list[str]:
    """Return the names of the clusters of which something was seen or tried."""
    with database.translated():
        return table.clusters(database.reader(data, "state"))


def standing(data: Path, cluster: str) -> Standing:
    """Return how the synchronisation of a cluster stands."""
    with database.translated():
        known = table.standing(database.reader(data, "state"), cluster)
    paper = _paper(known.paper)
    plain = known._asdict()
    del plain["paper"], plain["usage"]
    return Standing(**plain, permissions=paper.permissions, not_in_backup=paper.not_in_backup)


def asked_ms(data: Path, cluster: str) -> int:
    """Return when somebody wanted a cluster looked at as a whole and at once; 0 when nobody waits for it."""
    with database.translated():
        return table.asked_ms(database.reader(data, "state"), cluster)


def nodes(data: Path, cluster: str) -> list[Node]:
    """Return the nodes of a cluster by name."""
    with database.translated():
        return _here(database.reader(data, "state"), cluster, "node", Node)


def guests(data: Path, cluster: str) -> list[Guest]:
    """Return the guests of a cluster by number."""
    with database.translated():
        return _guests(database.reader(data, "state"), cluster)


def gone_guests(data: Path, cluster: str, limit: int = 100) -> list[Guest]:
    """Return the guests that are gone, the last that went first."""
    limit = max(1, min(limit, GONE_LIMIT_MAX))
    with database.translated():
        return [_guest(body) for _, body in table.gone(database.reader(data, "state"), cluster, "guest", limit)]


def guest(data: Path, cluster: str, vmid: int) -> Guest | None:
    """Return the guest of a number; when there is none now, the last that had it."""
    with database.translated():
        body = table.one(database.reader(data, "state"), cluster, "guest", (f"{QEMU}/{vmid}", f"{LXC}/{vmid}"))
    return None if body is None else _guest(body)


def node(data: Path, cluster: str, name: str) -> Node | None:
    """Return one node; when it is gone, as it was."""
    with database.translated():
        body = table.one(database.reader(data, "state"), cluster, "node", (f"node/{name}",))
    return None if body is None else msgspec.msgpack.decode(body, type=Node)


def storages(data: Path, cluster: str) -> list[Storage]:
    """Return the storages of a cluster, each once for every node that has it."""
    with database.translated():
        return _here(database.reader(data, "state"), cluster, "storage", Storage)


def contents(data: Path, cluster: str, node: str | None = None, storage: str | None = None) -> list[Volume]:
    """Return the volumes of a cluster (of one storage); those of a shared one whichever node is asked for."""
    with database.translated():
        connection = database.reader(data, "state")
        volumes = _volumes(connection, cluster)
        shared = {one.name for one in _here(connection, cluster, "storage", Storage) if one.shared} if node else ()
    return [
        one for one in volumes if storage in {None, one.storage} and (node in {None, one.node} or one.storage in shared)
    ]


def places(data: Path, cluster: str) -> dict[str, tuple[Volume, ...]]:
    """Return the volumes of a cluster by where they are: `content/pve1/local`, or `content/nas` of a shared storage."""
    with database.translated():
        bodies = table.here(database.reader(data, "state"), cluster, "contents")
    return {key: _CONTENTS.decode(body).volumes for key, body in bodies}


def items(data: Path, cluster: str, kind: str) -> list[Item]:
    """Return everything of a kind: `network`, `pool`, `ha`, `replication` or `backup_job`."""
    with database.translated():
        return _here(database.reader(data, "state"), cluster, kind, Item)


def areas(data: Path, cluster: str) -> list[Area]:
    """Return how each area of a cluster was seen, by name."""
    with database.translated():
        return [Area(*one) for one in table.areas(database.reader(data, "state"), cluster)]


def usage(data: Path, cluster: str) -> tuple[int, dict[str, Usage]]:
    """Return when a cluster was polled last, and what the poll said by id (`qemu/100`, `node/pve1`)."""
    with database.translated():
        known = table.standing(database.reader(data, "state"), cluster)
    return known.polled_ms, unpacked(known.usage)


def packed(found: dict[str, Usage]) -> bytes:
    """Return what a poll said as it is kept."""
    return zstandard.ZstdCompressor(level=1).compress(msgspec.msgpack.encode(found))


def unpacked(body: bytes) -> dict[str, Usage]:
    """Return what a poll said from how it is kept."""
    if not body:
        return {}
    plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=USAGE_BYTES_MAX)
    return msgspec.msgpack.decode(plain, type=dict[str, Usage])


def _paper(body: bytes) -> Paper:
    return msgspec.msgpack.decode(body, type=Paper) if body else Paper()


def _guest(body: bytes) -> Guest:
    return _GUEST.decode(body)


def _guests(connection: sqlite3.Connection, cluster: str) -> list[Guest]:
    return sorted(_here(connection, cluster, "guest", Guest), key=lambda one: (one.vmid, one.kind))


def _volumes(connection: sqlite3.Connection, cluster: str) -> list[Volume]:
    bodies = table.here(connection, cluster, "contents")
    return [volume for _, body in bodies for volume in _CONTENTS.decode(body).volumes]


def _here(connection: sqlite3.Connection, cluster: str, kind: str, shape: type[_T]) -> list[_T]:
    bodies: Iterable[tuple[str, bytes]] = table.here(connection, cluster, kind)
    decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(shape)
    return [decoder.decode(body) for _, body in bodies]


_GUEST = msgspec.msgpack.Decoder(Guest)
_CONTENTS = msgspec.msgpack.Decoder(Contents)
