"""Where messages go: channels without their addresses and secrets, and how each fares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wakeful_collector.store import channels as table
from wakeful_collector.store import database, outbox, vault

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.model.channel import Wishes
    from wakeful_collector.store.channels import Channel
    from wakeful_collector.store.outbox import Delivery


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """A channel as it may be seen, and its newest delivery."""

    id: str
    name: str
    kind: str
    service: str
    address: str
    allow_private: bool
    enabled: bool
    wishes: Wishes
    made_ms: int
    made_by: str
    last: Delivery | None


def channels(data: Path) -> list[ChannelRecord]:
    """Return every channel by name."""
    with database.translated():
        connection = database.reader(data, "state")
        return [
            _record(one, next(iter(outbox.page(connection, None, one.id, None, None, 1)), None))
            for one in table.all_of(connection)
        ]


def channel(data: Path, channel_id: str) -> ChannelRecord | None:
    """Return one channel by its id."""
    return next((one for one in channels(data) if one.id == channel_id), None)


def is_readable(data: Path, channel_id: str) -> bool:
    """Tell whether the address of a channel can be read with this collector's key; it is not returned."""
    with database.translated():
        found = table.by_id(database.reader(data, "state"), channel_id)
    return found is not None and vault.unseal(data, found.sealed) is not None


def _record(one: Channel, last: Delivery | None) -> ChannelRecord:
    return ChannelRecord(
        one.id,
        one.name,
        one.kind,
        one.service,
        one.shown,
        one.allow_private,
        one.enabled,
        one.wishes,
        one.made_ms,
        one.made_by,
        last,
    )
