from __future__ import annotations

from typing import Any

import pytest

from wakeful_agent.action import Outcome
from wakeful_agent.actions.on_watch import OF_EVERY_WATCH, PauseWatch, PerformVerb, RepairWatch, ResumeWatch
from wakeful_agent.host.files import Host
from wakeful_agent.watch import Verb, Watch

NOW_MS = 1_000_000


class Server(Watch):
    kind = "server"
    verbs = (Verb("server.stop", "changes", "Stops it"),)

    def perform(self, verb: str, host: Host, now_ms: int) -> Outcome:
        return Outcome(True, f"{self.name}: {verb}")


class Notebook:
    """Keeps one watch and notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    def pause(self, *asked: Any) -> Outcome:
        self.asked.append(("pause", *asked))
        return Outcome(True, "paused")

    def resume(self, *asked: Any) -> Outcome:
        self.asked.append(("resume", *asked))
        return Outcome(True, "resumed")

    def repair(self, *asked: Any) -> Outcome:
        self.asked.append(("repair", *asked))
        return Outcome(True, "repaired")

    def watch(self, name: str) -> Watch | None:
        return Server(name, {}) if name == "survival" else None


def test_a_watch_is_paused_for_some_time_or_for_good() -> None:
    keeper = Notebook()
    pause = PauseWatch(keeper, ["survival"])
    assert pause.run(Host(), {"watch": "survival", "seconds": 60}, NOW_MS).summary == "paused"
    pause.run(Host(), {"watch": "all", "seconds": 0}, NOW_MS)
    assert keeper.asked == [
        ("pause", "survival", NOW_MS + 60_000, "the collector", NOW_MS),
        ("pause", "all", None, "the collector", NOW_MS),
    ]


def test_it_is_taken_up_again_and_repaired() -> None:
    keeper = Notebook()
    assert ResumeWatch(keeper, ["survival"]).run(Host(), {"watch": "survival"}, NOW_MS).done
    assert RepairWatch(keeper, ["survival"]).run(Host(), {"watch": "survival"}, NOW_MS).done
    assert [asked[:2] for asked in keeper.asked] == [("resume", "survival"), ("repair", "survival")]


@pytest.mark.parametrize("made", OF_EVERY_WATCH)
def test_only_watches_of_the_file_can_be_named(made: Any) -> None:
    (watch, *_) = made(Notebook(), ["survival"]).parameters
    assert watch.problem("survival") == ""
    assert watch.problem("creative")
    assert bool(watch.problem("all")) == (made is RepairWatch)


def test_a_kind_does_what_it_can_do_beside() -> None:
    stop = PerformVerb(Notebook(), ["survival", "gone"], Server.verbs[0])
    assert stop.document()["name"] == "server.stop"
    assert stop.run(Host(), {"watch": "survival"}, NOW_MS) == Outcome(True, "survival: server.stop")
    assert not stop.run(Host(), {"watch": "gone"}, NOW_MS).done


def test_a_watch_with_dry_run_is_only_talked_about() -> None:
    stop = PerformVerb(Notebook(), ["survival", "gone"], Server.verbs[0], ["survival", "gone"])
    told = Outcome(True, "dry run, nothing was done: server.stop with watch 'survival'", {"dry_run": True})
    assert stop.run(Host(), {"watch": "survival"}, NOW_MS) == told
    assert not stop.run(Host(), {"watch": "gone"}, NOW_MS).done
