"""The lookout: silence, patience, ends; with real hosts that push through the real door."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.outbox.watching import Lookout
from wakeful_collector.read import deliveries, events, incidents
from wakeful_collector.store import absences, agents, room
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings


class World:
    """Time goes by in steps of five seconds: hosts that are awake push, the lookout looks."""

    def __init__(self, data: Path, settings: Settings, now_ms: int) -> None:
        self.data = data
        self.settings = settings
        self.now_ms = now_ms
        self.awake: list[Any] = []
        self.lookout = Lookout()

    def pass_by(self, seconds: int) -> None:
        for _ in range(seconds // 5):
            self.now_ms += 5_000
            for machine in self.awake:
                machine.push([[self.now_ms, [0.5, 1, 2, 3]]], self.now_ms)
            self.lookout(self.data, self.settings, self.now_ms)

    def tell(self, machine: Any, kind: str, incident: str = "a1", at_ms: int = 0, **more: Any) -> None:
        at = at_ms or self.now_ms
        one = {"id": f"{kind}-{at}", "at": at, "kind": kind, "subject": "survival", "data": {"incident": incident}}
        machine.push([[at_ms or self.now_ms + 1, [0.5, 1, 2, 3]]], self.now_ms, events=[one], **more)

    @property
    def moments(self) -> list[str]:
        return [one.moment for one in reversed(deliveries.deliveries(self.data).deliveries)]

    @property
    def titles(self) -> list[str]:
        return [one.title for one in incidents.incidents(self.data).incidents]


@pytest.fixture
def world(data: Path, settings: Settings, now_ms: int, channel: Callable[..., Any]) -> World:
    channel("http://127.0.0.1:1/", moments=("opened", "closed", "healed"))
    return World(data, settings, now_ms)


def test_a_host_that_falls_silent_and_comes_back_is_two_messages(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web, machine("web-2")]
    world.pass_by(200)
    assert world.titles == []
    world.awake.remove(web)
    world.pass_by(120)
    assert world.titles == []
    world.pass_by(10)
    assert world.moments == ["opened"]
    assert world.titles == ["web-1 has been silent for 2 min"]
    world.pass_by(600)
    world.awake.append(web)
    world.pass_by(60)
    assert world.moments == ["opened"], "it must stay for a while"
    world.pass_by(10)
    assert world.moments == ["opened", "closed"]
    assert world.titles == ["web-1 is back after 12 min"]
    told = [(one.kind, one.subject) for one in events.events(world.data, kind="host.[sb]*").events]
    assert told == [("host.back", "web-1"), ("host.silent", "web-1")]


def test_a_host_whose_agent_was_told_to_stop_says_so(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(150)
    world.awake = []
    world.tell(web, "agent.stopped")
    world.pass_by(130)
    [found] = incidents.incidents(world.data).incidents
    assert [line.text for line in found.incident.story] == [
        "its agent was told to stop",
        "went silent: nothing heard for 2 min",
    ]


def test_a_host_that_comes_and_goes_is_one_message(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(150)
    for _ in range(5):
        world.awake = []
        world.pass_by(180)
        world.awake = [web]
        world.pass_by(30)
    world.pass_by(900)
    assert world.moments == ["opened"]
    assert incidents.incidents(world.data).incidents[0].incident.falls == 5
    world.pass_by(300)
    assert world.moments == ["opened", "closed"]
    kinds = [one.kind for one in events.events(world.data, kind="host.[sb]*").events]
    assert kinds == ["host.back", "host.silent"] * 5


def test_a_start_of_the_collector_is_no_silence(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(150)
    world.awake = []
    world.now_ms += 86_400_000
    world.lookout = Lookout()
    world.pass_by(120)
    assert world.titles == []
    world.awake = [web]
    world.pass_by(60)
    assert world.titles == []


def test_a_start_while_a_host_is_silent_is_not_its_return(world: World, machine: Callable[..., Any]) -> None:
    world.awake = [machine("web-1")]
    world.pass_by(150)
    world.awake = []
    world.pass_by(200)
    world.lookout = Lookout()
    world.pass_by(300)
    assert world.moments == ["opened"]
    assert [one.kind for one in events.events(world.data, kind="host.[sb]*").events] == ["host.silent"]


def test_a_full_disk_of_the_collector_is_no_silence(world: World, machine: Callable[..., Any]) -> None:
    world.awake = [machine("web-1")]
    world.pass_by(150)
    world.awake = []
    room.prepare(world.data)
    room.mark(world.data, world.now_ms, 0)
    world.pass_by(600)
    assert world.titles == []
    room.mark(world.data, 0, world.now_ms)
    world.pass_by(130)
    assert len(world.titles) == 1


def test_an_agent_has_patience_to_repair(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(60)
    world.tell(web, "watch.down")
    world.pass_by(115)
    assert world.moments == []
    world.pass_by(10)
    assert world.moments == ["opened"]
    world.tell(web, "watch.up")
    world.pass_by(70)
    assert world.moments == ["opened", "closed"]


def test_what_heals_in_time_is_told_to_who_asks(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.tell(web, "watch.down")
    world.pass_by(30)
    world.tell(web, "watch.up")
    world.pass_by(70)
    assert world.moments == ["healed"]


def test_a_silent_host_has_no_other_troubles(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(130)
    world.tell(web, "watch.down")
    world.awake = []
    world.settings = replace(world.settings, notify_patience_seconds=300)
    world.pass_by(900)
    assert world.moments == ["opened"]
    assert world.titles[0] == "web-1 has been silent for 2 min"
    world.awake = [web]
    world.pass_by(10)
    assert world.moments == ["opened", "opened"], "heard again, it still is down"


def test_backlog_is_news_only_if_it_still_stands(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(60)
    old = world.now_ms - 3_600_000
    world.tell(web, "watch.down", at_ms=old)
    world.pass_by(600)
    assert world.moments == []
    for name, said, told in (
        ("another", [{"name": "creative", "state": "down"}, 5], []),
        ("up", [{"name": "survival", "state": "up"}], []),
        ("no list", {"name": "survival", "state": "down"}, []),
        ("down", [{"name": "survival", "state": "DOWN"}], ["opened"]),
    ):
        world.tell(web, "agent.started", inventories={"watches": {"hash": name, "body": said}})
        world.pass_by(10)
        assert world.moments == told, name


def test_backlog_of_what_still_cannot_be_watched_is_news(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(60)
    world.tell(web, "watch.blind", at_ms=world.now_ms - 3_600_000)
    world.pass_by(10)
    assert world.moments == []
    said = [{"name": "survival", "state": "unknown"}]
    world.tell(web, "agent.started", inventories={"watches": {"hash": "unknown", "body": said}})
    world.pass_by(10)
    assert world.moments == ["opened"]


def test_maintenance_mutes_and_what_stands_after_it_is_told(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(150)
    until_ms = world.now_ms + 600_000
    with changing(world.data) as connection:
        absence = absences.Absence(web.key, "maintenance", world.now_ms, until_ms, False, "user:ada", "")
        absences.keep(connection, absence)
    world.tell(web, "watch.down")
    world.awake = []
    world.pass_by(595)
    assert world.moments == []
    assert "web-1" not in "".join(one for one in world.titles if "silent" in one)
    world.pass_by(10)
    assert world.moments == ["opened"]
    assert "silent" in world.titles[0]


def test_a_sleeper_is_expected_again_once_it_was_heard(world: World, machine: Callable[..., Any]) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.pass_by(150)
    with changing(world.data) as connection:
        absences.keep(connection, absences.Absence(web.key, "sleeping", world.now_ms, None, False, "user:ada", ""))
    world.pass_by(60)
    assert incidents.absence(world.data, web.key, world.now_ms) is not None, "it has not slept yet"
    world.awake = []
    world.pass_by(3_000)
    assert world.titles == []
    world.awake = [web]
    world.pass_by(10)
    assert incidents.absence(world.data, web.key, world.now_ms) is None
    assert incidents.standing_absences(world.data, world.now_ms) == {}
    world.awake = []
    world.pass_by(130)
    assert len(world.titles) == 1


def test_the_incidents_of_a_host_that_was_forgotten_end_without_a_word(
    world: World, machine: Callable[..., Any]
) -> None:
    web = machine("web-1")
    world.awake = [web]
    world.tell(web, "watch.down")
    world.pass_by(130)
    with changing(world.data) as connection:
        agents.forget(connection, web.id, world.now_ms)
    world.awake = []
    world.pass_by(200)
    assert world.moments == ["opened"]
    [found] = incidents.incidents(world.data).incidents
    assert (found.state, found.host_id, found.incident.ending) == ("closed", None, "the host was forgotten")


def test_nothing_to_decide_costs_no_transaction(world: World, machine: Callable[..., Any]) -> None:
    machine("web-1")
    assert world.lookout(world.data, world.settings, world.now_ms) == 0
