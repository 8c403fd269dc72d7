"""One watch in the keeper's hands: when it is looked at, and what becomes of it when the file says something else."""

from __future__ import annotations

from math import inf

from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.daemon.kept import CLOSE_SECONDS, Kept, policy_of, unable
from wakeful_agent.host.errors import Denied, Late
from wakeful_agent.host.lane import Answer
from wakeful_agent.options import Option
from wakeful_agent.standing import REHEARSED, SETTLING, VERIFYING
from wakeful_agent.watch import UNKNOWN, UP, Sight, Watch


class Stone(Watch):
    kind = "stone"
    interval_seconds = 30.0
    options = (Option("weight", 1, "kilograms"),)


def kept(**options: object) -> Kept:
    return Kept(Stone("it", options), WatchSetting("it", "stone", options))


def test_the_files_seconds_are_the_policys_milliseconds() -> None:
    policy = policy_of(WatchSetting("it", "stone", debounce_seconds=0.5, window_seconds=60, attempts=2, dry_run=True))
    assert (policy.debounce_ms, policy.window_ms, policy.attempts, policy.dry_run) == (500, 60_000, 2, True)


def test_it_is_looked_at_in_its_interval_and_closely_while_something_is_awaited() -> None:
    one = kept()
    assert one.looks_due(100.0)
    assert one.wait_seconds(0, 100.0) == 0
    assert one.looked_at(Answer(Sight(UP)), 100.0) == Sight(UP)
    assert not one.looks_due(129.9)
    assert one.looks_due(130.0)
    one.state = one.state._replace(phase=VERIFYING, due_ms=1_500)
    assert one.looks_due(100.0 + CLOSE_SECONDS)
    assert one.wait_seconds(1_000, 100.0) == 0.5
    assert one.wait_seconds(9_000, 100.0) == 0
    one.looking, one.state = True, one.state._replace(due_ms=0)
    assert one.wait_seconds(0, 100.0) == inf
    assert not one.looks_due(1000.0)


def test_what_was_seen_of_what_it_was_before_is_not_used() -> None:
    one = kept(weight=1)
    one.looking = True
    one.change(Stone("it", {"weight": 2}), WatchSetting("it", "stone", {"weight": 2}), lambda _watch, _sight: None)
    assert one.watch.chosen["weight"] == 2
    assert one.looked_at(Answer(Sight(UP)), 5.0) is None
    assert one.looks_due(5.0)


def test_a_rehearsal_becomes_earnest_when_the_file_says_so() -> None:
    one = kept()
    one.state = one.state._replace(phase=REHEARSED)
    one.change(Stone("it", {}), WatchSetting("it", "stone", dry_run=True), lambda _watch, _sight: None)
    assert one.state.phase == REHEARSED
    one.change(Stone("it", {}), WatchSetting("it", "stone"), lambda _watch, _sight: None)
    assert one.state.phase == SETTLING


def test_a_watch_that_stays_takes_what_changed_beside_the_file() -> None:
    told: list[object] = []

    class Listener(Stone):
        def refresh(self) -> None:
            told.append("refreshed")
            if len(told) == 2:
                raise Denied("the secret is open to others")

    one = Kept(Listener("it", {}), WatchSetting("it", "stone"))
    for _ in range(2):
        one.change(Listener("it", {}), WatchSetting("it", "stone"), lambda _watch, sight: told.append(sight))
    seen = Sight(UNKNOWN, "the secret is open to others", {"trouble": "denied"})
    assert told == ["refreshed", "refreshed", seen]
    one.change(Listener("it", {}), WatchSetting("it", "stone", {"weight": 2}), lambda _watch, sight: told.append(sight))
    assert told[3:] == ["refreshed"], "somebody changed the file and says so"


def test_what_could_not_be_looked_at_says_why() -> None:
    assert unable(Late("nothing came")) == Sight(UNKNOWN, "nothing came")
    assert unable(Denied("not for you")) == Sight(UNKNOWN, "not for you", {"trouble": "denied"})
    assert unable(KeyError("x")) == Sight(UNKNOWN, "KeyError: 'x'", {"trouble": "fault"})
    one = kept()
    assert one.looked_at(Answer(late=True, seconds=3.0), 1.0) == Sight(UNKNOWN, "nothing came back within 3 s")
    assert one.looked_at(Answer(error=Late("no")), 1.0) == Sight(UNKNOWN, "no")
    assert one.entry().sight == Sight(UNKNOWN)
