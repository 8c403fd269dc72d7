"""The crew: works are done once, the urgent ones although others hang, and threads are gone when idle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wakeful_agent.network.crew import THREADS_MAX, Crew

if TYPE_CHECKING:
    import pytest


def named(name: str) -> int:
    return sum(thread.name == name for thread in threading.enumerate())


def test_works_are_done_and_threads_used_again(tools: dict[str, Any]) -> None:
    crew = Crew("crew-again")
    done: list[int] = []
    for number in range(3):
        crew.do(lambda number=number: done.append(number))
        tools["until"](lambda number=number: number in done)
        tools["until"](lambda: crew._idle == 1)
    assert done == [0, 1, 2]
    assert named("crew-again") == 1
    crew.end()
    tools["until"](lambda: named("crew-again") == 0)


def test_what_is_urgent_is_done_although_all_others_hang(tools: dict[str, Any]) -> None:
    crew = Crew("crew-urgent")
    hold, done = threading.Event(), threading.Event()
    for _ in range(THREADS_MAX + 3):
        crew.do(lambda: hold.wait(30) and None)
    crew.do(done.set, urgent=True)
    assert done.wait(10)
    assert named("crew-urgent") <= THREADS_MAX + 1
    hold.set()
    crew.end()
    tools["until"](lambda: named("crew-urgent") == 0)


def test_idle_threads_go(tools: dict[str, Any]) -> None:
    crew = Crew("crew-idle", idle_seconds=0.02)
    done = threading.Event()
    crew.do(done.set)
    assert done.wait(10)
    assert tools["until"](lambda: named("crew-idle") == 0)
    done.clear()
    crew.do(done.set)
    assert done.wait(10)


def test_nothing_is_done_after_the_end() -> None:
    crew = Crew("crew-ended")
    crew.end()
    done = threading.Event()
    crew.do(done.set)
    assert not done.wait(0.1)
    assert named("crew-ended") == 0


def test_a_machine_without_threads_loses_no_place_and_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    crew = Crew("crew-none", most=1)
    done: list[int] = []
    both = threading.Event()

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        crew.do(lambda: done.append(1))
    crew.do(lambda: done.append(2) or both.set())
    assert both.wait(10)
    assert done == [1, 2]
    crew.end()
