"""The keeper keeps lamps alight: files that are there while they are lit, and really put back."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping

import pytest

from wakeful_agent.action import Outcome
from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.daemon.keeping import Keeper
from wakeful_agent.daemon.memory import Memory, path_of
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.log import Log
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, HELD, STOPPED, UP, Sight, Watch

from ..conftest import until

if TYPE_CHECKING:
    from wakeful_agent.meter import Result


class Lamp(Watch):
    """A file; looked at twenty times a second."""

    kind = "lamp"
    options = (Option("path", "", "where it is"), Option("broken", False, "whether it takes no light"))
    interval_seconds = 0.05
    budget_seconds = 0.3
    repair_seconds = 0.5
    acts = True

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        return str(options.get("path", ""))

    @property
    def path(self) -> Path:
        return Path(self.chosen["path"])

    def look(self, host: Host, now_ms: int) -> Sight:
        if self.path.with_suffix(".slow").exists():
            time.sleep(0.5)
        if self.path.with_suffix(".dark").exists():
            raise Denied("it is too dark to see")
        return Sight(UP) if self.path.exists() else Sight(DOWN, "it is out", {"console": ["fizz"]})

    def repair(self, host: Host, now_ms: int) -> Outcome:
        if self.path.with_suffix(".stuck").exists():
            time.sleep(1.2)
        if self.path.with_suffix(".hot").exists():
            raise HostError("it is too hot")
        if not self.chosen["broken"]:
            self.path.touch()
        return Outcome(True, "a match was struck")


class Bell(Watch):
    """Reports what it is told; rung by whoever holds it."""

    kind = "bell"
    options = (Option("wires", 1, "how many"),)
    hears = acts = True
    inventory_name = "bells"
    report: Callable[[Sight], None] | None = None
    rung = 0

    def begin(self, report: Callable[[Sight], None]) -> None:
        if self.chosen["wires"] == 0:
            raise ValueError("no wire")
        self.report = report

    def end(self) -> None:
        self.report = None
        if self.chosen["wires"] == 3:
            raise ValueError("the wire is stuck")

    def ring(self, state: str, detail: str = "") -> None:
        assert self.report is not None
        self.report(Sight(state, detail))

    def inventory(self) -> dict[str, Any]:
        return {"name": self.name, "rung": self.rung}

    def repair(self, host: Host, now_ms: int) -> Outcome:
        self.rung += 1
        return Outcome(True, "rung")


QUICK = {"debounce_seconds": 0.1, "backoff_seconds": 0.2, "verify_seconds": 0.4, "steady_seconds": 0.2}


class Stand:
    """A keeper in a folder, and what it told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[dict[str, Any]] = []
        self.woken = threading.Event()
        self.text = io.StringIO()
        self.shift_ms = 0
        self.keeper = self.made()

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + self.shift_ms

    def made(self) -> Keeper:
        return Keeper(Host(), str(self.folder), self.woken.set, Log(stream=self.text), self.now_ms)

    def keep(self, *watches: Watch, begin: bool = True, **more: Any) -> Stand:
        settings = [
            WatchSetting(one.name, one.kind, dict(one.chosen), **{**QUICK, **more})  # type: ignore[arg-type]
            for one in watches
        ]
        self.keeper.configure(watches, settings)
        if begin:
            self.keeper.begin()
        return self

    def kinds(self, name: str = "") -> list[str]:
        self.told += self.keeper.take()
        return [one["kind"] for one in self.told if name in ("", one["subject"])]

    def data(self, kind: str) -> dict[str, Any]:
        found: dict[str, Any] = [one["data"] for one in self.told if one["kind"] == kind][-1]
        return found

    def row(self, name: str) -> dict[str, Any]:
        result: Result | None = self.keeper.results().get("watches")
        rows = result.inventories["watches"] if result is not None else []
        return next((one for one in rows if one["name"] == name), {})


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.keeper.close()


def lamp(stand: Stand, name: str = "hall", lit: bool = True, **options: Any) -> Lamp:
    made = Lamp(name, {"path": str(stand.folder / f"{name}.lamp"), **options})
    if lit:
        made.path.touch()
    return made


def test_a_lamp_that_goes_out_is_lit_again_and_told(stand: Stand) -> None:
    hall = lamp(stand)
    stand.keep(hall)
    until(lambda: stand.row("hall").get("state") == UP)
    hall.path.unlink()
    until(lambda: "watch.up" in stand.kinds())
    assert stand.kinds() == ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
    assert hall.path.exists()
    assert stand.woken.is_set()
    assert stand.told[0]["subject"] == "hall"
    assert stand.data("watch.down") | {"incident": 0} == {
        "incident": 0,
        "kind": "lamp",
        "detail": "it is out",
        "console": ["fizz"],
    }
    assert stand.data("recovery.attempted")["summary"] == "a match was struck"
    figures = stand.keeper.results()["watches"]
    assert dict(zip([one.name for one in figures.series], figures.values)) == {
        "watch.up": 1.0,
        "recovery.attempts": 1.0,
    }
    assert "watch hall is down: it is out" in stand.text.getvalue()


def test_a_lamp_that_takes_no_light_is_given_up_and_a_person_may_repair_it(stand: Stand) -> None:
    hall = lamp(stand, lit=False, broken=True)
    stand.keep(hall, attempts=2)
    until(lambda: "recovery.given_up" in stand.kinds())
    assert stand.data("recovery.given_up")["attempts"] == 2
    assert stand.data("recovery.given_up")["console"] == ["fizz"]
    assert stand.keeper.watch("hall") is hall
    hall.chosen["broken"] = False
    assert stand.keeper.repair("hall", "ada", 0).done
    until(lambda: "watch.up" in stand.kinds())
    until(lambda: stand.row("hall")["phase"] == "watching")
    assert stand.keeper.repair("hall", "ada", 0) == Outcome(False, "it is up")
    assert stand.keeper.repair("all", "ada", 0).done is False
    assert stand.keeper.repair("attic", "ada", 0) == Outcome(False, "there is no watch 'attic' here")
    assert stand.keeper.watch("attic") is None


def test_what_cannot_be_looked_at_is_told_and_never_acted_on(stand: Stand) -> None:
    hall = lamp(stand, lit=False)
    hall.path.with_suffix(".dark").touch()
    stand.keep(hall)
    until(lambda: "watch.blind" in stand.kinds())
    assert stand.data("watch.blind")["detail"] == "it is too dark to see"
    assert stand.data("watch.blind")["trouble"] == "denied"
    assert stand.keeper.results()["watches"].values[0] is None
    time.sleep(0.3)
    assert not hall.path.exists()


def test_a_slow_look_is_no_sight_and_holds_up_nobody(stand: Stand) -> None:
    hall, cellar = lamp(stand), lamp(stand, "cellar")
    hall.path.with_suffix(".slow").touch()
    stand.keep(hall, cellar)
    until(lambda: stand.row("cellar").get("state") == UP)
    until(lambda: "nothing came back within" in stand.row("hall").get("detail", ""))
    hall.path.with_suffix(".slow").unlink()
    until(lambda: stand.row("hall").get("state") == UP)


def test_a_repair_that_raises_or_hangs_is_a_failed_attempt(stand: Stand) -> None:
    hall, cellar = lamp(stand, lit=False), lamp(stand, "cellar", lit=False)
    hall.path.with_suffix(".hot").touch()
    cellar.path.with_suffix(".stuck").touch()
    stand.keep(hall, cellar, attempts=2)
    until(lambda: stand.kinds("hall").count("recovery.failed") == 2)
    until(lambda: stand.kinds("cellar").count("recovery.failed") == 2)
    whys = {one["data"]["why"] for one in stand.told if one["kind"] == "recovery.failed"}
    assert {"it is too hot", "the attempt did not come back within 0.5 s"} <= whys


def test_a_named_action_of_the_file_repairs_it(stand: Stand) -> None:
    hall = lamp(stand, lit=False, broken=True)
    hall.repairs = lambda _host, _now_ms: Outcome(hall.path.touch() is None, "the action lit it")
    stand.keep(hall)
    until(lambda: "watch.up" in stand.kinds())
    assert stand.data("recovery.attempted")["summary"] == "the action lit it"


def test_a_bell_is_heard_at_once(stand: Stand) -> None:
    bell = Bell("door", {})
    stand.keep(bell, debounce_seconds=0, verify_seconds=60)
    until(lambda: bell.report)
    bell.ring(UP)
    until(lambda: stand.row("door").get("state") == UP)
    begun = time.monotonic()
    bell.ring(DOWN)
    until(lambda: bell.rung)
    assert time.monotonic() - begun < 0.5
    until(lambda: stand.row("door")["phase"] == "verifying")
    assert stand.keeper.results()["watches"].inventories["bells"] == [{"name": "door", "rung": 1}]
    bell.ring(HELD, "muffled")
    until(lambda: "watch.held" in stand.kinds())
    bell.ring(STOPPED, "by ada")
    until(lambda: "watch.stopped" in stand.kinds())


def test_a_kind_that_cannot_begin_is_told_and_costs_nobody_else_anything(stand: Stand) -> None:
    stand.keep(Bell("door", {"wires": 0}), lamp(stand))
    until(lambda: "watch.blind" in stand.kinds("door"))
    assert "ValueError: no wire" in stand.data("watch.blind")["detail"]
    until(lambda: stand.row("hall").get("state") == UP)


def test_a_dry_run_touches_nothing(stand: Stand) -> None:
    hall = lamp(stand, lit=False)
    stand.keep(hall, dry_run=True)
    until(lambda: "recovery.attempted" in stand.kinds())
    assert stand.data("recovery.attempted")["dry_run"] is True
    time.sleep(0.3)
    assert not hall.path.exists()
    assert stand.keeper.repair("hall", "ada", 0) == Outcome(True, "dry run: nothing is done")
    stand.keep(hall, begin=False)
    until(hall.path.exists)


def test_a_pause_by_command_is_silence_until_it_ends(stand: Stand) -> None:
    hall = lamp(stand)
    stand.keep(hall)
    until(lambda: stand.row("hall").get("state") == UP)
    now_ms = stand.now_ms()
    assert stand.keeper.pause("hall", now_ms + 60_000, "ada", now_ms) == Outcome(True, "hall is left alone for 60 s")
    assert (stand.folder / "paused" / "hall").read_text() == "60s by ada"
    hall.path.unlink()
    time.sleep(0.4)
    assert stand.kinds() == ["watch.paused"]
    assert stand.data("watch.paused")["why"] == "by ada"
    until(lambda: stand.row("hall")["paused"])
    assert stand.keeper.resume("hall", "ada", now_ms) == Outcome(True, "hall is kept alive again")
    until(hall.path.exists)
    assert stand.keeper.resume("hall", "ada", now_ms) == Outcome(True, "hall was not paused")


def test_maintenance_pauses_all_and_is_ended_for_all(stand: Stand) -> None:
    hall, cellar = lamp(stand), lamp(stand, "cellar")
    stand.keep(hall, cellar)
    assert stand.keeper.pause("all", None, "ada", stand.now_ms()).done
    assert stand.kinds() == ["watch.paused"] * 2
    assert stand.keeper.resume("hall", "ada", 0) == Outcome(False, "hall is paused with all watches: resume all")
    assert stand.keeper.resume("all", "ada", stand.now_ms()).done
    assert stand.kinds().count("watch.resumed") == 2


def test_a_file_by_hand_pauses_too(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wakeful_agent.daemon.keeping.PAUSES_SECONDS", 0.05)
    hall = lamp(stand)
    stand.keep(hall)
    (stand.folder / "paused").mkdir()
    (stand.folder / "paused" / "hall").write_text("1s new bulb")
    until(lambda: "watch.paused" in stand.kinds())
    until(lambda: "watch.resumed" in stand.kinds())
    until(lambda: not (stand.folder / "paused" / "hall").exists())


def test_a_folder_that_takes_no_pause_is_said(stand: Stand) -> None:
    stand.keep(lamp(stand))
    (stand.folder / "paused").write_text("in the way")
    outcome = stand.keeper.pause("hall", None, "ada", 0)
    assert not outcome.done
    assert "cannot be written down" in outcome.summary


def test_a_keeper_that_does_not_run_says_so(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wakeful_agent.daemon.keeping.ASKED_SECONDS", 0.05)
    assert stand.keeper.resume("hall", "ada", 0) == Outcome(False, "the keeper of watches does not answer")
    assert stand.keeper.results() == {}


def test_reading_the_file_again_forgets_nothing(stand: Stand) -> None:
    hall = lamp(stand, lit=False, broken=True)
    stand.keep(hall, attempts=1)
    until(lambda: "recovery.given_up" in stand.kinds())
    stand.keep(lamp(stand, lit=False, broken=True), lamp(stand, "cellar"), begin=False, attempts=1)
    until(lambda: stand.row("cellar").get("state") == UP)
    assert stand.keeper.watch("hall") is hall
    assert stand.row("hall")["phase"] == "given_up"
    assert stand.row("hall")["attempts"] == 1


def test_new_options_make_a_new_watch_of_the_same_thing(stand: Stand) -> None:
    bell = Bell("door", {})
    stand.keep(bell, verify_seconds=60)
    until(lambda: bell.report)
    bell.ring(DOWN)
    until(lambda: bell.rung)
    late = bell.report
    new = Bell("door", {"wires": 2})
    stand.keep(new, begin=False, verify_seconds=60)
    until(lambda: new.report)
    assert bell.report is None
    assert late is not None
    late(Sight(UP))
    time.sleep(0.1)
    assert stand.row("door")["phase"] == "verifying"
    assert stand.row("door")["attempts"] == 1


def test_another_subject_or_kind_begins_anew_and_what_is_gone_is_closed(stand: Stand) -> None:
    stand.keep(lamp(stand, lit=False, broken=True), attempts=1)
    until(lambda: "recovery.given_up" in stand.kinds())
    other = Lamp("hall", {"path": str(stand.folder / "other.lamp")})
    other.path.touch()
    stand.keep(other, begin=False, attempts=1)
    until(lambda: stand.row("hall").get("state") == UP)
    assert stand.row("hall")["attempts"] == 0
    bell = Bell("hall", {"wires": 3})
    stand.keep(bell, begin=False)
    until(lambda: bell.report)
    bell.ring(DOWN)
    until(lambda: stand.kinds().count("watch.down") == 2)
    stand.keep(begin=False)
    until(lambda: "watch.stopped" in stand.kinds())
    assert stand.data("watch.stopped")["detail"] == "it is watched no longer"
    until(lambda: stand.keeper.results() == {})
    memory = Memory(str(stand.folder))
    until(lambda: memory.restore() == "" and memory.kind("hall") == "bell")
    state = memory.state("hall", "bell")
    assert state is not None
    assert state.incident == ""


def test_the_clock_may_jump(stand: Stand) -> None:
    hall = lamp(stand, lit=False, broken=True)
    stand.keep(hall, backoff_seconds=3600, backoff_max_seconds=7200, attempts=5)
    until(lambda: stand.row("hall").get("phase") == "waiting")
    due_ms = stand.row("hall")["next_ms"]
    stand.shift_ms = 86_400_000
    until(lambda: stand.row("hall")["next_ms"] - due_ms > 86_000_000)
    stand.shift_ms = -86_400_000
    until(lambda: due_ms - stand.row("hall")["next_ms"] > 86_000_000)
    assert len([one for one in stand.kinds() if one == "recovery.attempted"]) == 1
    assert "the clock jumped by 86400 s" in stand.text.getvalue()


def test_states_are_taken_up_after_a_restart(stand: Stand) -> None:
    stand.keep(lamp(stand, lit=False, broken=True), attempts=1)
    until(lambda: "recovery.given_up" in stand.kinds())
    stand.keeper.close()
    stand.keeper = stand.made()
    stand.keep(lamp(stand, lit=False, broken=True), attempts=1)
    until(lambda: stand.row("hall").get("state") == DOWN)
    time.sleep(0.3)
    assert stand.row("hall")["phase"] == "given_up"
    assert stand.kinds().count("recovery.given_up") == 1
    assert stand.row("hall")["attempts"] == 1


def test_a_broken_memory_is_said_and_no_failure(tmp_path: Path) -> None:
    Path(path_of(str(tmp_path))).write_text("{")
    stand = Stand(tmp_path)
    assert "what was tried before is not known" in stand.text.getvalue()
    stand.keeper.close()


def test_a_disk_that_takes_nothing_keeps_nobody_from_acting(stand: Stand) -> None:
    (stand.folder / "watches.json.temp").mkdir()
    hall = lamp(stand, lit=False)
    stand.keep(hall)
    until(hall.path.exists)
    assert "cannot be written down" in stand.text.getvalue()
    (stand.folder / "watches.json.temp").rmdir()
    until(lambda: "can be written down again" in stand.text.getvalue())


VICTIM = """
import sys, time
sys.path.insert(0, {tests!r})
from pathlib import Path
from tests.agent.daemon import test_keeping as t
class Slow(t.Lamp):
    kind = "lamp"
    repair_seconds = 60.0
    def repair(self, host, now_ms):
        with open(self.path.with_suffix(".tries"), "a") as file:
            file.write("x")
        time.sleep(60)
stand = t.Stand(Path(sys.argv[1]))
stand.keep(Slow("hall", {{"path": sys.argv[1] + "/hall.lamp"}}), attempts=2)
time.sleep(60)
"""


def test_the_budget_survives_a_hard_end_in_the_middle_of_an_attempt(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    for number in (1, 2):
        with subprocess.Popen(
            [sys.executable, "-c", VICTIM.format(tests=str(root)), str(tmp_path)], cwd=root
        ) as victim:
            tries = tmp_path / "hall.tries"
            until(lambda tries=tries, number=number: tries.exists() and len(tries.read_text()) == number)
            os.kill(victim.pid, signal.SIGKILL)
        memory = Memory(str(tmp_path))
        assert memory.restore() == ""
        state = memory.state("hall", "lamp")
        assert state is not None
        assert state.phase == "acting"
        assert len(state.tried_ms) == number
    stand = Stand(tmp_path)
    stand.keep(Lamp("hall", {"path": str(tmp_path / "hall.lamp")}), attempts=2)
    until(lambda: "recovery.given_up" in stand.kinds())
    stand.keeper.close()
    assert not (tmp_path / "hall.lamp").exists()
    assert stand.data("recovery.given_up")["attempts"] == 2
    assert json.loads(Path(path_of(str(tmp_path))).read_text())["hall"]["state"]["phase"] == "given_up"


def test_a_watch_that_goes_while_it_is_acted_on_costs_nothing(stand: Stand) -> None:
    hall = lamp(stand, lit=False)
    hall.path.with_suffix(".stuck").touch()
    stand.keep(hall, attempts=1)
    until(lambda: stand.row("hall").get("phase") == "acting")
    stand.keep(begin=False)
    until(lambda: stand.keeper.results() == {})
    cellar = lamp(stand, "cellar")
    stand.keep(cellar, begin=False)
    until(lambda: stand.row("cellar").get("state") == UP)


def test_a_kind_that_says_nonsense_of_itself_costs_nobody_else_anything(stand: Stand) -> None:
    class Odd(Bell):
        def inventory(self) -> dict[str, Any]:
            raise ValueError("nonsense")

    hall = lamp(stand)
    odd = Odd("odd", {})
    stand.keep(odd, hall)
    until(lambda: "ValueError: nonsense" in stand.text.getvalue())
    hall.path.unlink()
    until(hall.path.exists)
