"""The machines of the gateway: kept as they are, one default, and what goes with one that is removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.store import (
    database,
    gateway_answers,
    gateway_history,
    gateway_host_keys,
    gateway_leases,
    gateway_machines,
    gateway_states,
)
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer
from wakeful_collector.store.gateway_host_keys import HostKey
from wakeful_collector.store.gateway_states import Asked

from . import gateway_rows

if TYPE_CHECKING:
    from pathlib import Path


def test_a_machine_is_kept_and_changed(data: Path) -> None:
    with changing_gateway(data) as connection:
        row = gateway_rows.machine(connection, policy={"a": [1, "x"]}, host="h-1", sealed="v1.x")
        assert gateway_machines.by_name(connection, "box") == row
        changed = gateway_rows.machine(connection, url="https://other:2", made_ms=99, changed_ms=7)
        found = gateway_machines.by_name(connection, "box")
        assert found is not None
        assert (found.url, found.host, found.made_ms, found.changed_ms) == ("https://other:2", None, 1, 7)
        assert changed.made_ms == 99, "when it was made stays what it was"
        assert gateway_machines.by_name(connection, "other") is None


def test_only_one_machine_is_the_default(data: Path) -> None:
    with changing_gateway(data) as connection:
        assert gateway_machines.default_name(connection) is None
        gateway_rows.machine(connection, "b")
        assert gateway_machines.default_name(connection) == "b", "the only one there is"
        gateway_rows.machine(connection, "a")
        assert gateway_machines.default_name(connection) is None, "nobody said which"
        gateway_rows.machine(connection, "a", is_default=True)
        assert gateway_machines.default_name(connection) == "a"
        gateway_rows.machine(connection, "b", is_default=True)
        assert [(one.name, one.is_default) for one in gateway_machines.all_of(connection)] == [
            ("a", False),
            ("b", True),
        ]
        gateway_rows.machine(connection, "b", is_default=True)
        assert gateway_machines.default_name(connection) == "b"


def test_what_a_removed_machine_had_goes_and_its_history_stays(data: Path) -> None:
    with changing_gateway(data) as connection:
        gateway_rows.machine(connection)
        gateway_rows.machine(connection, "other")
        gateway_states.ask(connection, "box", Asked("wake", "x", 1))
        gateway_states.add_turn(connection, gateway_states.Turn("box", 1, "asleep", "waking", "x", "y"))
        gateway_rows.lease(connection, "one")
        gateway_rows.lease(connection, "two", machine="other")
        gateway_leases.note_served(connection, "box", {"key:a": 1})
        gateway_answers.keep(connection, Answer("box", "/api/tags", 200, "application/json", b"{}", 1))
        gateway_host_keys.pin(connection, HostKey("box", "ssh-ed25519", "AAAA", "SHA256:x", 1))
        gateway_history.add(connection, gateway_rows.request())
        assert gateway_machines.remove(connection, "box")
        assert not gateway_machines.remove(connection, "box")
    reader = database.reader(data, "gateway")
    counts = {
        table: reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        for table in ("states", "leases", "served", "answers", "host_keys", "requests", "turns")
    }
    assert counts == {
        "states": 0,
        "leases": 1,
        "served": 0,
        "answers": 0,
        "host_keys": 0,
        "requests": 1,
        "turns": 1,
    }
