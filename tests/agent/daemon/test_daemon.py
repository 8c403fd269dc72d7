"""The daemon's single decisions, without a process: real meters, real columns, a real spool and door."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.config import ConfigErrors, Problem
from wakeful_agent.daemon import loop
from wakeful_wire.answer import Answer

from .stand import CONFIG, Stand, events, sent

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stand(tmp_path: Path, door: Any, heard: Any) -> Iterator[Stand]:
    made = Stand(tmp_path, door.url, heard)
    yield made
    made.link.stop()
    made.runner.close()


def test_a_meter_with_an_interval_of_its_own_leaves_gaps(stand: Stand, door: Any, tools: Any) -> None:
    stand.begin()
    stand.tick(1000)
    rows = [push["ticks"][0][1] for push in sent(door, tools, 2)]
    assert rows == [[1, 2, 3], [1, 2, None]]


def test_the_clock_set_back_a_little_keeps_ticks_rising_in_one_run(stand: Stand, door: Any, tools: Any) -> None:
    stand.begin()
    for step in (1000, -100_000, 1000, 1000):
        stand.tick(step)
    pushes = sorted(sent(door, tools, 5), key=lambda push: push["sequence"])
    times = [push["ticks"][0][0] for push in pushes]
    assert times == sorted(set(times))
    assert len({push["run"] for push in pushes}) == 1


def test_the_clock_set_right_after_refusals_begins_a_new_run(stand: Stand, door: Any, tools: Any, heard: Any) -> None:
    true_ms = stand.clock_ms
    stand.clock_ms += 10_000_000
    door.answer = tools["refuse"](422, "clock_ahead", "clock")
    stand.begin()
    tools["until"](lambda: stand.ears.refusals)
    stand.tick(1000)
    assert "clock is ahead of the collector's" in heard.text
    tools["until"](lambda: stand.ears.refusals)
    stand.clock_ms = true_ms
    door.requests.clear()
    door.answer = tools["accept"]
    stand.tick(0)
    (push,) = sent(door, tools, 1)
    assert push["ticks"][0][0] == true_ms
    assert push["sequence"] == 0
    assert "hello" in push
    assert {event["kind"] for event in push["events"]} >= {"agent.clock_jumped", "agent.push_refused"}


def test_a_capability_that_flips_is_said_once_and_greeted_anew(stand: Stand, door: Any, tools: Any, heard: Any) -> None:
    stand.begin()
    stand.available = False
    stand.daemon._probe()
    stand.daemon._probe()
    stand.tick(1000)
    push = sent(door, tools, 2)[1]
    assert [(event["kind"], event["subject"], event["data"]) for event in push["events"]] == [
        ("agent.capability_changed", "right", {"available": False, "reason": "taken"})
    ]
    assert "hello" in push
    assert heard.text.count("right: no longer available: taken") == 1


def test_series_the_wire_does_not_take_are_said_once(stand: Stand, door: Any, tools: Any, heard: Any) -> None:
    stand.daemon._columns._most = 2
    stand.begin()
    stand.tick(1000)
    stand.tick(1000)
    pushes = sent(door, tools, 3)
    assert [len(push["ticks"][0][1]) for push in pushes] == [2, 2, 2]
    assert [event["data"] for event in events(door)] == [{"series": 1}]
    assert heard.text.count("1 series are left out") == 1
    stand.daemon._columns.forget("many")
    stand.tick(100_000)
    assert stand.daemon._cut == 1


def test_drops_at_the_bound_are_said_once_an_hour(stand: Stand, door: Any, tools: Any, heard: Any) -> None:
    door.answer = tools["refuse"](403, "revoked")
    stand.begin()
    stand.link._spool.bytes_max = 4096
    for _ in range(4):
        stand.tick(1000)
    assert stand.link.counts()["dropped"] >= 2
    assert heard.text.count("were dropped: the spool is at its bound") == 1
    stand.daemon._dropped_said = -1e9
    stand.tick(1000)
    assert heard.text.count("were dropped: the spool is at its bound") == 2


def test_drops_are_counted_until_the_collector_has_the_event(stand: Stand, door: Any, tools: Any) -> None:
    door.answer = tools["refuse"](503, "busy", **{"Retry-After": "1"})
    stand.begin()
    stand.link._spool.bytes_max = 2 * 4096
    for _ in range(9):
        stand.tick(1000)
    dropped = stand.link.counts()["dropped"]
    assert dropped >= 6
    door.answer = tools["accept"]
    tools["until"](lambda: not len(stand.link))
    stand.tick(1000)
    tools["until"](lambda: not len(stand.link))
    stand.tick(1000)
    tools["until"](lambda: not len(stand.link))
    assert stand.link._spool.unreported == 0
    accepted = {json.dumps(push["events"]) for push in accepted_of(door) if "events" in push}
    told = [event["data"]["pushes"] for text in accepted for event in json.loads(text)]
    assert sum(told) == stand.link.counts()["dropped"] == dropped


def accepted_of(door: Any) -> list[dict[str, Any]]:
    """Return every push as it was taken last: refused ones come again."""
    return list({push["sequence"]: push for push in door.pushes}.values())


def test_a_heavy_push_travels_in_parts(stand: Stand, door: Any, tools: Any) -> None:
    stand.begin()
    sent(door, tools, 1)
    for number in range(3):
        stand.composer.tell({"id": str(number), "at": 1, "kind": "x", "subject": "", "data": {"text": "x" * 300_000}})
    stand.tick(1000)
    pushes = sent(door, tools, 3)
    assert sorted(len(push["ticks"]) for push in pushes[1:]) == [0, 1]
    assert sorted(event["id"] for push in pushes[1:] for event in push["events"]) == ["0", "1", "2"]


def test_a_disk_that_takes_nothing_is_said_once_and_its_end_too(
    stand: Stand, door: Any, tools: Any, heard: Any
) -> None:
    stand.begin()
    spool = stand.folder / "spool"
    sent(door, tools, 1)
    spool.rename(stand.folder / "moved")
    stand.tick(1000)
    stand.tick(1000)
    sent(door, tools, 3)
    (stand.folder / "moved").rename(spool)
    stand.tick(1000)
    sent(door, tools, 4)
    assert [event["kind"] for event in events(door)] == ["agent.spool_unwritable"]
    assert heard.text.count("cannot be written") == 1
    assert heard.text.count("the spool can be written again") == 1


def test_a_paused_agent_pushes_without_ticks(stand: Stand, door: Any, tools: Any) -> None:
    stand.begin()
    stand.ears.answered(Answer(0, {"enabled": False}, [], 0, []))
    stand.tick(1000)
    stand.tick(1000)
    pushes = sent(door, tools, 3)
    assert [len(push["ticks"]) for push in pushes] == [1, 0, 0]


def test_local_settings_that_forbid_the_tuning_win(stand: Stand, door: Any, tools: Any, heard: Any) -> None:
    stand.begin()
    stand.ears.answered(Answer(0, {"interval": 9}, [], 0, []))
    stand.tick(1000)
    assert stand.tuned.plan.interval_seconds == 9
    stand.config = CONFIG._replace(allow_collector_tuning=False)
    stand.ears.reload = True
    stand.tick(1000)
    assert stand.tuned.plan.interval_seconds == 1
    assert "no longer permitted here" in heard.text


def test_a_bad_file_changes_nothing(stand: Stand, heard: Any) -> None:
    stand.begin()
    stand.config = ConfigErrors([Problem("f", 1, "is wrong", "mend it")])
    stand.ears.reload = True
    stand.tick(1000)
    assert stand.daemon._config is CONFIG
    assert "f:1: is wrong" in heard.text


def test_a_probing_comes_every_five_minutes(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "PROBE_SECONDS", 0.0)
    stand.begin()
    probed = stand.daemon._probed
    monkeypatch.setattr(stand.ears, "listen", lambda: None)
    monkeypatch.setattr(stand.ears, "close", lambda: None)
    naps = []

    def nap(_seconds: float) -> None:
        naps.append(_seconds)
        stand.clock_ms += 1000
        if len(naps) == 3:
            stand.ears.stop = "SIGTERM"

    monkeypatch.setattr(stand.ears, "sleep", nap)
    assert stand.daemon.run() == "SIGTERM"
    assert stand.daemon._probed > probed
    assert all(0 < seconds <= 1 for seconds in naps)


def test_ears_wake_and_never_block(stand: Stand) -> None:
    for _ in range(70_000):
        stand.ears.wake()
    stand.ears.sleep(5)
    stand.ears.answered(Answer(0, None, [], 0, []))
    assert not stand.ears.answers


def test_a_plan_that_gets_slower_still_keeps_the_tick_that_was_planned(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.begin()
    naps: list[float] = []
    monkeypatch.setattr(stand.ears, "sleep", naps.append)
    planned = stand.daemon._rest(stand.clock_ms)
    stand.tuned.ask({"interval": 60})
    assert stand.daemon._rest(planned) == planned
    assert naps[0] == naps[1] <= 1
