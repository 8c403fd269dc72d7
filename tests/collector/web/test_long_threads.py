"""Threads that come with the work and go without it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wakeful_collector.web.long_threads import LongThreads

if TYPE_CHECKING:
    import pytest


def until(threads: LongThreads, count: int) -> None:
    deadline = time.monotonic() + 5
    while len(threads) != count and time.monotonic() < deadline:
        time.sleep(0.01)
    assert len(threads) == count


def test_work_beyond_the_bound_is_refused_and_none_is_lost() -> None:
    threads = LongThreads(most=3, idle_seconds=5)
    going, done = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        going.wait(30)
        done.release()

    assert [threads.submit(work) for _ in range(4)] == [True, True, True, False]
    going.set()
    for _ in range(3):
        assert done.acquire(timeout=30)


def test_an_idle_thread_takes_the_next_work_and_ends_when_there_is_none() -> None:
    threads = LongThreads(most=8, idle_seconds=0.2)
    seen: list[int | None] = []
    for _ in range(5):
        finished = threading.Event()
        assert threads.submit(lambda finished=finished: (seen.append(threading.get_ident()), finished.set()))  # type: ignore[misc]  # a default is no argument to mypy
        assert finished.wait(30)
        time.sleep(0.02)
    assert len(set(seen)) == 1
    until(threads, 0)
    assert threads.submit(lambda: None)


def test_many_short_works_are_each_done_once_while_threads_come_and_go() -> None:
    threads = LongThreads(most=16, idle_seconds=0.001)
    lock, done = threading.Lock(), [0]

    def work() -> None:
        with lock:
            done[0] += 1

    taken = 0
    for number in range(2_000):
        taken += threads.submit(work)
        if number % 50 == 0:
            time.sleep(0.002)
    deadline = time.monotonic() + 5
    while done[0] < taken and time.monotonic() < deadline:
        time.sleep(0.01)
    assert done[0] == taken > 100
    until(threads, 0)


def test_work_that_fails_is_told_and_its_thread_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    threads = LongThreads(most=1, idle_seconds=5)
    threads.submit(lambda: 1 / 0)
    deadline = time.monotonic() + 5
    while "a long request failed" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    done = threading.Event()
    while not threads.submit(done.set) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert done.wait(30)
    assert "ZeroDivisionError" in caplog.text


def test_without_threads_left_in_the_system_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    threads = LongThreads()
    with monkeypatch.context() as changed:
        changed.setattr(threading.Thread, "start", none_left)
        assert not threads.submit(lambda: None)
    done = threading.Event()
    assert threads.submit(done.set)
    assert done.wait(30)
