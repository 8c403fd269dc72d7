"""Events become incidents in the transaction that keeps them: through the real door, with what agents tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.outbox import noting
from wakeful_collector.read import deliveries, incidents
from wakeful_collector.store import absences, database, events
from wakeful_collector.store.changes import changing
from wakeful_wire.push import Event

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def event(at_ms: int, kind: str, **data: Any) -> dict[str, Any]:
    return {
        "id": f"{kind}-{at_ms}",
        "at": at_ms,
        "kind": kind,
        "subject": "survival",
        "data": {"incident": "a1", **data},
    }


def test_a_push_that_tells_of_a_surrender_has_its_messages_when_it_is_answered(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web = machine("web-1", tags=["prod"])
    down = event(now_ms - 9_000, "watch.down", detail="exit 1", console=["boot", "https://sshx.io/s/AbCdEf#key"])
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[down, event(now_ms, "recovery.given_up", attempts=5)])
    [found] = incidents.incidents(data).incidents
    assert (found.title, found.state) == ("survival on web-1 gave up after 5 attempts", "open")
    assert found.incident.console == ("boot", "https://sshx.io/s/AbCd...")
    [waiting] = deliveries.deliveries(data).deliveries
    assert (waiting.state, waiting.moment, waiting.incident) == ("waiting", "opened", found.incident.id)


def test_a_push_that_comes_twice_tells_once(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    web = machine("web-1")
    down = event(now_ms, "watch.down")
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[down, down])
    web.push([[now_ms + 5_000, [0.5, 1, 2, 3]]], now_ms, events=[down, event(now_ms + 5_000, "watch.up")])
    web.push([[now_ms + 9_000, [0.5, 1, 2, 3]]], now_ms, events=[down])
    [found] = incidents.incidents(data).incidents
    assert found.incident.state == "settling", "what was told before is not told again"
    assert len(found.incident.story) == 2


def test_backlog_goes_into_the_outbox_of_nobody(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web = machine("web-1")
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms)
    old = now_ms - 3_600_000
    told = [event(old, "watch.down"), event(old + 5_000, "recovery.given_up", attempts=5)]
    web.push([[old + 5_000, [0.5, 1, 2, 3]]], now_ms, events=told)
    [found] = incidents.incidents(data).incidents
    assert found.incident.late
    assert deliveries.deliveries(data).deliveries == []


def test_what_a_slow_clock_tells_at_once_without_ticks_is_not_backlog(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    slow = now_ms - 7_200_000
    web = machine("web-1")
    web.push([[slow, [0.5, 1, 2, 3]]], now_ms)
    web.push([], now_ms + 5_000, events=[event(slow + 5_000, "recovery.given_up", attempts=5)])
    [found] = incidents.incidents(data).incidents
    assert not found.incident.late
    assert len(deliveries.deliveries(data).deliveries) == 1


def test_backlog_without_ticks_is_backlog_too(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web = machine("web-1")
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms)
    web.push([], now_ms + 100, events=[event(now_ms - 3_600_000, "recovery.given_up", attempts=5)])
    [found] = incidents.incidents(data).incidents
    assert found.incident.late
    assert deliveries.deliveries(data).deliveries == []


def test_backlog_behind_a_newest_push_without_ticks_is_backlog(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web, old = machine("web-1"), now_ms - 3_600_000
    web.push([[old - 3_600_000, [0.5, 1, 2, 3]]], now_ms - 7_200_000)
    web.push([], now_ms, events=[{**event(now_ms, "agent.reloaded"), "subject": "", "data": {}}])
    told = [event(old, "watch.down"), event(old + 5_000, "recovery.given_up", attempts=5)]
    web.push([[old + 5_000, [0.5, 1, 2, 3]]], now_ms + 100, events=told)
    [found] = incidents.incidents(data).incidents
    assert found.incident.late
    assert deliveries.deliveries(data).deliveries == []


def test_what_the_collector_noted_by_its_own_clock_makes_nothing_backlog(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web, slow = machine("web-1"), now_ms - 7_200_000
    web.push([[slow, [0.5, 1, 2, 3]]], now_ms)
    with changing(data) as connection:
        noted = [Event("asked", now_ms, "command.requested", "wake", {}), Event("back", now_ms, "host.back", "", {})]
        events.add(connection, web.key, noted, now_ms)
    web.push([[slow + 9_000, [0.5, 1, 2, 3]]], now_ms, events=[event(slow + 9_000, "recovery.given_up", attempts=5)])
    [found] = incidents.incidents(data).incidents
    assert not found.incident.late


def test_an_event_from_the_future_silences_nobody_for_long(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web = machine("web-1")
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[event(now_ms + 86_400_000, "agent.reloaded")])
    later = now_ms + 60_000
    web.push([[later, [0.5, 1, 2, 3]]], later, events=[event(later, "recovery.given_up", attempts=5)])
    [found] = incidents.incidents(data).incidents
    assert not found.incident.late


def test_a_host_whose_clock_is_slow_is_not_backlog(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    slow = now_ms - 7_200_000
    web = machine("web-1")
    web.push(
        [[slow, [0.5, 1, 2, 3]]],
        now_ms,
        events=[event(slow, "watch.down"), event(slow, "recovery.given_up", attempts=5)],
    )
    assert len(deliveries.deliveries(data).deliveries) == 1


def test_the_end_before_the_beginning(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    """An agent that comes back sends the newest push first, then what waited, oldest first."""
    web = machine("web-1")
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[event(now_ms, "watch.up", seconds_down=900)])
    old = now_ms - 900_000
    web.push([[old, [0.5, 1, 2, 3]]], now_ms, events=[event(old, "watch.down", detail="exit 1")])
    [found] = incidents.incidents(data).incidents
    assert (found.state, found.incident.opened_ms, found.incident.over_ms) == ("closed", old, now_ms)


def test_old_news_of_what_fell_again_is_history(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    web = machine("web-1")
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[event(now_ms, "watch.down", incident="b")])
    old = now_ms - 900_000
    web.push([[old, [0.5, 1, 2, 3]]], now_ms, events=[event(old, "watch.down"), event(old + 5, "watch.up")])
    assert [one.state for one in incidents.incidents(data).incidents] == ["closed", "open"]


def test_a_host_under_maintenance_tells_nobody(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    web = machine("web-1")
    with changing(data) as connection:
        absences.keep(connection, absences.Absence(web.key, "maintenance", now_ms, None, False, "user:ada", ""))
    told = [event(now_ms, "watch.down"), event(now_ms, "recovery.given_up", attempts=5)]
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=told)
    assert deliveries.deliveries(data).deliveries == []
    assert incidents.incidents(data).incidents[0].incident.told_ms is None


def test_what_fails_undoes_the_message_with_the_change(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    channel("http://127.0.0.1:1/")
    key = machine("web-1").key
    told = [Event("1", now_ms, "recovery.given_up", "survival", {"incident": "a1", "attempts": 5})]

    def note_and_break() -> None:
        with changing(data) as connection:
            assert noting.note(connection, key, told, now_ms, now_ms)
            raise RuntimeError("the disk went away")

    with pytest.raises(RuntimeError):
        note_and_break()
    assert incidents.incidents(data).incidents == []
    assert deliveries.deliveries(data).deliveries == []


def test_other_events_make_none(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    key = machine("web-1").key
    told = [Event("1", now_ms, "agent.started", "", {}), Event("2", now_ms, "watch.paused", "survival", {})]
    with changing(data) as connection:
        assert noting.note(connection, key, told, now_ms, now_ms) == []
    assert database.reader(data, "state").execute("SELECT count(*) FROM incidents").fetchone()[0] == 0
    assert not noting.concerns("agent.started")


def test_a_host_gone_mad_does_not_drown_the_others(
    data: Path, machine: Callable[..., Any], channel: Callable[..., Any], now_ms: int
) -> None:
    """Thirty calls an hour, a hundred incidents that go on; another host is heard all the same."""
    channel("http://127.0.0.1:1/")
    mad, sane = machine("mad"), machine("sane")
    told = [
        {"id": str(number), "at": now_ms, "kind": "recovery.given_up", "subject": f"w{number}", "data": {"attempts": 5}}
        for number in range(150)
    ]
    mad.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=told)
    assert incidents.counts(data) == (100, 100)
    assert len(deliveries.deliveries(data, limit=500).deliveries) == 30
    sane.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[event(now_ms, "recovery.given_up", attempts=5)])
    assert len(deliveries.deliveries(data, limit=500).deliveries) == 31
    later = now_ms + 3_600_001
    told = [{**told[40], "id": "later", "at": later}]
    mad.push([[later, [0.5, 1, 2, 3]]], later, events=told)
    assert len(deliveries.deliveries(data, limit=500).deliveries) == 32, "the hour is over"
