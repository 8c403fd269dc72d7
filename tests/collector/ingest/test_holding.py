"""Answers held back for agents in live mode: let go at a command, or after a moment, and never for anybody else."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock, commands
from wakeful_collector.commands import Wish
from wakeful_collector.ingest import holding, rhythm
from wakeful_collector.ingest.holding import Holding
from wakeful_collector.ingest.rhythm import CALM_MS, MARGIN_MS, SECOND_MS
from wakeful_collector.store import agents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.ingest.door import Door

HELD_SECONDS = (SECOND_MS - MARGIN_MS) / 1000
"""How long an answer is held when the push came in time."""


class Live:
    """An agent in live mode that may be asked for `wake`, and how long its pushes take to be answered."""

    def __init__(self, pusher: Any, data: Path) -> None:
        self.pusher = pusher
        self.data = data
        self.sequence = 1
        self.now_ms = clock.now_ms()
        self.push(hello={"name": "web-1", "actions": [{"name": "wake"}]})
        with changing(data) as connection:
            agents.set_live(connection, pusher.id, self.now_ms + 600_000)
        self.push()
        self.now_ms += CALM_MS  # so long it might have had more to say

    def push(self, sequence: int | None = None, **more: Any) -> tuple[dict[str, Any], float]:
        """Push and return the answer, and the seconds it took."""
        self.now_ms += 1
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        document = self.pusher.document(sequence, [[self.now_ms, [1, 2]]], **more)
        began = time.monotonic()
        reply = self.pusher.send(document, self.now_ms)
        assert reply.status == 200
        return json.loads(reply.body), time.monotonic() - began

    def ask(self) -> str:
        """Ask it for something and return the command's id."""
        with changing(self.data) as connection:
            wish = Wish(self.pusher.id, "wake", {}, "user:ada")
            return commands.ask(connection, wish, clock.now_ms()).command.id


@pytest.fixture
def live(pusher: Any, data: Path) -> Live:
    return Live(pusher, data)


def test_a_command_leaves_at_once_with_the_answer_that_is_held(live: Live) -> None:
    asked: list[tuple[str, float]] = []

    def ask() -> None:
        time.sleep(0.2)
        asked.append((live.ask(), time.monotonic()))

    asking = threading.Thread(target=ask)
    asking.start()
    answer, _ = live.push()
    answered = time.monotonic()
    asking.join()
    assert [one["id"] for one in answer["commands"]] == [asked[0][0]]
    assert answered - asked[0][1] < 0.6
    assert answer["live"] > live.now_ms


def test_nothing_asked_costs_a_moment_and_no_more(live: Live) -> None:
    answer, seconds = live.push()
    assert "commands" not in answer
    assert HELD_SECONDS * 0.9 <= seconds < HELD_SECONDS + 5


def test_a_command_that_waits_already_is_not_held_nor_is_what_follows_until_its_result(live: Live) -> None:
    command_id = live.ask()
    answer, seconds = live.push()
    assert [one["id"] for one in answer["commands"]] == [command_id]
    assert seconds < HELD_SECONDS * 0.9
    assert live.push()[1] < HELD_SECONDS * 0.9, "its result is on the way"
    assert live.push(results=[{"command": command_id, "state": "done"}])[1] >= HELD_SECONDS * 0.9
    told = {"id": "e1", "at": live.now_ms, "kind": "watch.down", "subject": "survival"}
    assert live.push(events=[told])[1] < HELD_SECONDS * 0.9, "who has something to tell may have more"


def test_a_push_that_waited_is_answered_before_the_next_is_due(live: Live) -> None:
    live.push()
    live.now_ms += 700
    late = live.pusher.document(live.sequence + 1, [[live.now_ms - 700, [1, 2]]])
    began = time.monotonic()
    assert live.pusher.send(late, live.now_ms).status == 200
    assert HELD_SECONDS - 0.75 <= time.monotonic() - began < HELD_SECONDS * 0.95


def test_while_a_long_command_is_under_way_another_leaves_at_once(live: Live) -> None:
    first = live.ask()
    assert [one["id"] for one in live.push()[0]["commands"]] == [first]
    with changing(live.data) as connection:
        connection.execute("UPDATE commands SET delivered_ms = delivered_ms - 10000")
    asking = threading.Timer(0.2, live.ask)
    asking.start()
    answer, seconds = live.push()
    asking.join()
    assert len(answer["commands"]) == 1
    assert answer["commands"][0]["id"] != first
    assert 0.15 <= seconds < HELD_SECONDS * 0.9


def test_the_answer_that_was_lost_is_given_again_and_a_result_ends_that(live: Live) -> None:
    command_id = live.ask()
    first, _ = live.push(sequence=50)
    live.now_ms -= 1
    again, _ = live.push(sequence=50)
    assert [one["id"] for one in first["commands"]] == [one["id"] for one in again["commands"]] == [command_id]
    assert "commands" not in live.push(sequence=51)[0]
    live.push(sequence=52, results=[{"command": command_id, "state": "done"}])
    live.now_ms -= 3
    assert "commands" not in live.push(sequence=50)[0], "never twice after a result"


def test_a_backlog_is_not_held_up(live: Live) -> None:
    live.push(sequence=100)
    for sequence in (40, 41, 42):
        assert live.push(sequence=sequence)[1] < HELD_SECONDS * 0.9
    live.now_ms += CALM_MS - 10
    assert live.push(sequence=101)[1] < HELD_SECONDS * 0.9, "more may wait"
    live.now_ms += CALM_MS
    assert live.push(sequence=102)[1] >= HELD_SECONDS * 0.8


def test_what_waits_in_a_spool_is_let_through_after_a_new_start_of_the_collector(live: Live) -> None:
    live.pusher.door._holding._rhythms.clear()
    assert live.push()[1] < HELD_SECONDS * 0.9
    assert live.push()[1] < HELD_SECONDS * 0.9


def test_who_is_not_live_or_may_be_asked_nothing_is_answered_at_once(pusher: Any, data: Path) -> None:
    now_ms = clock.now_ms()
    hello = {"name": "web-1", "actions": [{"name": "wake"}]}
    began = time.monotonic()
    assert pusher.send(pusher.document(1, [[now_ms, [1, 2]]], hello=hello), now_ms).status == 200
    assert pusher.send(pusher.document(2, [[now_ms + 1, [1, 2]]]), now_ms).status == 200
    with changing(data) as connection:
        agents.set_live(connection, pusher.id, now_ms + 600_000)
        connection.execute("UPDATE agents SET hello = '{}'")
    assert pusher.send(pusher.document(3, [[now_ms + 2, [1, 2]]]), now_ms).status == 200
    assert time.monotonic() - began < 2 * HELD_SECONDS


def test_few_threads_wait_and_the_others_are_answered_at_once(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "THREADS_MAX", 0)
    assert live.push()[1] < HELD_SECONDS * 0.9
    monkeypatch.setattr(holding, "THREADS_MAX", 4)
    monkeypatch.setattr(holding, "HELD_MAX", 0)
    assert live.push()[1] < HELD_SECONDS * 0.9


def test_closing_answers_what_is_held(live: Live, door: Door) -> None:
    closing = threading.Timer(0.1, door._holding.close)
    closing.start()
    assert live.push()[1] < HELD_SECONDS * 0.9
    closing.join()
    assert live.push()[1] < HELD_SECONDS * 0.9


def test_a_store_that_cannot_be_asked_holds_nobody_longer(
    live: Live, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: Any) -> Any:
        raise OSError("the disk went away")

    monkeypatch.setattr(holding, "hosts_asked", broken)
    assert live.push()[1] < HELD_SECONDS * 0.9
    assert "the disk went away" in caplog.text


def test_an_answer_that_fails_ends_nothing(live: Live, caplog: pytest.LogCaptureFixture) -> None:
    door = live.pusher.door

    def gone(_: Any) -> None:
        raise OSError("the client left")

    agent = door.authenticate(f"Bearer {live.pusher.token}", live.now_ms)
    body = json.dumps(live.pusher.document(live.sequence + 1, [[live.now_ms + 5, [1, 2]]])).encode()
    taken = door.admit(agent, body, "", live.now_ms, gone)
    door.submit([taken])
    time.sleep(HELD_SECONDS + 0.3)
    assert "the client left" in caplog.text
    assert live.push(sequence=live.sequence + 2)[1] >= HELD_SECONDS * 0.9


def test_runs_are_remembered_within_bounds(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holding, "_RUNS_MAX", 3)
    known = live.pusher.door._holding._rhythms
    known.update({(number, "run"): rhythm.heard(None, 5, None, 0) for number in range(5)})
    live.push()
    assert len(known) == 1


def test_closing_what_held_nothing_is_quick(data: Path) -> None:
    began = time.monotonic()
    Holding(data).close()
    assert time.monotonic() - began < 5


def test_a_process_that_was_forked_holds_by_itself(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    live.push()
    live.pusher.door._holding._process = -1
    assert live.push()[1] >= HELD_SECONDS * 0.9
