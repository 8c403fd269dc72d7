from __future__ import annotations

import multiprocessing
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.ingest.committer import Committer
from wakeful_collector.model.store_errors import StoreBusy

if TYPE_CHECKING:
    from collections.abc import Callable


def _intake(settled: Callable[[Any], object]) -> Any:
    return SimpleNamespace(settled=settled, error=None)


def test_what_arrives_meanwhile_shares_the_next_group() -> None:
    groups: list[int] = []
    going, go_on = threading.Event(), threading.Event()

    def accept(group: Any) -> None:
        groups.append(len(group))
        going.set()
        go_on.wait(30)

    committer = Committer(accept)
    settled = threading.Semaphore(0)
    committer.submit([_intake(lambda _: settled.release())])
    assert going.wait(30)
    for _ in range(10):
        committer.submit([_intake(lambda _: settled.release())])
    go_on.set()
    for _ in range(11):
        assert settled.acquire(timeout=30)
    committer.stop()
    assert groups == [1, 10]


def test_the_thread_outlives_whatever_happens(caplog: pytest.LogCaptureFixture) -> None:
    def accept(group: Any) -> None:
        raise OSError("no file left")

    committer = Committer(accept)
    settled: list[Any] = []
    done = threading.Semaphore(0)
    for _ in range(2):
        committer.submit([_intake(lambda one: (settled.append(one.error), done.release()))])
        assert done.acquire(timeout=30)
    committer.stop()
    assert [str(error) for error in settled] == ["no file left"] * 2
    assert "could not be kept" in caplog.text


def test_an_answer_that_cannot_be_given_costs_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    done = threading.Event()

    def fail(_: Any) -> None:
        raise BrokenPipeError

    committer = Committer(lambda group: None)
    committer.submit([_intake(fail), _intake(lambda _: done.set())])
    assert done.wait(30)
    committer.stop()
    assert "an answer could not be given" in caplog.text


def test_after_the_end_nothing_is_taken() -> None:
    committer = Committer(lambda group: None)
    done = threading.Event()
    committer.submit([_intake(lambda _: done.set())])
    committer.stop()
    assert done.is_set()
    with pytest.raises(StoreBusy):
        committer.submit([_intake(lambda _: None)])


def test_stopping_what_never_ran_is_fine() -> None:
    Committer(lambda group: None).stop()


def test_a_forked_process_gets_a_thread_of_its_own() -> None:
    done = threading.Event()
    committer = Committer(lambda group: None)
    committer.submit([_intake(lambda _: done.set())])
    assert done.wait(30)

    def child() -> None:
        answered = threading.Event()
        committer.submit([_intake(lambda _: answered.set())])
        assert answered.wait(30)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(10)
    assert process.exitcode == 0
    committer.stop()
