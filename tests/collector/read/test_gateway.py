"""Questions about machines, their states, answers, host keys and limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.store_errors import DatabaseMissing
from wakeful_collector.read import gateway
from wakeful_collector.store import (
    gateway_answers,
    gateway_host_keys,
    gateway_limits,
    gateway_machines,
    gateway_states,
)
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer
from wakeful_collector.store.gateway_host_keys import HostKey
from wakeful_collector.store.gateway_limits import Limit
from wakeful_collector.store.gateway_machines import MachineRow

if TYPE_CHECKING:
    from pathlib import Path

BOX = MachineRow("box", "http://h:1", None, True, {}, "", 1, 1)


def test_what_is_kept_is_found(data: Path) -> None:
    answer, key = (
        Answer("box", "/", 200, "text/plain", b"Ollama is running", 5),
        HostKey("box", "k", "A", "SHA256:a", 1),
    )
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, BOX)
        gateway_states.keep(connection, "box", "awake", 5, "why", {})
        gateway_answers.keep(connection, answer)
        gateway_host_keys.pin(connection, key)
        gateway_limits.keep(connection, Limit("key:a", 2))
    assert (gateway.machines(data), gateway.machine(data, "box"), gateway.default_name(data)) == ([BOX], BOX, "box")
    state = gateway.state(data, "box")
    assert state is not None
    assert gateway.states(data) == {"box": state}
    assert (state.state, state.since_ms) == ("awake", 5)
    assert gateway.answer(data, "box", "/") == answer
    assert gateway.host_keys(data, "box") == [key]
    assert gateway.limits(data) == [Limit("key:a", 2)]
    assert gateway.limit(data, "key:a").concurrency == 2


def test_what_is_not_there_is_none(data: Path) -> None:
    assert (gateway.machines(data), gateway.states(data), gateway.limits(data)) == ([], {}, [])
    assert (gateway.machine(data, "x"), gateway.state(data, "x"), gateway.default_name(data)) == (None, None, None)
    assert (gateway.answer(data, "x", "/"), gateway.host_keys(data, "x")) == (None, [])
    assert gateway.limit(data, "key:a") == Limit("key:a")


def test_no_database_is_said_in_our_words(tmp_path: Path) -> None:
    with pytest.raises(DatabaseMissing):
        gateway.machines(tmp_path)
