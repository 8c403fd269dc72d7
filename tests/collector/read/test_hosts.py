from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from wakeful_collector.read import hosts
from wakeful_collector.store import agents, database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_hosts_are_read_with_when_they_were_heard(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one, new = machine("one", tags=["prod"]), machine("new")
    one.push([[now_ms, [1, 2, 3, 4]]], now_ms, hello={"name": "one", "version": "3", "uname": {"sysname": "Linux"}})
    first, second = hosts.hosts(data)
    assert (first.id, first.tags, first.last_seen_ms, first.hello) == (one.id, ("prod",), now_ms, {})
    assert (second.id, second.last_seen_ms) == (new.id, None)
    whole = hosts.host(data, one.id)
    assert whole is not None
    assert whole.hello["version"] == "3"
    assert hosts.unames(data) == {one.key: {"sysname": "Linux"}}
    assert hosts.host(data, "nobody") is None
    assert [hosts.by_key(data, host.key) for host in (first, second)] == [first, second]
    assert hosts.by_key(data, 99) is None


def test_the_operators_name_wins_and_a_forgotten_host_is_gone(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    one = machine("one")
    with closing(database.writer(data, "state")) as connection:
        agents.rename(connection, one.id, "Ada's box")
        (host,) = hosts.hosts(data)
        assert (host.name, host.reported_name) == ("Ada's box", "one")
        agents.forget(connection, one.id, now_ms)
    assert hosts.hosts(data) == []
    assert hosts.host(data, one.id) is None


def test_tuning_meters_and_invites_are_read(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    one = machine("one", tags=["x"])
    assert hosts.tuning(data, one.key) is None
    with closing(database.writer(data, "state")) as connection:
        agents.set_tuning(connection, one.id, {"interval": 60})
    assert hosts.tuning(data, one.key) == {"interval": 60}
    assert hosts.tuning(data, 999) is None
    one.push([], now_ms, meters={"cpu": {"outcome": "ok", "seconds": 0.25}})
    assert [(meter.meter, meter.outcome, meter.seconds) for meter in hosts.meters(data, one.key)] == [
        ("cpu", "ok", 0.25)
    ]
    (invite,) = hosts.invites(data)
    assert (invite.uses, invite.spent, invite.tags) == (1, 1, ("x",))
    assert not hasattr(invite, "secret_hash")
