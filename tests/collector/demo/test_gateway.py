"""Behind the sample gateway stands a machine with a past, and the sample fleet wakes it and lets it sleep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector import wake
from wakeful_collector.commands import Wish, ask
from wakeful_collector.demo import driving, filling, gateway, napping
from wakeful_collector.demo.keeping import KEEPER, PLUG, SUSPEND
from wakeful_collector.demo.ollama import Upstream
from wakeful_collector.integrations.ollama import settings
from wakeful_collector.read import commands, gateway_history, hosts, incidents
from wakeful_collector.read import gateway as table
from wakeful_collector.store import database
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.demo.fleet import Machine
    from wakeful_collector.demo.story import Story

NOW_MS = 1_795_000_000_000
DAYS = 3


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Story]:
    data = tmp_path_factory.mktemp("demo") / "data"
    database.create(data)
    return data, filling.fill(data, 12, DAYS, 1, NOW_MS, lambda _: None)


@pytest.fixture
def napper(filled: tuple[Path, Story]) -> Machine:
    found = gateway.napper(filled[1])
    assert found is not None
    return found


def test_a_small_fleet_has_no_gateway(tmp_path: Path) -> None:
    database.create(tmp_path)
    made = filling.fill(tmp_path, 4, 1, 1, NOW_MS, lambda _: None)
    assert gateway.napper(made) is None
    assert table.machines(tmp_path) == []
    gateway.settle(tmp_path, made, "http://127.0.0.1:1")
    assert table.machines(tmp_path) == []


def test_its_past_is_one_story_in_turns_requests_and_counters(filled: tuple[Path, Story], napper: Machine) -> None:
    data, story = filled
    turns = gateway_history.turns(data, napper.name, 0)[::-1]
    assert all(after.was == before.state for before, after in zip(turns, turns[1:], strict=False))
    assert [turn.state for turn in turns[:5]] == ["waking", "awake", "draining", "stopping", "asleep"]
    sums = {one.name: one.value for one in gateway_history.totals(data) if one.machine == napper.name}
    awake = gateway_history.awake_seconds(data, napper.name, story.end_ms - DAYS * 86_400_000, story.end_ms)
    assert sums["awake_seconds"] == pytest.approx(awake, rel=0.01)
    assert sums["awake_seconds"] + sums["asleep_seconds"] < DAYS * 86_400
    found = gateway_history.requests(data, napper.name, 500).requests
    assert len(found) > 40
    assert {one.outcome for _, one in found} <= {"ok", "cancelled", "refused"}
    waited = [one for _, one in found if one.waited_ms]
    assert len(waited) == sums["wakes"] == sum(turn.state == "waking" for turn in turns), (
        "the first of each waking waits"
    )
    known = table.state(data, napper.name)
    assert known is not None
    assert known.state == "asleep"
    assert story.end_ms - known.since_ms == round(napping.SLEPT_MINUTES * 60_000)


def test_its_host_was_heard_while_it_was_awake_and_its_silence_is_expected(
    filled: tuple[Path, Story], napper: Machine
) -> None:
    data, story = filled
    host = hosts.host(data, napper.id)
    assert host is not None
    assert host.last_seen_ms is not None
    quiet_ms = story.end_ms - host.last_seen_ms
    assert napping.SLEPT_MINUTES * 60_000 < quiet_ms < (napping.SLEPT_MINUTES + 1) * 60_000
    absence = incidents.absence(data, host.key, NOW_MS)
    assert absence is not None
    assert absence.kind == "sleeping"


def test_the_one_in_the_attic_did_not_come(filled: tuple[Path, Story]) -> None:
    data, story = filled
    known = table.state(data, gateway.ATTIC)
    made = settings.machine(data, gateway.ATTIC)
    assert known is not None
    assert made is not None
    assert known.state == "unreachable"
    assert (made.wake_host, made.wake_action) == (story.machines()[KEEPER].id, PLUG)


def test_a_neighbour_wakes_it_and_its_own_agent_puts_it_to_sleep(filled: tuple[Path, Story], napper: Machine) -> None:
    data, story = filled
    upstream = Upstream()
    gateway.settle(data, story, upstream.url)
    assert [one.url for one in table.machines(data)] == [gateway.NOWHERE, upstream.url]
    driver = driving.Driver(data, story, upstream)
    puppets = {one.machine.id: one for one in driver.puppets}
    keeper, sleeper = puppets[story.machines()[KEEPER].id], puppets[napper.id]
    at_ms = story.end_ms + 15_000

    def order(host: str, action: str, arguments: dict[str, object]) -> str:
        with changing(data) as connection:
            return ask(connection, Wish(host, action, dict(arguments), "local:gateway"), at_ms).command.id

    driver.push([keeper], at_ms)
    plan = wake.plan(data, napper.id, {}, at_ms)
    assert plan.relays[0].id == keeper.machine.id, plan
    order(keeper.machine.id, wake.ACTION, dict(plan.arguments))
    assert not sleeper.heard(at_ms)
    driver.push([keeper], at_ms + 1_000)
    driver.push([keeper], at_ms + 2_000)
    assert sleeper.heard(at_ms + 2_000)
    upstream.wake(0)
    driver.push([sleeper], at_ms + 3_000)
    asked = order(napper.id, SUSPEND, {})
    driver.push([sleeper], at_ms + 4_000)
    driver.push([sleeper], at_ms + 5_000)
    ended = commands.command(data, asked)
    assert ended is not None
    assert ended.summary == "it is on its way to sleep"
    assert not sleeper.heard(at_ms + 6_000)
    assert not upstream.is_up
    driver.close()
    upstream.close()
