"""The collector is stopped, killed and started again while machines wake and clients wait: nothing is lost for good."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from ..fakes.ollama_clients import PROMPT, native, paced
from ..fakes.sleeping_machine import SleepingMachine, sleeping_machine
from .gateway import Gateway, gateway
from .halves import kill, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def sleeper() -> Iterator[SleepingMachine]:
    with sleeping_machine(6.0) as machine:
        yield machine


@pytest.fixture
def door(tmp_path: Path, sleeper: SleepingMachine) -> Iterator[Gateway]:
    with gateway(tmp_path / "data") as made:
        made.add("box", "asleep", default=True, keepalive_seconds=1, **sleeper.settings)
        yield made


class Waiting:
    """A client that waits for an answer in a thread of its own; `result` is what came of it."""

    def __init__(self, door: Gateway) -> None:
        self.result: Any = None
        self.thread = threading.Thread(target=self._ask, args=(native(door.url(), door.key),), daemon=True)
        self.thread.start()

    def _ask(self, client: Any) -> None:
        try:
            parts = client.chat("gem", PROMPT, stream=True)
            self.result = "".join(part.message.content or "" for part in parts)
        except Exception as error:
            self.result = error  # the test looks at it

    def ended(self) -> Any:
        """Return what came of it."""
        self.thread.join(90)
        assert self.result is not None, "it still waits"
        return self.result


SAID = "You said: the quick brown fox"


def test_everything_is_killed_while_a_machine_wakes(door: Gateway, sleeper: SleepingMachine) -> None:
    first = Waiting(door)
    wait_for(lambda: sleeper.wakings, 20)
    door.collector.kill_all()
    assert isinstance(first.ended(), httpx.HTTPError | ConnectionError)
    door.collector.start()
    found = door.machine("box")
    assert found["state"] in {"waking", "awake"}, "it goes on where it was"
    assert Waiting(door).ended() == SAID
    assert len(sleeper.wakings) == 1
    door.wait_for("box", lambda one: one["leases"] == [], 30)


def test_a_restart_while_a_machine_wakes(door: Gateway, sleeper: SleepingMachine) -> None:
    first = Waiting(door)
    wait_for(lambda: sleeper.wakings, 20)
    began = time.monotonic()
    door.collector.end()
    assert time.monotonic() - began < 30
    first.ended()
    door.collector.start()
    assert Waiting(door).ended() == SAID
    assert len(sleeper.wakings) == 1


def test_the_worker_is_killed_while_a_machine_wakes(door: Gateway, sleeper: SleepingMachine) -> None:
    """Those who wait do not notice: the worker's next life goes on with the waking."""
    waiting = [Waiting(door) for _ in range(4)]
    wait_for(lambda: sleeper.wakings, 20)
    kill(door.collector.part("worker"))
    assert [one.ended() for one in waiting] == [SAID] * 4
    assert len(sleeper.wakings) == 1


def test_a_process_that_answers_is_killed_with_its_clients(door: Gateway, sleeper: SleepingMachine) -> None:
    """Its leases end by themselves, and the machine is not kept awake for the dead."""
    sleeper.boot_seconds = 1.0
    assert Waiting(door).ended() == SAID
    paced(sleeper.ollama, 1000, 0.1)
    waiting = [Waiting(door) for _ in range(6)]
    wait_for(lambda: sleeper.ollama.active() == 6, 20)
    before = door.collector.part("web")
    kill([one for one in before if one.ppid() in {other.pid for other in before}])
    for one in waiting:
        assert isinstance(one.ended(), Exception)
    wait_for(lambda: sleeper.ollama.active() == 0, 10)
    sleeper.ollama.manners.reply = None
    assert Waiting(door).ended() == SAID
    door.wait_for("box", lambda one: one["requests"] == {"running": 0, "waiting": 0}, 40)


def test_a_stop_ends_streams_and_frees_the_machine(door: Gateway, sleeper: SleepingMachine) -> None:
    sleeper.boot_seconds = 1.0
    assert Waiting(door).ended() == SAID
    paced(sleeper.ollama, 2000, 0.1)
    stream = Waiting(door)
    wait_for(lambda: sleeper.ollama.active() == 1, 20)
    process = door.collector.process
    assert process is not None
    process.send_signal(signal.SIGTERM)
    process.wait(60)
    stream.ended()
    wait_for(lambda: sleeper.ollama.active() == 0, 10)
    door.collector.start()
    sleeper.ollama.manners.reply = None
    sleeper.ollama.manners.token_seconds = 0.0
    assert Waiting(door).ended() == SAID
    assert len(sleeper.wakings) == 1
