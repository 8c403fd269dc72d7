"""Things to be kept: lamps, which are files that are there while they are lit, and bells; and a keeper for them."""

from __future__ import annotations

import io
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Mapping

from wakeful_agent.action import Outcome
from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.daemon.keeping import Keeper
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.log import Log
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, UP, Sight, Watch

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
        rules: dict[str, Any] = {**QUICK, **more}
        settings = [WatchSetting(one.name, one.kind, dict(one.chosen), **rules) for one in watches]
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


def lamp(stand: Stand, name: str = "hall", lit: bool = True, **options: Any) -> Lamp:
    made = Lamp(name, {"path": str(stand.folder / f"{name}.lamp"), **options})
    if lit:
        made.path.touch()
    return made
