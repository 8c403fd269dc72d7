"""Commands, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector import commands
from wakeful_collector.commands import Wish
from wakeful_collector.read import commands as read
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_pages_follow_each_other(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("a")
    one.push([], now_ms, hello={"actions": [{"name": "wake"}]})
    with changing(data) as connection:
        made = [commands.ask(connection, Wish(one.id, "wake", {}, "user:ada"), now_ms).command.id for _ in range(5)]
    first = read.commands(data, limit=3)
    second = read.commands(data, limit=3, before=first.next)
    assert [each.id for each in first.commands + second.commands] == made[::-1]
    assert second.next is None
    assert read.commands(data, host_key=one.key + 1).commands == []
    assert len(read.commands(data, states=["requested"]).commands) == 5
    assert read.commands(data, states=["done", "failed"]).commands == []
    assert len(read.commands(data, limit=0).commands) == 1
    found = read.command(data, made[0])
    assert found is not None
    assert found.action == "wake"
    assert read.command(data, "cmd-none") is None
