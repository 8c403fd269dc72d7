"""A step of the state machine is kept whole or not at all, and not when somebody came in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import claims, leasing, machine, persisted, persisting, settings
from wakeful_collector.integrations.ollama.states import FORCE, SLEEP, WAKE, Facts, Outcome
from wakeful_collector.read import gateway, gateway_history
from wakeful_collector.store import gateway_machines, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_states import Asked

from . import machines

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.integrations.ollama.states import Step


def stand(data: Path, state: str, at_ms: int, **memory: Any) -> None:
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", state, at_ms, "why", {"probed_ms": at_ms, **memory})


def go(data: Path, one: Machine, now_ms: int, **facts: Any) -> tuple[bool, Step]:
    before = persisted.known(data, one, now_ms)
    asked = {} if before.asked is None else {"asked": before.asked.what, "asked_by": before.asked.by}
    step = machine.step(before.memory, Facts(**asked, **facts), settings.policy(one), now_ms)
    return persisting.advance(data, one, before, step, now_ms), step


@pytest.fixture
def box(data: Path) -> Machine:
    return machines.add(data, sleep="ssh", ssh_user="root")


def counters(data: Path) -> dict[str, float]:
    return {
        one.name + "".join(f" {value}" for value in one.labels.values()): one.value
        for one in gateway_history.totals(data)
    }


def test_a_wake_and_its_end_are_in_the_state_the_timeline_and_the_counters(
    data: Path, box: Machine, now_ms: int
) -> None:
    stand(data, "asleep", now_ms)
    kept, step = go(data, box, now_ms + 1_000, requests=1)
    assert (kept, step.acts) == (True, (WAKE,))
    found = gateway.state(data, "box")
    assert found is not None
    assert (found.state, found.since_ms, found.memory["sent"]) == ("waking", now_ms + 1_000, 1)
    assert go(data, box, now_ms + 113_000, answers=True)[0]
    assert [(one.was, one.state, one.by) for one in gateway_history.turns(data, "box", 0)] == [
        ("waking", "awake", "request"),
        ("asleep", "waking", "request"),
    ]
    assert counters(data) == {"wakes request": 1, "wake_seconds": 112}


def test_the_first_look_is_kept_although_nothing_turned(data: Path, box: Machine, now_ms: int) -> None:
    assert go(data, box, now_ms, answers=False)[0]
    found = gateway.state(data, "box")
    assert found is not None
    assert found.memory["probed_ms"] == now_ms
    assert gateway_history.turns(data, "box", 0) == []


def test_a_step_that_changes_nothing_writes_nothing(data: Path, box: Machine, now_ms: int) -> None:
    assert go(data, box, now_ms, answers=False)[0]
    before = persisted.known(data, box, now_ms)
    with changing_gateway(data) as connection:
        version = connection.execute("PRAGMA data_version").fetchone()
        changes = connection.total_changes
    step = machine.step(before.memory, Facts(), settings.policy(box), now_ms + 300)
    assert persisting.advance(data, box, before, step, now_ms + 300)
    with changing_gateway(data) as connection:
        assert connection.total_changes == changes
        assert connection.execute("PRAGMA data_version").fetchone() == version


def test_only_one_of_two_who_read_the_same_goes_on(data: Path, box: Machine, now_ms: int) -> None:
    stand(data, "asleep", now_ms)
    before = persisted.known(data, box, now_ms)
    step = machine.step(before.memory, Facts(requests=1), settings.policy(box), now_ms + 1)
    assert persisting.advance(data, box, before, step, now_ms + 1)
    assert not persisting.advance(data, box, before, step, now_ms + 1)
    assert len(gateway_history.turns(data, "box", 0)) == 1


def test_a_state_that_appeared_meanwhile_is_not_written_over(data: Path, box: Machine, now_ms: int) -> None:
    before = persisted.known(data, box, now_ms)
    stand(data, "awake", now_ms)
    step = machine.step(before.memory, Facts(answers=False), settings.policy(box), now_ms)
    assert not persisting.advance(data, box, before, step, now_ms)
    assert gateway.states(data)["box"].state == "awake"


def test_an_ask_that_came_before_the_first_look_survives_it(data: Path, box: Machine, now_ms: int) -> None:
    before = persisted.known(data, box, now_ms)
    with changing_gateway(data) as connection:
        gateway_states.ask(connection, "box", Asked("wake", "user:ada", now_ms))
    step = machine.step(before.memory, Facts(answers=False), settings.policy(box), now_ms)
    assert persisting.advance(data, box, before, step, now_ms)
    assert gateway.states(data)["box"].asked is not None
    kept, step = go(data, box, now_ms + 300)
    assert kept
    assert step.acts == (WAKE,)
    assert gateway.states(data)["box"].asked is None


@pytest.mark.parametrize("who", ["request", "person", "permanent"])
def test_whoever_comes_just_before_the_order_to_sleep_stops_it(data: Path, box: Machine, now_ms: int, who: str) -> None:
    stand(data, "draining", now_ms - 60_000, looked_ms=now_ms, used_ms=now_ms - 9_999_999)
    before = persisted.known(data, box, now_ms)
    step = machine.step(before.memory, Facts(busy=()), settings.policy(box), now_ms)
    assert step.acts == (SLEEP,)
    if who == "request":
        leasing.Desk(data, lambda: now_ms).enter(box, "key:a", "key:a", "", "", now_ms)
    elif who == "person":
        claims.claim(data, "box", "person", "user:ada", "", 60, now_ms)
    else:
        with changing_gateway(data) as connection:
            gateway_states.set_permanent(connection, "box", True, now_ms)
    assert not persisting.advance(data, box, before, step, now_ms)
    assert gateway.states(data)["box"].state == "draining"


def test_by_force_it_stops_whoever_is_there(data: Path, box: Machine, now_ms: int) -> None:
    stand(data, "awake", now_ms - 60_000)
    claims.claim(data, "box", "person", "user:ada", "", 60, now_ms)
    with changing_gateway(data) as connection:
        gateway_states.ask(connection, "box", Asked(FORCE, "user:ada", now_ms))
    kept, step = go(data, box, now_ms, claims=1)
    assert (kept, step.acts) == (True, (SLEEP,))


def test_those_who_wait_are_let_in_with_the_turn(data: Path, box: Machine, now_ms: int) -> None:
    stand(data, "waking", now_ms - 60_000)
    desk = leasing.Desk(data, lambda: now_ms)
    tickets = [desk.enter(box, f"key:{at}", "x", "", "", now_ms) for at in range(3)]
    assert not any(one.look.admitted for one in tickets)
    assert go(data, box, now_ms, answers=True, requests=3)[0]
    for one in tickets:  # a look may change more than once until then
        machines.await_true(lambda one=one: one.wait(1).admitted, "it is let in")
    for one in tickets:
        one.end()


def test_who_comes_while_the_desk_looks_is_let_in_by_that_look(
    data: Path, box: Machine, now_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leasing.Desk, "_watch", lambda _: None)  # it looks when the test says so
    stand(data, "waking", now_ms - 60_000)
    desk = leasing.Desk(data, lambda: now_ms)
    tickets = [desk.enter(box, "key:a", "x", "", "", now_ms)]
    tidy = desk._tidy

    def tidy_while_another_comes(at_ms: int) -> None:
        tidy(at_ms)
        tickets.append(desk.enter(box, "key:b", "x", "", "", now_ms))
        assert go(data, box, now_ms, answers=True, requests=2)[0]

    monkeypatch.setattr(desk, "_tidy", tidy_while_another_comes)
    desk.watch_once(now_ms)
    assert [one.look.admitted for one in tickets] == [True, True]
    for one in tickets:
        one.end()


def test_failures_are_counted(data: Path, box: Machine, now_ms: int) -> None:
    stand(data, "stopping", now_ms)
    assert go(data, box, now_ms, act=Outcome(SLEEP, False, "refused"))[0]
    stand(data, "stopping", now_ms, missed=1)
    assert go(data, box, now_ms, answers=False)[0]
    stand(data, "waking", now_ms, by="user:ada")
    assert go(data, box, now_ms, act=Outcome(WAKE, False, "nobody may", permanent=True))[0]
    stand(data, "waking", now_ms, by="user:ada")
    assert go(data, box, now_ms, answers=True)[0]
    assert counters(data) == {
        "sleep_failures": 1,
        "sleeps": 1,
        "wake_failures": 1,
        "wakes person": 1,
        "wake_seconds": 0,
    }


def test_a_machine_that_was_removed_meanwhile_is_left_alone(data: Path, box: Machine, now_ms: int) -> None:
    stand(data, "awake", now_ms)
    before = persisted.known(data, box, now_ms)
    step = machine.step(before.memory, Facts(answers=True), settings.policy(box), now_ms + 5)
    with changing_gateway(data) as connection:
        gateway_machines.remove(connection, "box")
    assert not persisting.advance(data, box, before, step, now_ms + 5)
    first = persisted.known(data, box, now_ms)
    step = machine.step(first.memory, Facts(answers=True), settings.policy(box), now_ms + 5)
    assert not persisting.advance(data, box, first, step, now_ms + 5)
    assert gateway.states(data) == {}
