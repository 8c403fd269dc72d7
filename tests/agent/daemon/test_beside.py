"""What runs beside the ticks: loaded when somebody asks, heard and answered by the daemon's own loop."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, Sequence

import pytest

from wakeful_agent.action import Action, Outcome, Parameter
from wakeful_agent.config.orders import NO_ORDERS, Orders, Policy, WatchSetting
from wakeful_agent.daemon import events
from wakeful_agent.daemon.beside import Beside
from wakeful_agent.daemon.composing import Composer
from wakeful_agent.daemon.ears import STOPPING
from wakeful_agent.daemon.ordering import Orders as Desk
from wakeful_agent.host.files import Host
from wakeful_agent.meter import OK, Result
from wakeful_wire import packing
from wakeful_wire.answer import Command
from wakeful_wire.push import parse_push
from wakeful_wire.schema import series

from .stand import CONFIG, Stand, sent
from .stand import events as told

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_agent.config import Config
    from wakeful_agent.watch import Watch

WATCH = WatchSetting("survival", "server")
PERMITTED = CONFIG._replace(orders=Orders(Policy(("ring",))))
WATCHED = CONFIG._replace(orders=Orders(watches=(WATCH,)))


class Ring(Action):
    name = "ring"

    def takes(self) -> tuple[Parameter, ...]:
        return (Parameter("bell", "choice", default="small", choices=("small", "big")),)

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        return Outcome(True, f"the {arguments['bell']} bell rang")


class Shepherd:
    """Keeps watches as far as the daemon sees it."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.waiting: list[dict[str, Any]] = []
        self.late: list[dict[str, Any]] = []
        """What comes about while it ends."""

    def begin(self) -> None:
        self.calls.append("begin")

    def close(self) -> None:
        self.calls.append("close")
        self.waiting += self.late

    def configure(self, watches: Sequence[Watch], settings: Sequence[WatchSetting]) -> None:
        self.calls.append(f"configure {len(watches)} {[one.name for one in settings]}")

    def take(self) -> Sequence[dict[str, Any]]:
        taken, self.waiting = self.waiting, []
        return taken

    def results(self) -> Mapping[str, Result]:
        up = series("watch.up", watch="survival", kind="server")
        return {"watches": Result(OK, series=[up], values=[1.0], inventories={"watches": [{"name": "survival"}]})}


class Workshop:
    """Makes what is asked for, and counts."""

    def __init__(self, folder: Path, log: Any, wake: Callable[[], None]) -> None:
        self.made: list[str] = []
        self.shepherd = Shepherd()
        self.told: list[dict[str, Any]] = []
        self.folder, self.log, self.wake = folder, log, wake
        self.clock_ms = 1_000_000_000

    def orders(self) -> Desk:
        self.made.append("orders")
        return Desk(str(self.folder / "commands.json"), Host(), self.wake, self.log, lambda: self.clock_ms)

    def keeper(self) -> Shepherd:
        self.made.append("keeper")
        return self.shepherd

    def watches(self, config: Config) -> Sequence[Watch]:
        return []

    def actions(self, config: Config, keeper: Any) -> Mapping[str, Action]:
        self.made.append("actions")
        return {"ring": Ring()}

    def events(self) -> Sequence[dict[str, Any]]:
        taken, self.told = self.told, []
        return taken


class Place:
    """A daemon with something beside it, before a door that answers as the test says."""

    def __init__(self, folder: Path, door: Any, tools: dict[str, Any], log: Any) -> None:
        self.stand = Stand(folder, door.url, log)
        self.workshop = Workshop(folder, log, self.stand.ears.wake)
        self.beside = Beside(lambda: self.workshop)
        self.stand.daemon._parts = self.stand.daemon._parts._replace(beside=self.beside)
        self.door, self.tools = door, tools

    def configure(self, config: Config) -> None:
        self.stand.daemon._config = config
        self.beside.configure(config)

    def answer(self, **more: Any) -> None:
        accept = self.tools["accept"]
        self.door.answer = lambda request: accept(request, **more) if len(self.door.pushes) == 0 else accept(request)

    def hear(self) -> None:
        self.tools["until"](lambda: self.stand.ears.answers or None)
        self.stand.daemon._hear()


@pytest.fixture
def place(tmp_path: Path, door: Any, tools: dict[str, Any], heard: Any) -> Iterator[Place]:
    made = Place(tmp_path, door, tools, heard)
    yield made
    made.beside.close()
    made.stand.link.stop()


def command(action: str = "ring", **arguments: Any) -> dict[str, Any]:
    return {"id": "c1", "action": action, "arguments": arguments, "expires": 1_000_060_000}


def test_nothing_is_made_where_nobody_asks(place: Place) -> None:
    place.configure(CONFIG)
    place.stand.begin()
    place.stand.tick(1000)
    assert place.workshop.made == []
    assert place.beside.announced() == {"actions": [], "watches": []}
    assert place.beside.due_seconds() > 1e9


def test_a_daemon_with_nothing_beside_it() -> None:
    bare = Beside()
    assert bare.announced() == {"actions": [], "watches": []}
    bare.configure(PERMITTED)
    bare.ask([Command("c1", "ring", {}, 5)])
    assert bare.speak(Composer(lambda *_: None)) is False
    assert bare.results() == {}
    bare.close()


def test_a_command_is_run_and_answered_at_once(place: Place) -> None:
    place.configure(PERMITTED)
    place.answer(commands=[command(bell="big")])
    place.stand.begin()
    place.hear()
    place.tools["until"](lambda: place.stand.daemon._hear() or len(place.door.pushes) >= 2)
    (push,) = [one for one in sent(place.door, place.tools, 2) if one.get("results")]
    assert push["ticks"] == [], "it did not wait for a tick"
    (result,) = parse_push(push).results
    assert (result.command, result.state, result.data["summary"]) == ("c1", "done", "the big bell rang")


def test_where_nothing_is_permitted_a_command_is_refused(place: Place) -> None:
    place.configure(CONFIG)
    place.answer(commands=[command()])
    place.stand.begin()
    place.hear()
    (push,) = [one for one in sent(place.door, place.tools, 2) if one.get("results")]
    (result,) = push["results"]
    assert result["state"] == "refused"
    assert "does not permit 'ring'" in result["data"]["reason"]
    assert place.workshop.made == ["orders"]


def test_what_is_permitted_is_announced_and_taken_back_by_a_reload(place: Place) -> None:
    place.configure(PERMITTED._replace(orders=Orders(Policy(("ring",), per_hour=7))))
    announced = place.beside.announced()
    assert [one["name"] for one in announced["actions"]] == ["ring"]
    assert announced["policy"] == {"per_hour": 7, "dry_run": False, "void": ""}
    place.beside.ask([])
    place.configure(CONFIG)
    assert place.beside.announced() == {"actions": [], "watches": []}
    place.answer(commands=[command()])
    place.stand.begin()
    place.hear()
    (push,) = [one for one in sent(place.door, place.tools, 2) if one.get("results")]
    assert push["results"][0]["state"] == "refused"


def test_the_same_settings_again_begin_nothing_anew(place: Place) -> None:
    place.configure(WATCHED)
    place.configure(WATCHED._replace(interval_seconds=7))
    assert place.workshop.shepherd.calls == [
        "configure 0 ['survival']",
        "begin",
        "configure 0 ['survival']",  # files of secrets may have changed
    ]
    assert place.workshop.made == ["keeper"]


def test_the_same_permissions_again_make_no_actions_anew(place: Place) -> None:
    place.configure(PERMITTED)
    made = list(place.workshop.made)
    place.configure(PERMITTED._replace(interval_seconds=7))
    assert place.workshop.made == made


def test_watches_are_kept_announced_measured_and_ended(place: Place) -> None:
    place.configure(WATCHED)
    assert place.beside.announced()["watches"] == [{"name": "survival", "kind": "server"}]
    place.stand.begin()
    (push,) = sent(place.door, place.tools, 1)
    assert push["inventories"]["watches"]["body"] == [{"name": "survival"}]
    assert push["meters"]["watches"]["outcome"] == "ok"
    columns = [name for name, _ in place.stand.daemon._columns.document()]
    assert push["ticks"][0][1][columns.index("watch.up")] == 1.0
    place.configure(CONFIG)
    assert place.workshop.shepherd.calls[-1] == "configure 0 []"
    place.beside.close()
    assert place.workshop.shepherd.calls[-1] == "close"


def test_events_of_watches_and_actions_leave_at_once(place: Place) -> None:
    place.configure(WATCHED)
    place.stand.begin()
    place.workshop.shepherd.waiting.append(events.event("watch.down", 5, "survival"))
    place.workshop.told.append(events.event("wake.sent", 6, "nas"))
    place.stand.daemon._hear()
    sent(place.door, place.tools, 2)
    assert {one["kind"] for one in told(place.door)} >= {"watch.down", "wake.sent"}


def test_a_policy_that_is_void_says_why(place: Place) -> None:
    place.configure(CONFIG._replace(orders=NO_ORDERS._replace(policy=Policy(void="it belongs to user 5"))))
    assert place.beside.announced()["policy"]["void"] == "it belongs to user 5"
    assert "actions" in place.workshop.made, "whoever makes the actions says so in the log"


def test_what_comes_about_while_it_ends_waits_in_the_spool(place: Place, tools: Any) -> None:
    place.configure(WATCHED)
    place.stand.begin()
    tools["until"](lambda: place.door.pushes and not len(place.stand.link))
    late = events.event("watch.down", place.stand.clock_ms, "survival")
    place.workshop.shepherd.late = [late]
    place.stand.ears.stop = "SIGTERM"
    before = {number: signal.getsignal(number) for number in (*STOPPING, signal.SIGHUP)}
    try:
        place.stand.daemon._finish()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert [event["kind"] for event in told(place.door)][-1] == "agent.stopped"
    (file,) = (place.stand.folder / "spool").glob("*.push")
    assert packing.parse_json(packing.inflate(file.read_bytes()))["events"] == [late]
    place.stand.ears.wake()  # a command or a watch that comes to its end now finds nobody, and fails by nothing
