"""A daemon whose clock, probes and settings a test sets: real meters, real columns, a real spool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.config import Config, ConfigErrors
from wakeful_agent.daemon.composing import Composer
from wakeful_agent.daemon.ears import Ears
from wakeful_agent.daemon.loop import Daemon, Parts
from wakeful_agent.daemon.tuned import Tuned
from wakeful_agent.host.files import Host
from wakeful_agent.host.notify import Notifier
from wakeful_agent.meter import Meter, Probe, Reading
from wakeful_agent.runner import Runner
from wakeful_agent.transport.link import Link, Way
from wakeful_agent.transport.sender import Listeners
from wakeful_wire.schema import series

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = Config(None, None, 1, [], "info", None, None, 2, True, 256, 7, 100, {})


class Many(Meter):
    name = "many"

    def probe(self, host: Host) -> Capability:
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        return Reading([series("a"), series("b")], [1, 2])


class Seldom(Many):
    name = "seldom"
    interval_seconds = 60.0

    def read(self, host: Host, now_ms: int) -> Reading:
        return Reading([series("c")], [3])


class Stand:
    """A daemon whose clock, probes and settings are set by the test."""

    def __init__(self, folder: Path, url: str, log: Any, runner: Runner | None = None, config: Config = CONFIG) -> None:
        self.clock_ms = 1_000_000_000
        self.available = True
        self.config: Config | ConfigErrors = config
        self.folder = folder
        self.ears = Ears()
        self.pushes: list[dict[str, Any]] = []
        way = Way(url, None, None, None, "t")
        listeners = Listeners(self.ears.answered, self.ears.refused)
        self.link = Link(str(folder / "spool"), CONFIG, lambda _config: way, listeners, log)
        self.runner = runner or Runner(Host("/"), [Many(), Seldom()])
        self.tuned = Tuned(str(folder / "tuning.json"), config, self.runner.meters)
        self.composer = Composer(log.trouble)
        parts = Parts(
            agent_id="abcdefghijkl",
            enrolled_ms=0,
            runner=self.runner,
            probes=[Probe("right", lambda _host: granted("right") if self.available else missing("right", "taken"))],
            outbox=self.link,
            ears=self.ears,
            tuned=self.tuned,
            composer=self.composer,
            notifier=Notifier({}),
            log=log,
            hello=lambda config, found, tuned: {
                "name": config.name or "x",
                "capabilities": [one.document() for one in found],
                "config": tuned.document(),
            },
            reload=self.reload,
            now_ms=lambda: self.clock_ms,
        )
        self.daemon = Daemon(parts, config)

    def reload(self) -> Config:
        if isinstance(self.config, ConfigErrors):
            raise self.config
        return self.config

    def begin(self) -> None:
        self.daemon._settle()
        self.daemon._probe()
        self.tick(0)

    def tick(self, step_ms: int) -> None:
        self.clock_ms += step_ms
        self.daemon._hear()
        self.daemon._tick(self.clock_ms)


def events(door: Any) -> list[dict[str, Any]]:
    return [event for push in door.pushes for event in push.get("events", [])]


def sent(door: Any, tools: Any, count: int) -> list[dict[str, Any]]:
    """Return the pushes in the order they were made: they arrive newest first when two of them wait."""
    tools["until"](lambda: len(door.pushes) >= count)
    runs = list(dict.fromkeys(push["run"] for push in door.pushes))
    return sorted(door.pushes, key=lambda push: (runs.index(push["run"]), push["sequence"]))
