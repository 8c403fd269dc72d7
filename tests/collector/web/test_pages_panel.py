"""How a chart is described to the page's script."""

from __future__ import annotations

import json

from wakeful_collector.web.pages_panel import Draw, Panel, chart, flow, states, upness


def test_only_what_differs_is_said() -> None:
    assert json.loads(Draw(("redis.clients.connected",)).text()) == {
        "names": ["redis.clients.connected"],
        "kind": "count",
        "style": "lines",
    }


def test_the_unit_follows_from_the_metric_and_shares_from_the_style() -> None:
    assert json.loads(Draw(("container.memory.usage",)).text())["kind"] == "bytes"
    ratio = json.loads(Draw(("redis.keyspace.hits", "redis.keyspace.misses"), style="ratio").text())
    assert (ratio["kind"], ratio["top"]) == ("percent", 1.0)
    assert json.loads(Draw(("redis.keyspace.hits",), kind="perminute").text())["kind"] == "perminute"


def test_kinds_of_charts() -> None:
    assert upness("a", "A", "redis", "redis.up").is_strip
    assert states("b", "B", "smart", "hw.status").is_strip
    assert not chart("c", "C", "redis", "redis.up", unit="x").is_strip
    assert not Panel("cpu", "CPU", "cpu").is_strip
    io = flow("d", "D", "wireguard", "wireguard.peer.io", ("peer",))
    assert io.draw is not None
    assert json.loads(io.draw.text())["down"] == ["direction", "transmit"]
