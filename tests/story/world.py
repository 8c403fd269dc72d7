"""The world of the story: everything in it by name, made before the first chapter and gone after the last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .ai_box import AiBox
from .cluster import Cluster
from .collector import PROGRAMS, Collector
from .machine import Machine, OwnMachine
from .panel import Panel
from .places import Land, must
from .webhook import Webhook

if TYPE_CHECKING:
    from pathlib import Path

    from .preparing import Prepared
    from .telling import Teller

MACHINES = ("web", "games", "relay")
DATA_MB = 128
"""The collector's disk, if nothing else is said: memory of this machine, with an end that a chapter can reach."""
SETTINGS = """
notify_settle_seconds = {settle}
notify_patience_seconds = {patience}
silent_after_seconds = 20
"""


class World:
    """What the chapters act in; `short` is the form that the journey test tells."""

    def __init__(self, folder: Path, prepared: Prepared, teller: Teller, short: bool, data_mb: int = DATA_MB) -> None:
        self.folder, self.prepared, self.teller, self.short = folder, prepared, teller, short
        self.data_mb = data_mb
        self.pages: list[tuple[str, str]] = []
        self.say("laying cables: two networks with a router between, and a place for everybody")
        data = folder / "collector" / "data"
        data.mkdir(mode=0o700, parents=True)
        # Before the places are made: each of them has the mounts that were there by then.
        must("mount", "-t", "tmpfs", "-o", f"size={data_mb}m,mode=700", "tmpfs", str(data))
        self.land = Land(folder)
        place = self.land.places
        for name in MACHINES:  # they see no disk but their own
            place[name].run("umount", "-l", str(data))
        self.collector = Collector(place["collector"], data, SETTINGS.format(settle=2 if short else 10, patience=30))
        seconds = 1 if short else 2
        self.machines: dict[str, Machine] = {
            "web": Machine(place["web"], PROGRAMS, "from the source checkout", seconds),
            "games": Machine(place["games"], prepared.wheel, "from the wheel", seconds),
            "relay": OwnMachine(place["relay"], seconds)
            if prepared.release is not None
            else Machine(place["relay"], prepared.wheel, "from the wheel: dist/linux holds no release", seconds),
        }
        self.panel = Panel(place["panel"], folder / "panel" / "actor")
        self.cluster = Cluster({name: place[name] for name in ("pve1", "pve2")}, folder / "cluster")
        self.ai = AiBox(place["aibox"], folder / "aibox" / "actor")
        self.webhook = Webhook(place["webhook"], folder / "webhook" / "actor")

    def say(self, text: str) -> None:
        """Tell a line of what goes on."""
        self.teller.say(text)

    def start(self) -> None:
        """Start everybody who is no machine with an agent: those join in the first chapter."""
        self.say("starting a game panel, a Proxmox cluster of two nodes, an AI box, somebody who takes messages")
        for actor in (self.panel, self.cluster, self.ai, self.webhook):
            actor.start()
        self.say(f"starting the collector at {self.collector.url}")
        self.collector.start()
        if self.prepared.release is not None:
            self.collector.admin("release", "add", str(self.prepared.release))

    def end(self) -> None:
        """End everybody; what fails to end here goes with the world's namespaces."""
        for machine in self.machines.values():
            machine.end()
        self.collector.stop()
        for actor in (self.panel, self.cluster, self.ai, self.webhook):
            actor.stop()
        self.land.end()
