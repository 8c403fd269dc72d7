"""Guests asked for their settings, pending changes and snapshots: one request each, a second where snapshots changed.

`/pending` alone says what is in effect and what is pending. PVE's own answer also holds the digest of the whole file,
in which its snapshots stand; where it does not (decision 183), the digest is asked for when a guest's turn comes.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.integrations.proxmox.sync import configs, merging, outlook
from wakeful_collector.integrations.proxmox.sync.listing import text
from wakeful_collector.model.estate import QEMU

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.model.estate import Guest, Task

WORKERS = 6
"""How many guests of a cluster are asked at once."""
_OF_THE_CLUSTER = frozenset(("unreachable", "tls", "auth"))
"""Errors that every further request would end with too."""


class Asked(NamedTuple):
    """A guest to be read: as it was known before this cycle, as the poll has it now, and whether all is wanted."""

    before: Guest | None
    now: Guest
    thorough: bool = False


def guest(
    client: Client, one: Guest, now_ms: int, before: Guest | None = None, tasks: Sequence[Task] = (), *, thorough: bool
) -> Guest:
    """Return a guest with its settings as they are now; `thorough` asks for the digest where it was not told.

    Raises:
        PveError: kind `missing`, there is no such guest on that node; any other: it could not be read.
    """
    rows = client.rows(path("nodes", one.node, one.kind, one.vmid, "pending"))
    config = configs.config(rows)
    if thorough and not config.digest:
        told = client.one(path("nodes", one.node, one.kind, one.vmid, "config"), current=1)
        config = config._replace(digest=text(told.get("digest")))
    found = merging.configured(one, config, None, now_ms)
    digest_changed = bool(config.digest) and config.digest != one.digest
    if outlook.wants_snapshots(before, found, digest_changed, tasks):
        rows = client.rows(path("nodes", one.node, one.kind, one.vmid, "snapshot"))
        found = merging.configured(one, config, configs.snapshots(rows), now_ms)
    return found


def guests(client: Client, asked: Sequence[Asked], tasks: Sequence[Task], now_ms: int) -> list[Guest]:
    """Return guests as they were read, in the order they were asked for; one that could not be says why.

    After a node did not answer it is not asked for its other guests, after the cluster did not nobody is.
    """
    reading = _Reading(client, tasks, now_ms)
    if len(asked) <= 1:
        return [reading.one(each) for each in asked]
    with ThreadPoolExecutor(min(WORKERS, len(asked)), thread_name_prefix="proxmox-details") as pool:
        return list(pool.map(reading.one, asked))


def addresses(client: Client, one: Guest) -> Guest:
    """Return a guest with the addresses it has inside: of a virtual machine its agent tells, if there is one.

    Where they cannot be read those known before stay: an agent is down for a moment at each start.
    """
    steps = ("agent", "network-get-interfaces") if one.kind == QEMU else ("interfaces",)
    try:
        answer = client.get(path("nodes", one.node, one.kind, one.vmid, *steps))
    except PveError:
        return one
    return msgspec.structs.replace(one, addresses=configs.addresses(answer))


def tells_addresses(one: Guest) -> bool:
    """Tell whether it is worth asking: it runs, and is a container or has the guest agent switched on."""
    agent = one.wanted.get("agent", "0").partition(",")[0].removeprefix("enabled=")
    return one.status == "running" and (one.kind != QEMU or agent == "1")


def all_addresses(client: Client, asked: Iterable[Guest]) -> list[Guest]:
    """Return these guests with their addresses, asked a few at once."""
    wanted = list(asked)
    if not wanted:
        return []
    with ThreadPoolExecutor(min(WORKERS, len(wanted)), thread_name_prefix="proxmox-addresses") as pool:
        return list(pool.map(lambda one: addresses(client, one), wanted))


class _Reading:
    """One round of reading: what went wrong for a node, or for the cluster, is not tried again in it."""

    def __init__(self, client: Client, tasks: Sequence[Task], now_ms: int) -> None:
        self._client = client
        self._tasks = tasks
        self._now_ms = now_ms
        self._away: dict[str, PveError] = {}

    def one(self, asked: Asked) -> Guest:
        known = self._away.get("") or self._away.get(asked.now.node)
        if known is not None:
            return merging.unread(asked.now, known.kind, str(known))
        try:
            return guest(self._client, asked.now, self._now_ms, asked.before, self._tasks, thorough=asked.thorough)
        except PveError as error:
            if error.kind in _OF_THE_CLUSTER:
                self._away[""] = error
            elif error.kind == "node_unreachable":
                self._away[asked.now.node] = error
            return merging.unread(asked.now, error.kind, str(error))
