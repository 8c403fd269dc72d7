"""Costly answers are given again for a moment, cheap ones never, errors not at all."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from wakeful_collector.read import kept
from wakeful_collector.read.kept import Kept


class Clock:
    """Seconds that pass only when something says that it took some."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at = 100.0
        monkeypatch.setattr(kept, "monotonic", lambda: self.at)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def counted(clock: Clock, seconds: float) -> tuple[Kept[int], list[Path]]:
    """Return a keeper of the number of times it looked, each of which takes `seconds`."""
    asked: list[Path] = []

    def find(data: Path) -> int:
        asked.append(data)
        clock.at += seconds
        return len(asked)

    return Kept(find), asked


def test_a_cheap_answer_is_found_anew(clock: Clock) -> None:
    keeper, _ = counted(clock, 0.001)
    assert [keeper.of(Path("a")), keeper.of(Path("a"))] == [1, 2]


@pytest.mark.parametrize(("seconds", "lasts"), [(0.04, 1.0), (0.1, 2.5), (0.4, 3.0)])
def test_a_costly_answer_lasts_by_its_cost_up_to_three_seconds(clock: Clock, seconds: float, lasts: float) -> None:
    keeper, _ = counted(clock, seconds)
    assert keeper.of(Path("a")) == 1
    clock.at += lasts - 0.001
    assert keeper.of(Path("a")) == 1
    clock.at += 0.002
    assert keeper.of(Path("a")) == 2


def test_folders_are_told_apart(clock: Clock) -> None:
    keeper, asked = counted(clock, 0.1)
    assert [keeper.of(Path(name)) for name in "abab"] == [1, 2, 1, 2]
    assert asked == [Path("a"), Path("b")]


def test_a_failure_is_raised_and_not_kept(clock: Clock) -> None:
    def find(_: Path) -> int:
        clock.at += 1.0
        raise OSError("gone")

    keeper = Kept(find)
    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            keeper.of(Path("a"))


def test_who_asks_meanwhile_waits_for_the_same_answer(clock: Clock) -> None:
    entered, go = threading.Event(), threading.Event()
    looks: list[int] = []

    def find(_: Path) -> int:
        looks.append(1)
        entered.set()
        assert go.wait(30)
        clock.at += 0.1
        return len(looks)

    keeper = Kept(find)
    answers: list[int] = []
    askers = [threading.Thread(target=lambda: answers.append(keeper.of(Path("a")))) for _ in range(4)]
    for asker in askers:
        asker.start()
    assert entered.wait(30)
    go.set()
    for asker in askers:
        asker.join(30)
    assert answers == [1, 1, 1, 1]
