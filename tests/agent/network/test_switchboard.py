"""The switchboard: one thread that listens, is reminded, and has done beside it what may block."""

from __future__ import annotations

import os
import socket
import threading
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.network.switchboard import Switchboard

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def board() -> Iterator[Switchboard]:
    made = Switchboard("board-tested")
    yield made
    made.end()
    assert "board-tested" not in [thread.name for thread in threading.enumerate()]


def test_calls_are_made_in_the_boards_thread_in_order(board: Switchboard, tools: dict[str, Any]) -> None:
    seen: list[tuple[int, str]] = []
    for number in range(5):
        board.call(lambda number=number: seen.append((number, threading.current_thread().name)))
    tools["until"](lambda: len(seen) == 5)
    assert seen == [(number, "board-tested") for number in range(5)]


def test_what_blocks_is_done_beside(board: Switchboard, tools: dict[str, Any]) -> None:
    told: list[tuple[Any, Any, str]] = []

    def then(value: Any, error: Exception | None) -> None:
        told.append((value, error, threading.current_thread().name))

    board.aside(lambda: threading.current_thread().name, then, urgent=False)
    tools["until"](lambda: told)
    assert told == [("board-tested-aside", None, "board-tested")]
    board.aside(lambda: 1 // 0, then, urgent=True)
    tools["until"](lambda: len(told) == 2)
    assert isinstance(told[1][1], ZeroDivisionError)


def test_connections_are_listened_at_until_they_are_forgotten(board: Switchboard, tools: dict[str, Any]) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    heard: list[bytes] = []

    def hear() -> bool:
        try:
            heard.append(ours.recv(1))
        except BlockingIOError:
            return False
        return True

    theirs.send(b"abc")
    board.call(lambda: board.listen(ours, hear))
    tools["until"](lambda: len(heard) == 3)
    theirs.send(b"d")
    tools["until"](lambda: len(heard) == 4)
    gone = threading.Event()
    board.call(lambda: board.forget(ours))
    board.call(lambda: board.forget(ours))
    board.call(gone.set)
    assert gone.wait(10)
    theirs.send(b"e")
    board.call(gone.clear)
    tools["until"](lambda: not gone.is_set())
    assert heard == [b"a", b"b", b"c", b"d"]
    ours.close()
    theirs.close()


def test_a_connection_that_has_the_number_of_one_that_was_closed_is_listened_at(
    board: Switchboard, tools: dict[str, Any]
) -> None:
    heard: list[bytes] = []
    first, other = socket.socketpair()
    ours, theirs = socket.socketpair()
    done = threading.Event()

    def hear() -> bool:
        heard.append(first.recv(1))
        return False

    def replace() -> None:
        board.listen(first, lambda: False)
        number = first.fileno()
        os.dup2(ours.fileno(), number)  # it was closed by itself, and the next one got its number
        board.listen(first, hear)
        done.set()

    theirs.send(b"a")
    board.call(replace)
    assert done.wait(10)
    tools["until"](lambda: heard == [b"a"])
    theirs.send(b"b")
    tools["until"](lambda: heard == [b"a", b"b"])
    gone = threading.Event()
    board.call(lambda: board.forget(first))
    board.call(gone.set)
    assert gone.wait(10)
    for one in (first, other, ours, theirs):
        one.close()


def test_reminders_come_at_their_time_and_replace_each_other(board: Switchboard, tools: dict[str, Any]) -> None:
    seen: list[str] = []

    def set_them() -> None:
        now = monotonic()
        board.remind("a", now + 60, lambda: seen.append("too late"))
        board.remind("a", now + 0.02, lambda: seen.append("a"))
        board.remind("b", now + 0.01, lambda: seen.append("never"))
        board.remind("b", None, lambda: None)
        board.remind("c", now + 0.01, lambda: board.remind("d", None, lambda: None))
        board.remind("d", now + 0.01, lambda: seen.append("d was dropped by c"))
        board.remind("e", now + 0.05, lambda: seen.append("e"))

    board.call(set_them)
    tools["until"](lambda: "e" in seen)
    assert seen == ["a", "e"]


def test_what_raises_ends_nothing(board: Switchboard, tools: dict[str, Any]) -> None:
    done = threading.Event()
    board.call(lambda: 1 // 0)
    board.call(lambda: board.remind("x", 0.0, lambda: {}["nothing"]))
    board.call(done.set)
    assert done.wait(10)
    assert tools["until"](lambda: isinstance(board.fault, KeyError))


def test_what_was_to_be_called_is_called_before_the_end() -> None:
    made = Switchboard("board-last")
    hold, done = threading.Event(), threading.Event()
    made.call(lambda: hold.wait(10))
    made.call(done.set)
    threading.Timer(0.05, hold.set).start()
    made.end()
    assert done.is_set()


def test_many_wakes_do_not_block(board: Switchboard, tools: dict[str, Any]) -> None:
    hold, count = threading.Event(), [0]
    board.call(lambda: hold.wait(30) and None)

    def add() -> None:
        count[0] += 1

    for _ in range(70_000):
        board.call(add)
    hold.set()
    assert tools["until"](lambda: count[0] == 70_000)


def test_it_can_be_ended_from_its_own_thread() -> None:
    made = Switchboard("board-own")
    made.call(made.end)
    thread = made._thread
    thread.join(10)
    assert not thread.is_alive()
    made.call(lambda: None)
    made.end()
    assert made._closed
