"""The job that keeps machines: a whole life, with what fails in it, and time that passes twenty times faster."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.config import Settings
from wakeful_collector.integrations.ollama import keeping, leasing, persisting, sealed, settings
from wakeful_collector.integrations.ollama.keeping import JOBS, Keeper
from wakeful_collector.integrations.ollama.states import State
from wakeful_collector.read import gateway, incidents
from wakeful_collector.store import gateway_history as gateway_rows
from wakeful_collector.store import gateway_machines
from wakeful_collector.store.changes import changing_gateway

from ....fakes.ollama import ollama
from ....fakes.ssh_server import PASSWORD, ssh_server
from .keeper_world import PAUSE_SECONDS, SLOW_SECONDS, World
from .machines import Servant, add
from .test_probing import post

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def world(data: Path, tmp_path: Path) -> Iterator[World]:
    with (
        ollama(asleep=True) as server,
        ssh_server(tmp_path / "box") as box,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
    ):
        ear.bind(("127.255.255.255", 0))
        yield World(data, server, box, ear)
        with contextlib.suppress(OSError):
            ear.shutdown(socket.SHUT_RDWR)


def test_it_sleeps_until_it_is_wanted_serves_and_sleeps_again(world: World) -> None:
    world.add()
    world.becomes(State.ASLEEP)
    for _ in range(20):
        world.turn()
    assert world.packets == 0, "nobody wants it"
    world.lease("one")
    world.lease("two")
    world.pause_seconds = SLOW_SECONDS
    world.becomes(State.AWAKE, 30)
    world.until(lambda: world.packets == 3, "the call has three packets", 5)
    world.pause_seconds = PAUSE_SECONDS
    world.until(lambda: gateway.answer(world.data, "box", "/api/tags"), "what pollers are told is kept")
    world.release("one")
    for _ in range(400):
        world.turn()
    assert world.state is State.AWAKE, "the other one still uses it"
    assert world.packets == 3, "one call for both"
    world.release("two")
    assert world.becomes(State.DRAINING, 120) > 59, "its idle time, to a look"
    world.becomes(State.ASLEEP, 60)
    assert world.turns() == ["waking", "awake", "draining", "stopping", "asleep"]
    assert world.box.commands == ["sudo -n -- systemctl suspend"]
    assert (world.total("wakes"), world.total("sleeps")) == (1, 1)


def test_what_was_off_and_on_is_counted(world: World) -> None:
    world.add()
    world.becomes(State.ASLEEP)
    world.until(lambda: world.total("asleep_seconds") >= 30, "time asleep", 60)
    assert world.total("seen_seconds") == world.total("asleep_seconds")
    assert world.total("awake_seconds") == 0
    world.ask("wake")
    world.becomes(State.AWAKE)
    world.until(lambda: world.total("awake_seconds") >= 20, "time awake", 60)
    world.now_ms += 3_600_000
    seen = world.total("seen_seconds")
    world.turn()
    assert world.total("seen_seconds") == seen, "the collector was suspended: it saw nothing"


def test_a_packet_that_is_lost_is_sent_again(world: World) -> None:
    world.add()
    world.deaf_packets = 3
    world.pause_seconds = SLOW_SECONDS
    world.lease("one")
    took = world.becomes(State.WAKING) + world.becomes(State.AWAKE, 60)
    assert 9 <= took < 25
    world.until(lambda: world.packets == 6, "the second call has three packets", 5)
    assert world.turns() == ["waking", "awake"]


def test_one_that_never_shows_is_given_up_with_the_reason(world: World) -> None:
    world.add(boot_seconds=30)
    world.deaf_packets = 10**6
    world.lease("one", seconds=35)
    world.becomes(State.UNREACHABLE, 60)
    assert "no answer within 30 s; it was called 3 times" in world.reason
    assert "never acknowledged" in world.reason
    assert world.total("wake_failures") == 1
    seen = world.total("seen_seconds")
    for _ in range(60):
        world.turn()
    assert world.total("seen_seconds") == seen, "nobody knows whether it is on"


def test_one_that_cannot_be_called_is_given_up_at_once(world: World, machine: Callable[..., Any]) -> None:
    world.add(wake="action", wake_host=machine("pi").id, wake_action="plug", boot_seconds=300, sleep="never")
    world.lease("one")
    assert world.becomes(State.UNREACHABLE, 30) < 10
    assert "pi has not said yet what it may be asked" in world.reason
    assert "\n" not in world.reason


def test_a_loaded_model_keeps_it_awake(world: World) -> None:
    world.add(idle_seconds=20)
    world.server.reboot()
    world.becomes(State.AWAKE)
    post(world.server.url, "/api/generate", model="gem", keep_alive=-1)
    for _ in range(400):
        world.turn()
    assert world.state is State.AWAKE
    row = gateway.state(world.data, "box")
    assert row is not None
    assert "gem:latest is kept loaded for ever" in row.memory["busy"][0]
    world.server.turning.run(world.server.runner.loaded.clear)
    world.becomes(State.ASLEEP, 200)


def test_a_refused_order_leaves_it_awake_and_is_tried_again_later(world: World) -> None:
    world.add(idle_seconds=5, stop_seconds=20)
    world.box.program("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    world.server.reboot()
    world.becomes(State.STOPPING, 120)
    world.becomes(State.AWAKE, 30)
    assert "could not be put to sleep: `sudo -n -- systemctl suspend` ended with 1: sudo: a password" in world.reason
    for _ in range(400):
        world.turn()
    assert world.state is State.AWAKE, "not again at once"
    assert world.total("sleep_failures") == 1
    world.box.program("sudo", 'shift; shift; exec "$@"')
    world.now_ms += 450_000
    assert world.becomes(State.ASLEEP, 120) > 20, "ten minutes after it was refused"


def test_a_machine_that_was_set_up_anew_is_put_to_sleep_without_the_pause(world: World) -> None:
    world.add(idle_seconds=5, stop_seconds=20, ssh_password="wrong")
    world.server.reboot()
    world.becomes(State.STOPPING, 120)
    world.becomes(State.AWAKE, 30)
    box = settings.machine(world.data, "box")
    assert box is not None
    with changing_gateway(world.data) as connection:
        right = sealed.seal(world.data, "", {"ssh_password": PASSWORD})
        gateway_machines.keep(connection, settings.row(box, right, 1, world.now_ms + 1))
    assert world.becomes(State.ASLEEP, 200) < 200


def test_an_order_that_does_nothing_is_a_failure_too(world: World) -> None:
    world.add(idle_seconds=5, stop_seconds=20)
    world.stays = True
    world.server.reboot()
    world.becomes(State.STOPPING, 120)
    assert world.becomes(State.AWAKE, 60) >= 19
    assert "still answers 20 s after it was ordered to sleep" in world.reason


def test_who_comes_while_it_goes_to_sleep_has_it_woken_after_it(world: World) -> None:
    world.add(idle_seconds=5)
    world.server.reboot()
    world.becomes(State.STOPPING, 120)
    world.lease("late")
    world.becomes(State.AWAKE, 120)
    assert world.turns()[-4:] == ["stopping", "asleep", "waking", "awake"]


def test_who_comes_while_it_drains_is_served(world: World) -> None:
    world.add(idle_seconds=5)
    world.server.reboot()
    world.becomes(State.DRAINING, 120)
    world.lease("soon")
    world.becomes(State.AWAKE, 5)
    assert world.box.commands == []


def test_a_lease_that_is_taken_in_the_last_moment_holds_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    real = keeping.persisting.advance
    taken: list[None] = []

    def advance(data: Path, machine: Any, before: Any, step: Any, now_ms: int) -> bool:
        if step.memory.state is State.STOPPING and not taken:
            taken.append(world.lease("last"))
        return real(data, machine, before, step, now_ms)

    monkeypatch.setattr(keeping.persisting, "advance", advance)
    world.add(idle_seconds=5)
    world.server.reboot()
    world.becomes(State.DRAINING, 120)
    world.becomes(State.AWAKE, 30)
    assert world.reason == "somebody uses it again"
    assert world.box.commands == []


def test_a_keeper_that_was_killed_goes_on_where_it_was(world: World) -> None:
    world.add(idle_seconds=5)
    world.lease("one")
    world.pause_seconds = SLOW_SECONDS
    for state in (State.WAKING, State.AWAKE):
        world.becomes(state, 60)
        world.keeper = Keeper()
    world.pause_seconds = PAUSE_SECONDS
    world.release("one")
    for state in (State.DRAINING, State.STOPPING, State.ASLEEP):
        world.becomes(state, 120)
        world.keeper = Keeper()
    assert world.turns() == ["waking", "awake", "draining", "stopping", "asleep"]
    assert world.packets <= 6


def test_a_host_of_wakeful_that_was_put_to_sleep_may_be_silent(world: World, machine: Callable[..., Any]) -> None:
    host = machine("gpu-box")
    world.add(host=host.id, check_gpu=False, check_logins=False)
    world.server.reboot()
    world.becomes(State.AWAKE)
    world.ask("sleep")
    world.becomes(State.ASLEEP, 60)
    absence = incidents.absence(world.data, host.key, world.now_ms)
    assert absence is not None
    assert (absence.kind, absence.until_ms) == ("sleeping", None)
    world.ask("wake")
    world.becomes(State.AWAKE, 60)
    absence = incidents.absence(world.data, host.key, world.now_ms)
    assert absence is not None
    assert absence.until_ms is not None


def test_a_machine_that_is_removed_is_looked_after_no_more(world: World) -> None:
    world.add()
    world.becomes(State.ASLEEP)
    assert list(world.keeper._attendants[world.data]) == ["box"]
    with changing_gateway(world.data) as connection:
        gateway_machines.remove(connection, "box")
    world.turn()
    assert world.keeper._attendants[world.data] == {}
    assert gateway.states(world.data) == {}


def test_one_machine_that_fails_costs_the_others_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    world.add()
    add(world.data, "http://192.0.2.9:1", name="odd")
    real = settings.policy

    def policy(machine: Any) -> Any:
        if machine.name == "odd":
            raise RuntimeError("odd")
        return real(machine)

    monkeypatch.setattr(keeping.settings, "policy", policy)
    world.becomes(State.ASLEEP)
    assert caplog.text.count("the machine odd could not be looked after") == 1, "said once, not at every turn"
    with changing_gateway(world.data) as connection:
        gateway_machines.remove(connection, "box")
    with pytest.raises(RuntimeError, match="odd"):
        world.turn()
    monkeypatch.undo()
    world.turn()


def test_an_act_that_fails_of_itself_is_a_failed_act(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(keeping.waking, "call", broken)
    world.add(boot_seconds=20)
    world.lease("one", seconds=25)
    world.becomes(State.UNREACHABLE, 60)
    assert "RuntimeError: it could not be done, the collector's log says why" in world.reason


def test_what_an_agent_says_of_an_act_is_one_plain_line(world: World, machine: Callable[..., Any]) -> None:
    pi = Servant(machine("pi"), [{"name": "plug", "danger": "changes", "parameters": {}}])
    try:
        pi.answer = lambda _: {
            "state": "refused",
            "data": {"summary": "no\n2026 INFO forged \x1b[31mred " + "a" * 3_000},
        }
        world.add(wake="action", wake_host=pi.host.id, wake_action="plug", sleep="never")
        world.pause_seconds = SLOW_SECONDS
        world.lease("one")
        world.becomes(State.UNREACHABLE, 60)
    finally:
        pi.end()
    assert world.reason.startswith("plug refused: no 2026 INFO forged red aaa")
    assert len(world.reason) <= 1_000


def test_without_machines_there_is_nothing_to_do(data: Path) -> None:
    (job,) = JOBS
    assert (job.name, job.interval_seconds) == ("gateway", 0.25)
    job.run(data, Settings(data=data), clock.now_ms())
    assert gateway.states(data) == {}


def test_requests_too_short_to_be_seen_keep_it_awake(world: World) -> None:
    world.add()
    world.server.reboot()
    world.becomes(State.AWAKE)

    def ask(outcome: str, seconds: float) -> None:
        until_ms = world.now_ms + round(seconds * 1000)
        while world.now_ms < until_ms:
            if (until_ms - world.now_ms) % 20_000 < 250:
                at = gateway_rows.Request(world.now_ms, "box", "ana", "POST", "/api/embed", "m", 200, outcome)
                leasing.record(world.data, at)
            world.turn()

    ask("ok", 120)
    assert world.turns() == ["awake"]
    ask("limited", 90)
    assert "draining" in world.turns(), "who is turned away does not use it"


def test_who_wanted_it_asleep_at_once_long_ago_does_not_cut_off_those_of_now(world: World) -> None:
    world.add()
    world.server.reboot()
    world.becomes(State.AWAKE)
    world.lease("a", "person")
    world.ask("force")
    world.now_ms += keeping.FORCE_SECONDS * 1000 + 1_000
    box = settings.machine(world.data, "box")
    assert box is not None
    world.until(lambda: persisting.known(world.data, box, world.now_ms).asked is None, "asked for ever")
    assert world.state is State.AWAKE
    world.ask("force")
    world.becomes(State.ASLEEP)
