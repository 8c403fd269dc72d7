"""Errands: several at a time, one of a key, late ones left behind."""

from __future__ import annotations

import threading
import time
from queue import Queue
from typing import TYPE_CHECKING, Callable

from wakeful_agent.daemon.errands import Errands
from wakeful_agent.host.lane import Answer, Call

if TYPE_CHECKING:
    import pytest


class Done(Queue[tuple[str, Answer]]):
    def __call__(self, key: str, answer: Answer) -> None:
        self.put((key, answer))


def call(key: str, function: Callable[[], object], budget_seconds: float = 10.0) -> Call:
    return Call(key, function, budget_seconds)


def fail() -> None:
    raise ValueError("no")


def test_answers_come_with_what_was_returned_or_raised() -> None:
    done = Done()
    errands = Errands(done, 2)
    assert errands.start(call("a", lambda: 7))
    assert done.get(timeout=30)[1].value == 7
    assert errands.start(call("b", fail))
    key, answer = done.get(timeout=30)
    assert key == "b"
    assert isinstance(answer.error, ValueError)


def test_no_more_run_at_once_than_may_and_one_of_a_key() -> None:
    done, hold, began = Done(), threading.Event(), Queue[str]()

    def work(key: str) -> None:
        began.put(key)
        hold.wait(10)

    errands = Errands(done, 2)
    assert all(errands.start(call(key, lambda key=key: work(key))) for key in "abc")
    assert {began.get(timeout=30), began.get(timeout=30)} == {"a", "b"}
    assert not errands.start(call("a", lambda: work("a")))
    assert not errands.start(call("c", lambda: work("c")))
    assert began.empty()
    hold.set()
    assert began.get(timeout=30) == "c"
    assert {done.get(timeout=30)[0] for _ in range(3)} == {"a", "b", "c"}
    assert "a" not in errands


def test_a_late_one_is_answered_once_and_gives_its_place_to_the_next() -> None:
    done, hold = Done(), threading.Event()
    errands = Errands(done, 1)
    errands.start(call("slow", lambda: hold.wait(10), 0.05))
    errands.start(call("next", lambda: "here"))
    assert errands.due_seconds() <= 0.05
    time.sleep(0.06)
    assert errands.due_seconds() == 0
    errands.judge()
    key, answer = done.get(timeout=30)
    assert (key, answer.late) == ("slow", True)
    assert done.get(timeout=30)[1].value == "here"
    assert not errands.start(call("slow", lambda: 1))
    hold.set()
    deadline = time.monotonic() + 5
    while "slow" in errands and time.monotonic() < deadline:
        time.sleep(0.01)
    assert done.empty()
    assert errands.start(call("slow", lambda: 1))
    assert done.get(timeout=30)[1].value == 1
    assert errands.due_seconds() > 3000


def test_when_too_much_hangs_those_that_wait_are_late_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wakeful_agent.daemon.errands.HUNG_MAX", 1)
    done, hold = Done(), threading.Event()
    errands = Errands(done, 1)
    errands.start(call("slow", lambda: hold.wait(10), 0.01))
    errands.start(call("next", lambda: "here"))
    time.sleep(0.02)
    errands.judge()
    assert [done.get(timeout=30)[0] for _ in range(2)] == ["slow", "next"]
    hold.set()
    deadline = time.monotonic() + 5
    while "slow" in errands and time.monotonic() < deadline:
        time.sleep(0.01)
    assert errands.start(call("next", lambda: "here"))
    assert done.get(timeout=30)[1].value == "here"


def test_a_machine_without_threads_is_an_error_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Done()

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    errands = Errands(done, 1)
    errands.start(call("a", lambda: 1))
    assert "no thread could be started" in str(done.get(timeout=30)[1].error)
    assert "a" not in errands
