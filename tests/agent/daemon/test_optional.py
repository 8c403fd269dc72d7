"""Meters that come and go while the daemon runs, and those that are left alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.config import MeterSetting
from wakeful_agent.daemon import loop
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData, Reading
from wakeful_agent.runner import Runner
from wakeful_agent.shelf import Entry, Shelf

from .stand import CONFIG, Many, Stand, sent

if TYPE_CHECKING:
    from pathlib import Path


class Asking(Many):
    name = "asking"
    aside = True
    allowed = False
    asked = 0

    def probe(self, host: Host) -> Capability:
        self.asked += 1
        return granted(self.name) if self.allowed else missing(self.name, "not yet")


def outcome(pushes: list[dict[str, Any]], meter: str) -> str:
    return str([push["meters"][meter]["outcome"] for push in pushes if meter in push.get("meters", {})][-1])


@pytest.fixture
def standing(tmp_path: Path, door: Any, heard: Any) -> Iterator[Any]:
    """Return a function that stands up a daemon with the given meters and settings of theirs."""
    made: list[Stand] = []

    def make(shelf: Shelf, **meters: MeterSetting) -> Stand:
        (tmp_path / "root").mkdir()
        runner = Runner(Host(str(tmp_path / "root")), shelf)
        made.append(Stand(tmp_path, door.url, heard, runner, CONFIG._replace(meters=meters)))
        return made[-1]

    yield make
    for stand in made:
        stand.link.stop()
        stand.runner.close()


TEXTFILE = Entry("textfile", "textfile:TextfileMeter", ("path:srv/prom",), "mkdir /srv/prom", "no folder of files")


def test_what_is_switched_on_and_missing_is_taken_up_on_the_next_tick(
    standing: Any, tmp_path: Path, door: Any, tools: Any, heard: Any
) -> None:
    on = MeterSetting(True, 1, {"folders": ["/srv/prom"]})
    stand = standing(Shelf([Many()], [TEXTFILE]), textfile=on)
    stand.begin()
    assert outcome(sent(door, tools, 1), "textfile") == "nothing"
    folder = tmp_path / "root/srv/prom"
    folder.mkdir(parents=True)
    (folder / "a.prom").write_text("shop_orders 5\n")
    stand.daemon._ran.clear()
    stand.tick(1000)
    assert outcome(sent(door, tools, 2), "textfile") == "ok"
    assert heard.text.count("textfile: now available") == 1
    (tmp_path / "root/srv/prom/a.prom").unlink()
    folder.rmdir()
    stand.daemon._probe()
    stand.daemon._ran.clear()
    stand.tick(1000)
    assert outcome(sent(door, tools, 3), "textfile") == "nothing"
    assert heard.text.count("textfile: no longer available: no folder of files") == 1


def test_a_subject_that_appears_is_taken_up_with_the_next_look(
    standing: Any, tmp_path: Path, door: Any, tools: Any
) -> None:
    stand = standing(Shelf([Many()], [TEXTFILE]))
    stand.begin()
    assert list(stand.runner.meters) == ["many"]
    (tmp_path / "root/srv/prom").mkdir(parents=True)
    stand.tick(1000)
    assert list(stand.runner.meters) == ["many"], "not on each tick: it costs looks"
    stand.daemon._probe()
    assert list(stand.runner.meters) == ["many", "textfile"]
    assert "textfile" in stand.tuned.plan.meters


def test_what_is_lacking_is_asked_again_each_minute_when_asking_costs(
    standing: Any, door: Any, tools: Any, heard: Any
) -> None:
    meter = Asking()
    stand = standing(Shelf([meter]), asking=MeterSetting(True, None, {}))
    stand.begin()
    tools["until"](lambda: (stand.tick(1000), not stand.runner.probing)[1])
    before = meter.asked
    stand.tick(1000)
    stand.tick(1000)
    assert meter.asked == before
    meter.allowed = True
    stand.daemon._sought -= loop.SEEK_ASIDE_SECONDS
    tools["until"](lambda: (stand.tick(1000), "asking: now available" in heard.text)[1])
    assert meter.asked == before + 1


def test_what_finds_nothing_and_costs_is_left_alone(standing: Any, tools: Any) -> None:
    class Nothing(Asking):
        name = "nothing"
        reads = 0

        def read(self, host: Host, now_ms: int) -> Reading:
            self.reads += 1
            raise NoData("none here")

    meter = Nothing()
    stand = standing(Shelf([meter]))
    stand.begin()
    tools["until"](lambda: (stand.tick(1000), meter.reads)[1])
    tools["until"](lambda: (stand.tick(1000), stand.daemon._outcomes.get("nothing"))[1])
    tools["until"](lambda: not stand.runner._background.busy)
    reads = meter.reads
    for _ in range(5):
        stand.tick(1000)
    assert meter.reads == reads


def test_what_was_read_for_other_settings_is_read_again_at_once(standing: Any, tools: Any) -> None:
    class Counted(Asking):
        interval_seconds = 600.0
        reads = 0
        gate = threading.Event()

        def read(self, host: Host, now_ms: int) -> Reading:
            self.reads += 1
            self.gate.wait(60)
            return super().read(host, now_ms)

    meter = Counted()
    stand = standing(Shelf([meter]))
    stand.begin()
    tools["until"](lambda: meter.reads)
    stand.runner.configure("asking", {"other": True})
    meter.gate.set()
    tools["until"](lambda: (stand.tick(1000), meter.reads == 2)[1])
