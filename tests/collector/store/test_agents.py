from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.store import agents, database
from wakeful_wire.push import Outcome
from wakeful_wire.tuning import tuning_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def connection(data: Path) -> Iterator[sqlite3.Connection]:
    with closing(database.writer(data, "state")) as opened:
        yield opened


@pytest.fixture
def key(connection: sqlite3.Connection) -> int:
    newcomer = agents.Newcomer("web-1", "hash", "public", "machine", "0.1.0", ("prod",))
    return agents.add(connection, "abc", newcomer, 1_000)


def _agent(connection: sqlite3.Connection) -> agents.Agent:
    found = agents.by_token(connection, "hash")
    assert found is not None
    return found


def test_an_agent_is_found_by_its_token_and_its_key(connection: sqlite3.Connection, key: int) -> None:
    assert _agent(connection).id == "abc"
    assert agents.by_key(connection, key) == _agent(connection)
    assert agents.by_token(connection, "other") is None
    assert agents.by_key(connection, 99) is None


def test_a_hello_tells_name_version_and_interval(connection: sqlite3.Connection, key: int) -> None:
    hello = {"name": "db-1", "version": "0.2.0", "machine_id": "m2", "interval": 5, "config": {"hash": "abcd"}}
    agents.keep_hello(connection, key, hello, 50)
    row = agents.rows(connection, "abc")[0]
    assert (row["reported_name"], row["version"], row["machine_id"], row["interval_seconds"]) == (
        "db-1",
        "0.2.0",
        "m2",
        5.0,
    )
    assert _agent(connection).hello_config_hash == "abcd"
    agents.keep_hello(connection, key, {"name": "older"}, 49)
    assert agents.rows(connection, "abc")[0]["reported_name"] == "db-1"


@pytest.mark.parametrize(("said", "kept"), [(0, 1.0), (100_000, 3_600.0), (7, 7.0)])
def test_an_interval_is_bounded(connection: sqlite3.Connection, key: int, said: float, kept: float) -> None:
    agents.keep_hello(connection, key, {"interval": said}, 50)
    assert agents.rows(connection)[0]["interval_seconds"] == kept


@pytest.mark.parametrize(
    ("hello", "known"),
    [
        ({}, None),
        ({"config": {"hash": None}}, None),
        ({"config": {"hash": "a"}}, "a"),
        ({"config": {"hash": "a", "refused": {"hash": "b", "error": "no"}}}, "b"),
        ({"config": {"hash": "a", "refused": None}}, "a"),
        ({"config": {"refused": {"hash": 7}}}, None),
    ],
)
def test_the_configuration_an_agent_has_or_refused_is_known(hello: dict[str, object], known: str | None) -> None:
    assert agents.config_hash(hello) == known


def test_the_first_push_is_noted_once(connection: sqlite3.Connection, key: int) -> None:
    assert agents.keep_first_push(connection, key, 5)
    assert not agents.keep_first_push(connection, key, 6)
    assert _agent(connection).first_push_ms == 5


def test_the_newest_outcomes_of_meters_replace_the_older(connection: sqlite3.Connection, key: int) -> None:
    agents.keep_meters(connection, key, {"cpu": Outcome("ok", "", 0.1), "smart": Outcome("failed", "no", 0.2)}, 20)
    agents.keep_meters(connection, key, {"cpu": Outcome("failed", "late", 0.1)}, 10)
    assert [(row["meter"], row["outcome"]) for row in agents.meter_rows(connection, key)] == [
        ("cpu", "ok"),
        ("smart", "failed"),
    ]
    agents.keep_meters(connection, key, {"cpu": Outcome("ok", "", 0.1)}, 30)
    assert [row["meter"] for row in agents.meter_rows(connection)] == ["cpu"]
    agents.forget_meters(connection, key)
    assert agents.meter_rows(connection, key) == []


def test_what_people_ask_of_a_host_is_kept(connection: sqlite3.Connection, key: int) -> None:
    assert agents.rename(connection, "abc", "Ada's")
    assert agents.set_tags(connection, "abc", ["b", "a", "b"])
    assert agents.set_tuning(connection, "abc", {"interval": 30})
    assert agents.set_live(connection, "abc", 5_000)
    assert agents.set_live(connection, "abc", 4_000)
    row = agents.rows(connection, "abc")[0]
    assert (row["given_name"], row["tags"], row["live_until_ms"]) == ("Ada's", '["a","b"]', 5_000)
    assert _agent(connection).tuning == {"interval": 30}
    assert _agent(connection).tuning_hash == tuning_hash({"interval": 30})
    agents.set_tuning(connection, "abc", None)
    agents.rename(connection, "abc", "")
    assert _agent(connection).tuning is None
    assert agents.rows(connection, "abc")[0]["given_name"] is None


def test_nobody_can_be_asked_who_is_not_there(connection: sqlite3.Connection) -> None:
    assert not agents.rename(connection, "nobody", "x")
    assert not agents.set_tags(connection, "nobody", [])
    assert not agents.set_tuning(connection, "nobody", None)
    assert not agents.set_live(connection, "nobody", 1)
    assert not agents.forget(connection, "nobody", 1)


def test_a_forgotten_host_is_gone_with_its_twins_and_its_token(connection: sqlite3.Connection, key: int) -> None:
    twin_key, twin_id = agents.add_twin(connection, key, 2_000)
    assert (twin_id, agents.twins(connection, "abc"), agents.twin_keys(connection, "abc")) == (
        "abc-2",
        ("abc-2",),
        [twin_key],
    )
    assert agents.forget(connection, "abc", 3_000)
    assert agents.by_token(connection, "hash") is None
    assert agents.rows(connection) == []
    assert agents.forgotten_keys(connection) == [key, twin_key]


def test_a_run_of_a_twin_is_known_by_its_agent(connection: sqlite3.Connection, key: int) -> None:
    twin_key, _ = agents.add_twin(connection, key, 2_000)
    agents.keep_twin_run(connection, key, "run-2", twin_key)
    assert _agent(connection).twin_runs == {"run-2": twin_key}


def test_unames_are_read_of_hosts_that_told_one(connection: sqlite3.Connection, key: int) -> None:
    assert agents.unames(connection) == []
    agents.keep_hello(connection, key, {"uname": {"release": "6.1"}}, 50)
    assert agents.unames(connection) == [(key, '{"release":"6.1"}')]


def test_a_row_by_its_key(connection: sqlite3.Connection, key: int) -> None:
    row = agents.row(connection, key)
    assert row is not None
    assert row["id"] == "abc"
    assert agents.forget(connection, "abc", 3_000)
    assert agents.row(connection, key) is None
