"""The keeper over pauses, reloads, set clocks, restarts and hard ends: nothing is forgotten, nothing is done twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Iterator

import pytest

from wakeful_agent.action import Outcome
from wakeful_agent.daemon.memory import Memory, path_of
from wakeful_agent.watch import DOWN, UP, Sight

from ..conftest import until
from .lamps import Bell, Lamp, Stand, lamp


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.keeper.close()


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
    until(lambda: stand.kinds() == ["watch.paused"] * 2)
    assert stand.keeper.resume("hall", "ada", 0) == Outcome(False, "hall is paused with all watches: resume all")
    assert stand.keeper.resume("all", "ada", stand.now_ms()).done
    until(lambda: stand.kinds().count("watch.resumed") == 2)


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


def test_a_sight_that_comes_first_after_a_jump_moves_nothing_twice(stand: Stand) -> None:
    bell = Bell("door", {})
    stand.keep(bell, debounce_seconds=0, backoff_seconds=3600, backoff_max_seconds=7200, verify_seconds=0.2)
    until(lambda: bell.report)
    bell.ring(DOWN)
    until(lambda: stand.row("door").get("phase") == "waiting")
    for by_ms in (86_400_000, -86_400_000):
        due_ms = stand.row("door")["next_ms"]
        stand.shift_ms += by_ms
        bell.ring(DOWN, f"again {by_ms}")
        until(lambda by_ms=by_ms: stand.row("door")["detail"] == f"again {by_ms}")
        assert abs(stand.row("door")["next_ms"] - due_ms - by_ms) < 2_000
    assert bell.rung == 1


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
from tests.agent.daemon import lamps as t
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
