"""Channels are read without what is secret."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from wakeful_collector.read import channels
from wakeful_collector.store import channels as table
from wakeful_collector.store import outbox, vault
from wakeful_collector.store.changes import changing
from wakeful_collector.store.channels import Channel

if TYPE_CHECKING:
    from pathlib import Path


def test_a_channel_shows_its_newest_delivery_and_no_secret(data: Path, now_ms: int) -> None:
    with changing(data) as connection:
        table.keep(connection, Channel("ch_1", "phone", "apprise", "ntfy", "ntfy://...", "v1.sealed", 5, "user:ada"))
        for number in range(2):
            outbox.add(connection, f"m{number}", "inc_1", "opened", {}, now_ms)
            outbox.address(connection, f"m{number}", "ch_1", "phone", now_ms, now_ms)
    [found] = channels.channels(data)
    assert found.last is not None
    assert found.last.id == "m1.ch_1"
    assert "sealed" not in repr(asdict(found))
    assert channels.channel(data, "ch_1") == found
    assert channels.channel(data, "ch_2") is None


def test_whether_an_address_can_be_read_with_this_key(data: Path) -> None:
    with changing(data) as connection:
        table.keep(
            connection, Channel("ch_1", "a", "apprise", "ntfy", "ntfy://...", vault.seal(data, "{}"), 5, "user:ada")
        )
        table.keep(connection, Channel("ch_2", "b", "apprise", "ntfy", "ntfy://...", "v1.of-another", 5, "user:ada"))
    assert [channels.is_readable(data, channel) for channel in ("ch_1", "ch_2", "ch_3")] == [True, False, False]
