"""Handing out: whatever is lost on the way and however many processes answer, nothing is handed out beyond need."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING, Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from wakeful_collector import commands
from wakeful_collector.commands import handing
from wakeful_collector.model.command import PATIENCE_SECONDS, Command, CommandState, is_over
from wakeful_collector.store import commands as table
from wakeful_collector.store import events, migrations
from wakeful_collector.store.audit import MIGRATIONS as AUDIT
from wakeful_collector.store.changes import changing
from wakeful_wire.answer import parse_answer
from wakeful_wire.push import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest


def test_what_is_handed_out_is_what_an_agent_reads(
    data: Path, host: Any, asked: Callable[..., Any], now_ms: int
) -> None:
    command = asked("restart-web", {"unit": "nginx"}).command
    with changing(data) as connection:
        handed = commands.hand_out(connection, host.key, "run-1", 4, now_ms)
    (read,) = parse_answer({"sequence": 4, "commands": handed.commands, "live": handed.live_until_ms}, 4).commands
    assert read == (command.id, "restart-web", {"unit": "nginx"}, command.expires_ms)
    assert (handed.live_until_ms, handed.awaited) == (now_ms + 60_000, True)
    with changing(data) as connection:
        assert commands.hand_out(connection, host.key, "run-1", 5, now_ms) == ([], 0, True)
        later = commands.hand_out(connection, host.key, "run-1", 6, now_ms + 2_000)
        assert later == ([], 0, False), "it takes long: no reason not to hear of others"
        assert commands.hand_out(connection, 999, "run-1", 5, now_ms) == commands.NOTHING


def test_what_is_too_much_for_one_answer_goes_with_the_next(
    data: Path, host: Any, asked: Callable[..., Any], now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing, "AT_ONCE_MAX", 2)
    ids = [asked().command.id for _ in range(3)]
    with changing(data) as connection:
        first = commands.hand_out(connection, host.key, "run-1", 4, now_ms).commands
        second = commands.hand_out(connection, host.key, "run-1", 5, now_ms).commands
    assert [one["id"] for one in first + second] == ids


def test_many_who_answer_at_once_hand_a_command_out_once(
    data: Path, host: Any, asked: Callable[..., Any], now_ms: int
) -> None:
    ids = {asked().command.id for _ in range(5)}
    found: list[str] = []
    together = threading.Barrier(6)

    def answer(sequence: int) -> None:
        together.wait()
        with changing(data) as connection:
            handed = commands.hand_out(connection, host.key, "run-1", sequence, now_ms)
        found.extend(one["id"] for one in handed.commands)

    threads = [threading.Thread(target=answer, args=(sequence,)) for sequence in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(ids)


class Traffic(RuleBasedStateMachine):
    """An agent that restarts, loses answers and answers late, and a collector that asks, expires and takes back."""

    def __init__(self) -> None:
        super().__init__()
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        for family in (table.MIGRATIONS, events.MIGRATIONS, AUDIT):
            for _, script in family:
                for statement in migrations.statements(script):
                    self.connection.execute(statement)
        self.now_ms = 1_000
        self.asked = 0
        self.run_number = 0
        self.sequence = 0
        self.unanswered: list[tuple[str, int]] = []
        self.heard: dict[str, set[str]] = {}
        self.ends: dict[str, str] = {}
        self.ran: list[str] = []

    def all(self) -> list[Command]:
        return [one for _, one in table.page(self.connection, 1_000)]

    @rule(lifetime_ms=st.integers(1, 5_000))
    def ask(self, lifetime_ms: int) -> None:
        self.asked += 1
        expires_ms = self.now_ms + lifetime_ms
        one = Command(f"cmd-{self.asked}", 1, "wake", {}, "changes", "user:ada", self.now_ms, expires_ms)
        table.add(self.connection, one)

    @rule(step_ms=st.integers(1, 3_000))
    def wait(self, step_ms: int) -> None:
        self.now_ms += step_ms

    @rule()
    def wait_long(self) -> None:
        self.now_ms += PATIENCE_SECONDS * 1000

    @rule(lost=st.booleans())
    def push(self, lost: bool) -> None:
        self.sequence += 1
        self.send(f"run-{self.run_number}", self.sequence, lost)

    @precondition(lambda self: self.unanswered)
    @rule(lost=st.booleans())
    def push_again(self, lost: bool) -> None:
        run, sequence = self.unanswered.pop(0)
        self.send(run, sequence, lost)

    @rule()
    def restart(self) -> None:
        self.run_number += 1
        self.sequence = 0

    @precondition(lambda self: self.ran)
    @rule(state=st.sampled_from(["done", "failed", "refused", "expired"]), data=st.data())
    def tell(self, state: str, data: st.DataObject) -> None:
        command_id = data.draw(st.sampled_from(self.ran))
        before = table.one(self.connection, command_id)
        commands.take_results(self.connection, 1, "web-1", [Result(command_id, state, {})], self.now_ms)
        after = table.one(self.connection, command_id)
        assert before is not None
        assert after is not None
        if before.answered or before.state not in {CommandState.DELIVERED, CommandState.EXPIRED}:
            assert after == before, "the first word counts"
        else:
            assert (after.state, after.answered) == (state, True), "the agent's word counts"

    @rule()
    def another_tells(self) -> None:
        for one in self.all():
            assert commands.take_results(self.connection, 2, "evil", [Result(one.id, "done", {})], self.now_ms) == 0

    @rule()
    def expire(self) -> None:
        for one in table.all_open(self.connection):
            if is_over(one, self.now_ms):
                assert table.finish(self.connection, one, CommandState.EXPIRED, {}, self.now_ms)

    def send(self, run: str, sequence: int, lost: bool) -> None:
        handed = commands.hand_out(self.connection, 1, run, sequence, self.now_ms).commands
        for document in handed:
            assert self.now_ms < document["expires"]
        if lost:
            self.unanswered.append((run, sequence))
            return
        for document in handed:
            heard = self.heard.setdefault(run, set())
            again = document["id"] in heard
            assert not again or (run, sequence) in self.unanswered, "twice in one run, and nothing was lost"
            heard.add(document["id"])
            if document["id"] not in self.ran:
                self.ran.append(document["id"])

    @invariant()
    def ends_stay(self) -> None:
        for one in self.all():
            if one.id in self.ends and one.state != self.ends[one.id]:
                assert self.ends[one.id] == "expired"
                assert one.late
            if not one.is_open:
                self.ends[one.id] = one.state.value
            assert (one.finished_ms is None) == one.is_open

    def teardown(self) -> None:
        self.connection.close()


TestTraffic = Traffic.TestCase
TestTraffic.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
