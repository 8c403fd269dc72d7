from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.config import Config, ConfigErrors, Problem
from wakeful_agent.transport.link import Link, Way
from wakeful_agent.transport.sender import Listeners
from wakeful_wire import packing

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = Config(None, None, 15, [], "info", None, None, 2, True, 256, 7, 100, {})
SCHEMA = "0" * 32


@pytest.fixture
def ways(door: Any) -> list[Way]:
    return [Way(door.url, None, None, None, "token-1")]


@pytest.fixture
def link(tmp_path: Path, heard: Any, ways: list[Way]) -> Iterator[Link]:
    made = Link(str(tmp_path / "spool"), CONFIG, lambda _config: ways[-1], Listeners(len, len), heard)  # type: ignore[arg-type]  # nobody listens here
    yield made
    made.stop()


def push(sequence: int, **more: Any) -> dict[str, Any]:
    return {"wire": 1, "run": "run12345", "sequence": sequence, "schema": SCHEMA, "ticks": [], **more}


def test_pushes_are_kept_before_there_is_a_way_and_sent_when_there_is(link: Link, door: Any, tools: Any) -> None:
    link.put_schema(SCHEMA, [])
    link.put(push(0), 5)
    assert (len(link), link.size_bytes, link.trouble, link.unreported) == (1, 4096, "", 0)
    assert link.age_seconds(1005) == 1.0
    link.reconfigure(CONFIG, 2)
    tools["until"](lambda: not len(link))
    link.put(push(1), 6)
    tools["until"](lambda: len(door.pushes) == 2)
    tools["until"](lambda: link.counts()["accepted"] == 2)
    assert link.counts() == {"accepted": 2, "retried": 0, "set_aside": 0, "dropped": 0}


def test_a_new_token_makes_a_new_connection_and_keeps_the_counts(
    link: Link, door: Any, tools: Any, ways: list[Way]
) -> None:
    link.reconfigure(CONFIG, 2)
    link.put(push(0), 5)
    tools["until"](lambda: link.counts()["accepted"] == 1)
    ways.append(ways[0]._replace(token="token-2"))
    link.reconfigure(CONFIG, 2)
    link.put(push(1), 6)
    tools["until"](lambda: link.counts()["accepted"] == 2)
    assert [request["headers"]["Authorization"] for request in door.requests] == ["Bearer token-1", "Bearer token-2"]
    link.reconfigure(CONFIG, 3)
    assert door.connections == 2


def test_a_token_that_cannot_be_read_for_a_while_ends_nothing(
    tmp_path: Path, door: Any, tools: Any, heard: Any
) -> None:
    found: list[Any] = [
        ConfigErrors([Problem("TOKEN", 0, "may be read by others (mode 0644)", "run: chmod 600 TOKEN")])
    ]

    def find_way(_config: Config) -> Way:
        if isinstance(found[-1], ConfigErrors):
            raise found[-1]
        way: Way = found[-1]
        return way

    link = Link(str(tmp_path / "spool"), CONFIG, find_way, Listeners(len, len), heard)  # type: ignore[arg-type]  # nobody listens here
    with pytest.raises(ConfigErrors):
        link.reconfigure(CONFIG, 2)
    found.append(Way(door.url, None, None, None, "token-1"))
    link.reconfigure(CONFIG, 2)
    found.append(found[0])
    link.reconfigure(CONFIG._replace(spool_size_mb=1), 2)
    link.put(push(0), 5)
    tools["until"](lambda: link.counts()["accepted"] == 1)
    assert link._spool.bytes_max == 1 << 20
    assert "chmod 600 TOKEN. What was read before stays in force" in heard.text
    found.append(found[1])
    link.reconfigure(CONFIG, 2)
    assert "can be read again" in heard.text
    link.stop()


def test_new_bounds_are_taken(link: Link) -> None:
    link.reconfigure(CONFIG._replace(spool_size_mb=1, spool_age_days=0.5), 2)
    assert (link._spool.bytes_max, link._spool.age_ms_max) == (1 << 20, 43_200_000)


def test_a_push_the_wire_does_not_take_goes_without_its_inventories(link: Link, tmp_path: Path, heard: Any) -> None:
    noise = os.urandom(3_000_000).hex()
    link.put(push(0, inventories={"x": {"hash": "h", "body": noise}}, ticks=[[5, []]]), 5)
    (file,) = (tmp_path / "spool").glob("*.push")
    kept = packing.parse_json(packing.inflate(file.read_bytes()))
    assert kept["inventories"] == {}
    assert kept["ticks"] == [[5, []]]
    assert "its inventories are left out" in heard.text
