"""Waiting for a command's end, within bounds."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from wakeful_collector import commands
from wakeful_collector.commands import Waiting
from wakeful_collector.store.changes import changing
from wakeful_wire.push import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_the_end_is_answered_as_soon_as_it_is_there(
    data: Path, host: Any, asked: Callable[..., Any], now_ms: int
) -> None:
    command = asked().command

    def end() -> None:
        time.sleep(0.15)
        with changing(data) as connection:
            commands.hand_out(connection, host.key, "run-1", 4, now_ms)
        with changing(data) as connection:
            commands.take_results(connection, host.key, host.id, [Result(command.id, "done", {})], now_ms)

    ending = threading.Thread(target=end)
    ending.start()
    began = time.monotonic()
    found = Waiting().for_end(data, command.id, 30, 1)
    assert found is not None
    assert found.state == "done"
    assert 0.1 < time.monotonic() - began < 10
    ending.join()


def test_patience_ends_with_the_command_as_it_stands(data: Path, asked: Callable[..., Any]) -> None:
    command = asked().command
    found = Waiting().for_end(data, command.id, 0.12, 1)
    assert found is not None
    assert found.state == "requested"


def test_who_comes_when_too_many_wait_is_answered_at_once(data: Path, asked: Callable[..., Any]) -> None:
    command, waiting = asked().command, Waiting()
    first = threading.Thread(target=waiting.for_end, args=(data, command.id, 2, 1))
    first.start()
    time.sleep(0.1)
    began = time.monotonic()
    found = waiting.for_end(data, command.id, 2, 1)
    assert found is not None
    assert time.monotonic() - began < 0.5
    first.join()
    began = time.monotonic()
    waiting.for_end(data, command.id, 0.2, 1)
    assert time.monotonic() - began >= 0.2, "the place is free again"


def test_what_is_not_there_or_goes_away_is_none(data: Path, host: Any, asked: Callable[..., Any]) -> None:
    assert Waiting().for_end(data, "cmd-none", 5, 1) is None
    command = asked().command

    def forget() -> None:
        time.sleep(0.1)
        with changing(data) as connection:
            commands.prune(connection, [host.key], 0)

    forgetting = threading.Thread(target=forget)
    forgetting.start()
    assert Waiting().for_end(data, command.id, 10, 1) is None
    forgetting.join()
