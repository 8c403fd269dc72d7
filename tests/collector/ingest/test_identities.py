from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from wakeful_collector.enrolment import hash_token
from wakeful_collector.ingest import identities
from wakeful_collector.ingest.identities import Identities
from wakeful_collector.store import agents, database

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_a_change_holds_from_the_next_look_up_on(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    enrolled = machine()
    known = Identities(data)
    found = known.by_token(enrolled.token)
    assert found is not None
    assert found.id == enrolled.id
    assert known.by_token(enrolled.token) is found
    with closing(database.writer(data, "state")) as connection:
        agents.set_live(connection, enrolled.id, 77)
    changed = known.by_token(enrolled.token)
    assert changed is not None
    assert changed.live_until_ms == 77


def test_an_unknown_token_is_remembered_until_something_changes(data: Path, now_ms: int) -> None:
    known = Identities(data)
    assert known.by_token("wk_agt_new") is None
    with closing(database.writer(data, "state")) as connection:
        agents.add(connection, "a", agents.Newcomer("x", hash_token("wk_agt_new")), now_ms)
    assert known.by_token("wk_agt_new") is not None


def test_memory_is_bounded(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identities, "_REMEMBERED_MAX", 5)
    known = Identities(data)
    for number in range(20):
        assert known.by_token(f"wk_agt_{number}") is None
    assert len(known._known) <= 5


def test_what_was_read_before_a_change_is_not_remembered_after_it(data: Path) -> None:
    known = Identities(data)
    known.by_token("wk_agt_1")
    known._remember(b"stale", None, known._generation - 1)
    assert b"stale" not in known._known
