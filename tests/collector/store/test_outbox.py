"""The outbox: one message a moment, one delivery a channel, claimed by one, never lost and never without bound."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from wakeful_collector.model.delivery import Attempt, Next
from wakeful_collector.store import database, outbox
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    import pytest

T = 1_795_000_000_000


def put(connection: sqlite3.Connection, moment: str = "opened", channel: str = "ch_1", due_ms: int = T) -> str | None:
    outbox.add(connection, f"inc_1.{moment}", "inc_1", moment, {"moment": moment}, T)
    return outbox.address(connection, f"inc_1.{moment}", channel, channel.upper(), T, due_ms)


def due(connection: sqlite3.Connection, now_ms: int = T) -> list[str]:
    return [one.id for one in outbox.due(connection, now_ms, 9)]


def test_a_message_is_put_once_for_each_channel(data: Path) -> None:
    with changing(data) as connection:
        assert put(connection) == "inc_1.opened.ch_1"
        assert put(connection) is None
        assert put(connection, channel="ch_2") == "inc_1.opened.ch_2"
        assert due(connection) == ["inc_1.opened.ch_1", "inc_1.opened.ch_2"]
        assert outbox.document(connection, "inc_1.opened") == {"moment": "opened"}
        assert outbox.document(connection, "none") is None
        assert outbox.by_id(connection, "none") is None
        assert outbox.counts(connection) == {"waiting": 2}


def test_a_claim_has_one_owner_and_an_end(data: Path) -> None:
    with changing(data) as connection:
        put(connection)
        assert outbox.claim(connection, "inc_1.opened.ch_1", "one", T, T + 45_000)
        assert not outbox.claim(connection, "inc_1.opened.ch_1", "two", T, T + 45_000)
        assert due(connection, T + 44_999) == []
        assert due(connection, T + 45_000) == ["inc_1.opened.ch_1"], "its owner was killed"
        assert outbox.claim(connection, "inc_1.opened.ch_1", "two", T + 45_000, T + 90_000)
        held = outbox.by_id(connection, "inc_1.opened.ch_1")
        assert held is not None
        taken = (held, Attempt("delivered"), Next("delivered", T), T)
        assert not outbox.settle(connection, held, "one", *taken[1:])
        assert outbox.settle(connection, held, "two", *taken[1:])
        found = outbox.by_id(connection, "inc_1.opened.ch_1")
        assert found is not None
        assert (found.state, found.tries, found.ended_ms, found.log[-1]["outcome"]) == ("delivered", 2, T, "delivered")


def test_a_clock_that_is_set_back_holds_nothing_up(data: Path) -> None:
    year_ms = 365 * 86_400_000
    with changing(data) as connection:
        put(connection)
        assert outbox.claim(connection, "inc_1.opened.ch_1", "killed", T, T + 45_000)
        assert due(connection, T - year_ms) == ["inc_1.opened.ch_1"]
        assert outbox.claim(connection, "inc_1.opened.ch_1", "two", T - year_ms, T - year_ms + 45_000)
        assert due(connection, T - year_ms + 1) == []
        held = outbox.by_id(connection, "inc_1.opened.ch_1")
        assert held is not None
        later = Next("waiting", T - year_ms + 3_600_000)
        assert outbox.settle(connection, held, "two", Attempt("failed"), later, T - year_ms + 2)
        assert due(connection, T - year_ms + 3) == [], "an hour is a wait as others are"
        assert due(connection, T - 2 * year_ms) == ["inc_1.opened.ch_1"]


def test_of_many_who_claim_at_once_one_wins(data: Path) -> None:
    with changing(data) as connection:
        put(connection)
    won: list[int] = []
    gate = threading.Barrier(6)

    def claim(number: int) -> None:
        with closing(database.writer(data, "state")) as connection:
            gate.wait()
            with database.transaction(connection):
                if outbox.claim(connection, "inc_1.opened.ch_1", str(number), T, T + 45_000):
                    won.append(number)

    threads = [threading.Thread(target=claim, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_the_end_waits_for_the_beginning(data: Path) -> None:
    with changing(data) as connection:
        put(connection, due_ms=T + 60_000)
        put(connection, "closed")
        put(connection, "closed", "ch_2")
        assert due(connection) == ["inc_1.closed.ch_2"]
        assert outbox.supersede(connection, "inc_1", "opened", ["ch_1"], T) == 1
        assert due(connection) == ["inc_1.closed.ch_1", "inc_1.closed.ch_2"]


def test_a_failure_waits_and_is_logged_within_bounds(data: Path) -> None:
    with changing(data) as connection:
        put(connection)
        for at in range(20):
            assert outbox.claim(connection, "inc_1.opened.ch_1", "one", T + at, T + 45_000)
            held = outbox.by_id(connection, "inc_1.opened.ch_1")
            assert held is not None
            assert outbox.settle(
                connection, held, "one", Attempt("failed", f"no {at}"), Next("waiting", T + at), T + at
            )
        found = outbox.by_id(connection, "inc_1.opened.ch_1")
        assert found is not None
        assert (found.state, found.error, found.tries, len(found.log), found.ended_ms) == (
            "waiting",
            "no 19",
            20,
            12,
            None,
        )


def test_what_was_given_up_can_begin_anew(data: Path) -> None:
    with changing(data) as connection:
        put(connection)
        outbox.claim(connection, "inc_1.opened.ch_1", "one", T, T + 45_000)
        assert not outbox.retry(connection, "inc_1.opened.ch_1", T), "it is on its way"
        held = outbox.by_id(connection, "inc_1.opened.ch_1")
        assert held is not None
        outbox.settle(connection, held, "one", Attempt("refused", "410"), Next("dead", T), T)
        assert outbox.retry(connection, "inc_1.opened.ch_1", T + 9)
        found = outbox.by_id(connection, "inc_1.opened.ch_1")
        assert found is not None
        assert (found.state, found.attempts, found.tries, found.made_ms, found.error) == ("waiting", 0, 1, T + 9, "")


def test_a_channel_has_so_many_that_wait_and_no_more(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "WAITING_MAX", 2)
    with changing(data) as connection:
        for number in range(3):
            outbox.add(connection, f"m{number}", f"inc_{number}", "opened", {}, T)
            outbox.address(connection, f"m{number}", "ch_1", "phone", T, T)
        rows = outbox.page(connection, "dead", "ch_1", None, None, 9)
        assert [(one.id, one.error) for one in rows] == [("m0.ch_1", "more than 2 messages wait for this channel")]
        assert outbox.drop_channel(connection, "ch_1", T) == 2


def test_pages(data: Path) -> None:
    with changing(data) as connection:
        put(connection)
        put(connection, channel="ch_2")
        put(connection, "closed", "ch_2")

        def ids(*asked: Any) -> list[int]:
            return [one.seq for one in outbox.page(connection, *asked)]

        assert ids(None, None, None, None, 2) == [3, 2]
        assert ids(None, None, None, 2, 9) == [1]
        assert ids("waiting", "ch_2", "inc_1", None, 9) == [3, 2]
        assert ids("dead", None, None, None, 9) == []


def test_what_is_old_goes_what_waits_stays(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with changing(data) as connection:
        put(connection)
        put(connection, "closed")
        outbox.supersede(connection, "inc_1", "opened", ["ch_1"], T)
        assert outbox.prune(connection, T) == 0
        assert outbox.prune(connection, T + 1) == 2, "a delivery and its message"
        monkeypatch.setattr(outbox, "KEPT_MAX", 0)
        assert outbox.prune(connection, T) == 0
        assert due(connection) == ["inc_1.closed.ch_1"]


def test_which_others_are_due_for_the_same_channel_and_moment(data: Path) -> None:
    with changing(data) as connection:
        for number in range(3):
            outbox.add(connection, f"m{number}", f"inc_{number}", "opened", {}, T)
            outbox.address(connection, f"m{number}", "ch_1", "phone", T, T + number)
        outbox.address(connection, "m1", "ch_2", "mail", T, T)
        outbox.add(connection, "over", "inc_9", "closed", {}, T)
        outbox.address(connection, "over", "ch_1", "phone", T, T)
        first = outbox.due(connection, T, 1)[0]
        assert [one.id for one in outbox.alike(connection, first, T + 1, 9)] == ["m1.ch_1"]
        assert [one.id for one in outbox.alike(connection, first, T + 2, 9)] == ["m1.ch_1", "m2.ch_1"]
        assert [one.id for one in outbox.alike(connection, first, T + 2, 1)] == ["m1.ch_1"]
