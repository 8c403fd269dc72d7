"""What a poll says, laid over what was known: nothing that a poll does not tell is lost. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.integrations.proxmox.sync import identity
from wakeful_collector.model.estate import FAILED, NOT_PERMITTED, SEEN, STALE, UNKNOWN

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.sync.configs import Config, Snapshots
    from wakeful_collector.model.estate import Guest, Node, Storage


def guest(known: Guest | None, listed: Guest, now_ms: int) -> Guest:
    """Return a guest as a poll lists it; of a node that is away it may tell neither name nor tags nor status."""
    definite = listed.status if listed.status != UNKNOWN else ""
    if known is None:
        return msgspec.structs.replace(listed, known_status=definite, first_ms=now_ms)
    return msgspec.structs.replace(
        known,
        name=listed.name or known.name,
        node=listed.node,
        status=listed.status,
        known_status=definite or known.known_status,
        lock=listed.lock,
        tags=listed.tags or (() if definite else known.tags),
        template=listed.template or (not definite and known.template),
        pool=listed.pool,
        ha_state=listed.ha_state,
        cpus=listed.cpus or known.cpus,
        memory_bytes=listed.memory_bytes or known.memory_bytes,
        disk_bytes=listed.disk_bytes or known.disk_bytes,
    )


def configured(one: Guest, config: Config, snapshots: Snapshots | None, now_ms: int) -> Guest:
    """Return a guest with the settings that were read; `snapshots` None: they were not, and stay.

    A digest that an answer does not hold is forgotten as soon as the settings are others: it would be a wrong one.
    """
    unchanged = (one.config, one.pending) == (config.values, config.pending)
    found = msgspec.structs.replace(
        one,
        config=config.values,
        pending=config.pending,
        digest=config.digest or (one.digest if unchanged else ""),
        current_snapshot=config.parent if snapshots is None else snapshots.current or config.parent,
        snapshots=one.snapshots if snapshots is None else snapshots.snapshots,
        config_state=SEEN,
        config_reason="",
        config_seen_ms=now_ms,
    )
    return msgspec.structs.replace(found, mark=found.mark or identity.mark(found))


def unread(one: Guest, kind: str, reason: str) -> Guest:
    """Return a guest whose settings could not be read, and why; those known before stay."""
    state = {"forbidden": NOT_PERMITTED, "node_unreachable": STALE, "unreachable": STALE}.get(kind, FAILED)
    return msgspec.structs.replace(one, config_state=state, config_reason=reason[:500])


def node(known: Node | None, listed: Node, now_ms: int) -> Node:
    """Return a node as a poll lists it."""
    if known is None:
        return msgspec.structs.replace(listed, first_ms=now_ms)
    return msgspec.structs.replace(known, status=listed.status, level=listed.level)


def storage(known: Storage | None, listed: Storage, now_ms: int) -> Storage:
    """Return a storage as a poll lists it."""
    if known is None:
        return msgspec.structs.replace(listed, first_ms=now_ms)
    return msgspec.structs.replace(listed, config=known.config, first_ms=known.first_ms, type=listed.type or known.type)
