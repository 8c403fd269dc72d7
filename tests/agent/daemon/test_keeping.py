"""The keeper keeps lamps alight: looked at or heard, really put back, and told."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.action import Outcome
from wakeful_agent.watch import DOWN, HELD, STOPPED, UP

from ..conftest import until
from .lamps import Bell, Stand, lamp

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    made = Stand(tmp_path)
    yield made
    made.keeper.close()


def test_a_lamp_that_goes_out_is_lit_again_and_told(stand: Stand) -> None:
    hall = lamp(stand)
    stand.keep(hall)
    until(lambda: stand.row("hall").get("state") == UP)
    hall.path.unlink()
    until(lambda: "watch.up" in stand.kinds())
    assert stand.kinds() == ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
    assert stand.row("hall")["phase"] == "watching", "what travels with an event is as new as that"
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
    assert time.monotonic() - begun < 15
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
    assert stand.keeper.repair("hall", "ada", 0) == Outcome(True, "dry run: nothing is done", {"dry_run": True})
    stand.keep(hall, begin=False)
    until(hall.path.exists)


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


def test_a_look_that_hangs_does_not_make_the_keeper_turn_in_circles(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = lamp(stand)
    asked: list[float] = []
    begin = stand.keeper._looks.start

    def start(call: Any) -> bool:
        asked.append(time.monotonic())
        return begin(call)

    monkeypatch.setattr(stand.keeper._looks, "start", start)
    hall.budget_seconds = 0.05
    hall.path.with_suffix(".slow").touch()
    stand.keep(hall)
    until(lambda: stand.row("hall").get("detail", "").startswith("nothing came back"))
    before = len(asked)
    time.sleep(0.4)
    assert len(asked) - before <= 10


def test_what_a_kind_shows_of_its_own_is_told_without_any_other_change(stand: Stand) -> None:
    door = Bell("door", {})
    stand.keep(door)
    until(lambda: door.report is not None)
    door.ring(UP)
    until(lambda: stand.row("door").get("state") == UP)

    def shown() -> Any:
        return stand.keeper.results()["watches"].inventories["bells"]

    assert shown() == [{"name": "door", "rung": 0}]
    door.rung = 7
    until(lambda: shown() == [{"name": "door", "rung": 7}])


def test_what_is_decided_last_is_told_although_it_ends(stand: Stand) -> None:
    bell = Bell("door", {})
    stand.keep(bell, debounce_seconds=0.0)
    until(lambda: bell.report)
    busy = threading.Event()
    stand.keeper._inbox.put(lambda: busy.wait(20) and None)
    bell.ring(DOWN, "it is silent")
    end = threading.Thread(target=stand.keeper.close)
    end.start()
    until(lambda: stand.keeper._inbox.qsize() == 2)  # the bell, and the end behind it
    busy.set()
    end.join()
    assert "watch.down" in stand.kinds()
    assert bell.rung == 0, "an attempt is not begun any more"
