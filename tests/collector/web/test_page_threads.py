"""The threads of the pages: so many work, those that wait for a reader are not counted, and no task is lost."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.web.page_threads import PageThreads

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What tasks wait for; opened at the end in any case."""
    made = threading.Event()
    yield made
    made.set()


def until(holds: Any) -> None:
    deadline = time.monotonic() + 30
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert holds()


def test_results_and_failures_are_the_futures() -> None:
    threads = PageThreads(2)
    assert threads.submit(divmod, 7, 2).result(30) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        threads.submit(divmod, 7, 0).result(30)
    with pytest.raises(SystemExit):  # gunicorn ends a request that way
        threads.submit(exit_now).result(30)
    assert threads.submit(divmod, 9, 2).result(30) == (4, 1)
    threads.shutdown(wait=False)
    with pytest.raises(RuntimeError):
        threads.submit(divmod, 1, 1)


def exit_now() -> None:
    raise SystemExit(3)


def test_no_more_work_at_once_than_there_are_places(gate: threading.Event) -> None:
    threads = PageThreads(3)
    working: list[int] = []

    def work(number: int) -> int:
        working.append(number)
        gate.wait(30)
        return number

    asked = [threads.submit(work, number) for number in range(8)]
    until(lambda: len(working) == 3)
    time.sleep(0.1)
    assert len(working) == 3
    gate.set()
    assert [one.result(30) for one in asked] == list(range(8))
    threads.shutdown()


def test_who_lends_its_place_lets_others_work_and_ends_when_it_is_one_too_many(gate: threading.Event) -> None:
    threads = PageThreads(2, lent_max=4)

    def wait_for_a_reader() -> bool:
        with threads.lend() as is_lent:
            gate.wait(30)
        return is_lent

    slow = [threads.submit(wait_for_a_reader) for _ in range(4)]
    until(lambda: threads._lent == 4)
    assert threads.submit(divmod, 7, 2).result(30) == (3, 1)
    with pytest.raises(ConnectionResetError):
        threads.submit(wait_for_a_reader).result(30)
    assert threads.submit(divmod, 9, 2).result(30) == (4, 1)
    gate.set()
    assert [one.result(30) for one in slow] == [True] * 4
    for _ in range(20):
        assert threads.submit(divmod, 7, 2).result(30) == (3, 1)
    until(lambda: len(threads._own) <= 2)
    assert threads._lent == 0
    threads.shutdown()
    until(lambda: not threads._own)


def test_readers_at_one_address_leave_places_to_others(gate: threading.Event) -> None:
    threads = PageThreads(2, lent_max=4, lent_to_one_max=2)

    def wait_for_a_reader(whose: str) -> bool:
        with threads.lend(whose) as is_lent:
            gate.wait(30)
        return is_lent

    slow = [threads.submit(wait_for_a_reader, "192.0.2.7") for _ in range(2)]
    until(lambda: threads._lent == 2)
    with pytest.raises(ConnectionResetError):
        threads.submit(wait_for_a_reader, "192.0.2.7").result(30)
    slow += [threads.submit(wait_for_a_reader, whose) for whose in ("192.0.2.8", "")]
    until(lambda: threads._lent == 4)
    gate.set()
    assert [one.result(30) for one in slow] == [True] * 4
    assert not threads._lent_to
    threads.shutdown()


def test_a_task_finds_the_thread_that_is_idle_though_another_was_woken_for_it(gate: threading.Event) -> None:
    threads, back = PageThreads(2, lent_max=4), threading.Event()

    def lend_and_go_on() -> None:
        with threads.lend():
            back.wait(30)
        gate.wait(30)

    threads.submit(lend_and_go_on)
    until(lambda: threads._lent == 1)
    both = threading.Barrier(3)
    idle = [threads.submit(both.wait, 30) for _ in range(2)]
    both.wait(30)
    for one in idle:
        one.result(30)
    back.set()
    until(lambda: threads._lent == 0)
    for _ in range(5):  # one thread too many is idle: whichever is woken first ends
        assert threads.submit(divmod, 7, 2).result(10) == (3, 1)
    gate.set()
    threads.shutdown()


def test_a_thread_of_another_kind_has_no_place_to_lend() -> None:
    threads = PageThreads(1, lent_max=0)
    with threads.lend() as is_lent:
        assert not is_lent


def test_where_the_system_has_no_thread_left_those_that_are_there_do_the_work(
    gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = PageThreads(2)
    first = threads.submit(gate.wait, 30)
    until(lambda: threads._own and not threads._tasks)

    def refuse(_self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    second = threads.submit(divmod, 7, 2)
    gate.set()
    assert first.result(30)
    assert second.result(30) == (3, 1)
    threads.shutdown()


def test_many_short_tasks_are_each_done_once() -> None:
    threads = PageThreads(4)
    done: list[int] = []
    asked = [threads.submit(done.append, number) for number in range(2_000)]
    for one in asked:
        one.result(30)
    assert sorted(done) == list(range(2_000))
    assert len(threads._own) <= 4
    threads.shutdown()
