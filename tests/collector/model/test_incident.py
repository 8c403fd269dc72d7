"""Incidents: opened, going on, settling, over; one message for one of them, none for backlog and for what healed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from wakeful_collector.model import incident as shapes
from wakeful_collector.model.incident import (
    CLOSED,
    HEALED,
    OPEN,
    OPENED,
    OVER,
    SETTLING,
    Circumstances,
    Incident,
    Policy,
    Told,
)
from wakeful_collector.model.story import Line

T = 1_795_000_000_000
POLICY = Policy(patience_ms=120_000, settle_ms=60_000)
PLAIN = Circumstances()


def told(kind: str, after_seconds: float = 0, late: bool = False, **data: Any) -> Told:
    return Told(T + round(after_seconds * 1000), kind, "survival", {"incident": "a1", **data}, late)


def hear(current: Incident | None, one: Told, now_ms: int | None = None, **more: Any) -> Incident:
    found = shapes.hear(current, one, one.at_ms if now_ms is None else now_ms, 7, "inc_1", **more)
    assert found is not None
    return found


def after(*events: Told) -> Incident:
    found: Incident | None = None
    for one in events:
        found = hear(found, one)
    assert found is not None
    return found


def judge(found: Incident, after_seconds: float, around: Circumstances = PLAIN) -> tuple[Incident, str | None]:
    return shapes.judge(found, T + round(after_seconds * 1000), POLICY, around)


def test_a_watch_that_falls_opens_an_incident_with_what_was_seen() -> None:
    found = after(told("watch.down", detail="exit code 1", console=["boot", "crash"]))
    assert (found.state, found.subject, found.host_key, found.reference) == (OPEN, "survival", 7, "a1")
    assert (found.cause, found.console, found.opened_ms) == ("is down: exit code 1", ("boot", "crash"), T)


def test_nobody_is_told_before_the_patience_ends_and_once_after() -> None:
    found = after(told("watch.down"))
    assert judge(found, 119) == (found, None)
    called, moment = judge(found, 120)
    assert (moment, called.told_ms) == (OPENED, T + 120_000)
    assert judge(called, 500)[1] is None


def test_giving_up_calls_people_at_once_even_while_a_push_is_taken() -> None:
    found = after(told("watch.down"), told("recovery.attempted", 10, attempt=5, of=5), told("recovery.given_up", 20))
    assert shapes.judge(found, T + 20_000, None, PLAIN)[1] == OPENED
    assert found.attempts == 5
    assert [line.kind for line in found.story] == ["watch.down", "recovery.attempted", "recovery.given_up"]


def test_without_a_policy_nothing_else_is_decided() -> None:
    for found in (after(told("watch.down")), after(told("watch.down"), told("watch.up", 5))):
        assert shapes.judge(found, T + 10**9, None, PLAIN) == (found, None)


def test_it_is_over_when_it_was_calm_for_long_enough() -> None:
    found = replace(after(told("watch.down"), told("watch.up", 300, seconds_down=300)), told_ms=T + 120_000)
    assert (found.state, found.over_ms) == (SETTLING, T + 300_000)
    assert judge(found, 359) == (found, None)
    over, moment = judge(found, 360)
    assert (over.state, moment) == (CLOSED, OVER)
    assert over.ending == "is up: it was down for 5 min"
    assert judge(over, 999)[1] is None


def test_what_healed_in_time_is_no_call() -> None:
    found = after(told("watch.down"), told("recovery.succeeded", 20, attempts=1), told("watch.up", 20))
    assert judge(found, 90)[1] == HEALED
    assert found.ending == "was repaired after 1 attempt"


def test_falling_again_while_it_settles_is_the_same_incident_and_needs_a_longer_calm() -> None:
    found = replace(after(told("watch.down"), told("watch.up", 300)), told_ms=T + 120_000)
    again = hear(found, told("watch.down", 330, incident="a2"))
    assert (again.id, again.state, again.falls, again.calm_since_ms, again.reference) == ("inc_1", OPEN, 2, None, "a2")
    assert judge(again, 700)[1] is None, "people know of it already"
    calm = hear(again, told("watch.up", 800, incident="a2"))
    assert judge(calm, 919)[1] is None
    assert judge(calm, 920)[1] == OVER


def test_the_third_fall_calls_people_though_each_healed_in_time() -> None:
    found: Incident | None = None
    for fall in range(3):
        found = hear(found, told("watch.down", fall * 40, incident=f"a{fall}"))
        moment = judge(found, fall * 40 + 1)[1]
        assert moment == (OPENED if fall == 2 else None)
        found = hear(found, told("watch.up", fall * 40 + 10, incident=f"a{fall}"))
    assert found.falls == 3


def test_a_persons_stop_ends_it_without_waiting() -> None:
    found = replace(after(told("watch.down"), told("watch.stopped", 30, detail="by ada")), told_ms=T)
    over, moment = judge(found, 31)
    assert (over.state, moment, over.ending) == (CLOSED, OVER, "was stopped by a person: by ada")


def test_backlog_makes_history_and_calls_nobody() -> None:
    found = after(told("watch.down", late=True), told("recovery.given_up", 60, late=True))
    assert found.late
    assert judge(found, 9_999)[1] is None
    over, moment = judge(hear(found, told("watch.up", 90, late=True), T + 10**7), 10_000)
    assert (over.state, moment) == (CLOSED, None)


def test_backlog_that_still_stands_is_news() -> None:
    found = after(told("watch.down", late=True))
    assert judge(found, 9_999, Circumstances(confirmed=True))[1] == OPENED


def test_an_end_that_comes_before_its_beginning_is_closed_history() -> None:
    ended = hear(None, told("watch.up", 100, seconds_down=40))
    assert (ended.state, ended.opened_ms, ended.over_ms) == (CLOSED, T + 60_000, T + 100_000)
    begun = hear(ended, told("watch.down", 60, late=True, detail="exit 1"))
    assert (begun.state, begun.id) == (CLOSED, "inc_1")
    assert [line.kind for line in begun.story] == ["watch.down", "watch.up"]
    assert hear(begun, told("recovery.succeeded", 90, late=True)).state == CLOSED


def test_old_news_of_a_thing_that_fell_again_is_history() -> None:
    now = after(Told(T + 9_000_000, "watch.down", "survival", {"incident": "b"}))
    old = told("watch.down", late=True)
    assert shapes.select([now], old) is None
    assert hear(None, old, is_past=True).state == CLOSED


def test_an_event_belongs_to_the_incident_its_host_names() -> None:
    closed = replace(after(told("watch.down")), state=CLOSED)
    going_on = replace(after(told("watch.down", 500)), reference="b", id="inc_2")
    assert shapes.select([going_on, closed], told("watch.up", 600)) == closed
    assert shapes.select([going_on, closed], told("watch.up", 600, incident="c")) == going_on
    assert shapes.select([closed], told("watch.up", 600, incident="c")) is None


def test_what_makes_no_incident() -> None:
    for kind in ("watch.paused", "watch.resumed", "wake.failed"):
        assert shapes.hear(None, told(kind), T, 7, "inc_1") is None
    assert shapes.hear(None, told("watch.up", incident=""), T, 7, "inc_1") is None


def test_evidence_that_comes_before_the_fall_opens_it_too() -> None:
    found = hear(None, told("recovery.attempted", 10, attempt=1))
    whole = hear(found, told("watch.down", 0, detail="exit 1"))
    assert (whole.cause, whole.opened_ms, whole.state) == ("is down: exit 1", T, OPEN)


def test_flapping_without_an_incident_is_told_and_settles_by_itself() -> None:
    found = hear(None, told("recovery.flapping", incident=""))
    called, moment = judge(found, 0)
    assert moment == OPENED
    assert judge(called, 239)[1] is None
    assert judge(called, 240)[1] == OVER


def test_what_somebody_took_on_calls_nobody_else() -> None:
    taken = shapes.acknowledge(after(told("watch.down")), "user:ada", T + 5)
    assert shapes.acknowledge(taken, "user:bob", T + 9).acknowledged_by == "user:ada"
    assert judge(taken, 9_999)[1] is None
    healed = hear(taken, told("watch.up", 10_000))
    assert judge(healed, 20_000) == (replace(healed, state=CLOSED), None)


def test_a_pause_takes_it_on_until_it_is_resumed() -> None:
    paused = hear(after(told("watch.down")), told("watch.paused", 30))
    assert judge(paused, 9_999)[1] is None
    resumed = hear(paused, told("watch.resumed", 60))
    assert judge(resumed, 9_999)[1] == OPENED
    by_ada = hear(shapes.acknowledge(after(told("watch.down")), "user:ada", T), told("watch.resumed", 60))
    assert by_ada.acknowledged_by == "user:ada"


def test_nothing_is_told_while_it_is_muted() -> None:
    muted = Circumstances(muted=True)
    urgent = after(told("watch.down"), told("recovery.given_up", 5))
    assert judge(urgent, 9_999, muted)[1] is None
    assert judge(urgent, 9_999)[1] == OPENED
    healed = after(told("watch.down"), told("watch.up", 5))
    assert judge(healed, 9_999, muted)[1] is None


def test_the_story_is_bounded_and_keeps_its_beginning() -> None:
    found = after(*[told("recovery.attempted", at, attempt=at + 1) for at in range(200)])
    assert len(found.story) == shapes.STORY_LINES_MAX
    assert found.story[0].at_ms == T
    assert found.story[-1].at_ms == T + 199_000
    assert found.attempts == 200


KINDS = sorted(shapes.EVENTS)
EVENTS = some.lists(
    some.tuples(some.sampled_from(KINDS), some.integers(0, 5_000), some.sampled_from(["a", "b", ""]), some.booleans()),
    max_size=40,
)


def test_a_rooms_thing_has_a_story_too() -> None:
    found = shapes.begun("inc_2", shapes.PROXMOX, "home", Line(T, "proxmox.unreachable", "cannot be looked at"))
    assert (found.state, found.host_key, found.cause) == (OPEN, shapes.NO_HOST, "cannot be looked at")
    for second in range(shapes.STORY_LINES_MAX + 5):
        found = shapes.continued(found, Line(T + second, "proxmox.refused", str(second)))
    assert len(found.story) == shapes.STORY_LINES_MAX
    assert (found.story[0].text, found.story[-1].text) == ("cannot be looked at", "64")
    assert (found.opened_ms, found.changed_ms) == (T, T + 64)


@given(EVENTS)
def test_whatever_is_told_people_are_called_at_most_once_an_incident_and_told_of_its_end_after(events: Any) -> None:
    """However events come, one incident opens once and ends once, and nobody hears of an end without a beginning."""
    known: list[Incident] = []
    moments: dict[str, list[str]] = {}
    now = T
    for number, (kind, seconds, reference, late) in enumerate(events):
        now += 30_000
        one = Told(T + seconds * 1000, kind, "survival", {"incident": reference}, late)
        is_past = any(each.state != CLOSED for each in known)
        found = shapes.hear(shapes.select(known, one), one, now, 7, f"inc_{number}", is_past)
        if found is not None:
            known = [each for each in known if each.id != found.id] + [found]
        for at, each in enumerate(known):
            known[at], moment = shapes.judge(each, now, POLICY, PLAIN)
            if moment is not None:
                moments.setdefault(each.id, []).append(moment)
        assert sum(each.state != CLOSED for each in known) <= 1
    assert all(found in ([OPENED], [OPENED, OVER], [HEALED]) for found in moments.values()), moments


def test_what_cannot_be_watched_is_an_incident_of_its_own_beside_one_that_is_down() -> None:
    blind = Told(T, "watch.blind", "survival", {"incident": "b1", "trouble": "the panel refuses the key"})
    assert (blind.about, told("watch.down").about) == (shapes.BLIND, shapes.WATCH)
    found = hear(None, blind)
    assert (found.kind, found.cause) == (shapes.BLIND, "cannot be watched: the panel refuses the key")
    called, moment = shapes.judge(found, T, None, PLAIN)
    assert moment == OPENED
    seen = hear(called, Told(T + 60_000, "watch.sighted", "survival", {"incident": "b1"}))
    assert judge(seen, 120)[1] == OVER
