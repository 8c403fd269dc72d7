"""One message an incident and moment, one delivery a channel that wants it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.channel import Quiet
from wakeful_collector.model.incident import Incident
from wakeful_collector.outbox import telling
from wakeful_collector.store import channels, database, outbox
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from sqlite3 import Connection

T = 1_795_000_000_000
ONE = Incident("inc_1", 1, "watch", "survival", "a1", "open", T, T, T, cause="is down")


@pytest.fixture
def state(data: Path) -> Iterator[Connection]:
    with closing(database.writer(data, "state")) as connection:
        yield connection


def test_who_wants_it_gets_it_once(state: Connection, machine: Callable[..., Any], channel: Callable[..., Any]) -> None:
    web = machine("web-1", tags=["prod"])
    incident = replace(ONE, host_key=web.key)
    wanting = [channel("http://a/"), channel("http://b/", hosts=("web-*",)), channel("http://c/", hosts=(web.id,))]
    channel("http://d/", tags=("lab",))
    channel("http://e/", kinds=("host",))
    off = channel("http://f/")
    channels.keep(state, replace(off, enabled=False))
    assert telling.tell(state, incident, "opened", T) == [f"inc_1.opened.{one.id}" for one in wanting]
    assert telling.tell(state, incident, "opened", T) == []
    document = outbox.document(state, "inc_1.opened")
    assert document is not None
    assert document["incident"]["host"] == {"id": web.id, "name": "web-1", "tags": ["prod"]}


def test_without_channels_nothing_is_put(state: Connection) -> None:
    assert telling.tell(state, ONE, "opened", T) == []
    assert outbox.document(state, "inc_1.opened") is None


def test_the_end_makes_a_beginning_needless_that_still_waits(state: Connection, channel: Callable[..., Any]) -> None:
    channel("http://a/")
    only_beginnings = channel("http://b/", moments=("opened",))
    telling.tell(state, ONE, "opened", T)
    telling.tell(state, replace(ONE, state="closed"), "closed", T + 5)
    found = {one.id: one.state for one in outbox.page(state, None, None, None, None, 9)}
    assert found == {
        "inc_1.opened.ch_1": "superseded",
        "inc_1.closed.ch_1": "waiting",
        f"inc_1.opened.{only_beginnings.id}": "waiting",
    }


def test_quiet_hours_are_waited_out(state: Connection, channel: Callable[..., Any]) -> None:
    channel("http://a/", quiet=Quiet("11:00", "12:00", "UTC"))  # it is 11:06:40
    telling.tell(state, ONE, "opened", T)
    assert outbox.due(state, T + 3_199_000, 9) == []
    assert len(outbox.due(state, T + 3_200_000, 9)) == 1


def test_hours_that_are_no_longer_understood_swallow_nothing(
    state: Connection, channel: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    channel("http://a/", quiet=Quiet("11:00", "12:00", "Gone/Zone"))
    telling.tell(state, ONE, "opened", T)
    assert len(outbox.due(state, T, 9)) == 1
    assert "Gone/Zone" in caplog.text


def test_a_host_that_was_forgotten_has_no_name(state: Connection, channel: Callable[..., Any]) -> None:
    channel("http://a/")
    telling.tell(state, replace(ONE, host_key=99), "opened", T)
    document = outbox.document(state, "inc_1.opened")
    assert document is not None
    assert document["incident"]["host"]["name"] == "a host that was forgotten"


def test_tests_are_messages_too(data: Path, channel: Callable[..., Any]) -> None:
    one = channel("http://a/")
    with changing(data) as connection:
        assert telling.test(connection, one, "test_1", T) == "test_1.ch_1"
        assert telling.test(connection, one, "test_1", T) == "test_1.ch_1"
        assert [each.moment for each in outbox.due(connection, T, 9)] == ["test"]
