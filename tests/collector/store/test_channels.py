"""Channels are kept with what they want."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from wakeful_collector.model.channel import Quiet, Wishes
from wakeful_collector.store import channels
from wakeful_collector.store.changes import changing
from wakeful_collector.store.channels import Channel

if TYPE_CHECKING:
    from pathlib import Path

ONE = Channel("ch_1", "phone", "apprise", "ntfy", "ntfys://...", "v1.sealed", 5, "user:ada")


def test_channels_are_kept_changed_and_removed(data: Path) -> None:
    wishes = Wishes(("web-*",), ("prod",), ("host",), ("opened",), Quiet("22:00", "07:00", "UTC"))
    with changing(data) as connection:
        channels.keep(connection, ONE)
        assert channels.by_id(connection, "ch_1") == ONE
        changed = replace(ONE, name="pager", wishes=wishes, enabled=False, allow_private=True)
        channels.keep(connection, changed)
        channels.keep(connection, replace(ONE, id="ch_2", name="mail"))
        assert channels.all_of(connection) == [replace(ONE, id="ch_2", name="mail"), changed]
        assert channels.remove(connection, "ch_1")
        assert not channels.remove(connection, "ch_1")
        assert channels.by_id(connection, "ch_1") is None
