"""Whoever was put to sleep is expected to be silent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import expecting
from wakeful_collector.read import incidents
from wakeful_collector.store import absences
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_machine_that_was_put_to_sleep_may_be_silent_until_it_is_heard(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    box = machine("box")
    assert expecting.asleep(data, box.id, now_ms)
    absence = incidents.absence(data, box.key, now_ms + 10**10)
    assert absence is not None
    assert (absence.kind, absence.noted_by, absence.until_ms) == ("sleeping", "local:gateway", None)
    assert not expecting.asleep(data, box.id, now_ms), "that was said"


def test_one_that_is_woken_before_anybody_noticed_is_expected_again_after_a_while(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    box = machine("box")
    assert not expecting.awake(data, box.id, now_ms), "it was expected all the time"
    expecting.asleep(data, box.id, now_ms)
    assert expecting.awake(data, box.id, now_ms + 60_000)
    assert incidents.absence(data, box.key, now_ms + 600_000) is not None
    assert incidents.absence(data, box.key, now_ms + 660_001) is None


def test_one_whose_silence_was_noticed_is_expected_when_it_is_heard(
    data: Path, machine: Callable[..., Any], now_ms: int
) -> None:
    box = machine("box")
    expecting.asleep(data, box.id, now_ms)
    with changing(data) as connection:
        absences.note_slept(connection, box.key)
    assert not expecting.awake(data, box.id, now_ms)
    assert incidents.absence(data, box.key, now_ms + 10**10) is not None


def test_what_people_said_stays(data: Path, machine: Callable[..., Any], now_ms: int) -> None:
    box = machine("box")
    with changing(data) as connection:
        absences.keep(connection, absences.Absence(box.key, "maintenance", now_ms, None, False, "user:ana", ""))
    assert not expecting.asleep(data, box.id, now_ms)
    assert not expecting.awake(data, box.id, now_ms)
    absence = incidents.absence(data, box.key, now_ms)
    assert absence is not None
    assert (absence.kind, absence.until_ms) == ("maintenance", None)


def test_a_host_that_was_forgotten_is_nobodys(data: Path, now_ms: int) -> None:
    assert not expecting.asleep(data, "nobody", now_ms)
    assert not expecting.awake(data, "nobody", now_ms)
