"""A game panel with its Wings on a machine of its own: what it is told to let happen to its servers, happens."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..fakes.pterodactyl import Pterodactyl, Times
from ..fakes.pterodactyl.certificates import Authority
from .actor import Actor, obey

if TYPE_CHECKING:
    from ..fakes.pterodactyl import Server
    from .places import Place

PORT = 8000
OWNER = "kim"
AGENTS_WAYS = ("socket", "panel")
"""Power actions that come through Wings' sockets and the panel's API: in this world only the agent's do."""


@dataclasses.dataclass(frozen=True)
class Game:
    """How a server stands: `state`, how often it was started, and by `agent_starts` of how many the agent was."""

    state: str
    starts: int
    agent_starts: int
    heard: bool
    """Whether somebody listens to its console."""


class Panel(Actor):
    """The panel, over TLS of its own authority; `key` is an API key of the servers' owner."""

    module = "tests.story.panel"

    def __init__(self, place: Place, folder: Path) -> None:
        super().__init__(place, folder)
        self.url = self.key = ""
        self.ca_file = folder / "ca.pem"

    def start(self) -> None:
        """Start it."""
        super().start()
        self.url, self.key = self.order("address")

    def add(self, name: str) -> str:
        """Add a server that runs; return the short id that its page has."""
        return str(self.order("add", name))

    def stands(self, name: str) -> Game:
        """Return how a server stands."""
        return Game(*self.order("stands", name))

    def crash(self, name: str, last_words: str = "") -> None:
        """Let a server print something and end by itself, once."""
        self.order("crash", name, last_words)

    def break_game(self, name: str, dies_after_seconds: float | None) -> None:
        """Let a server die so long after each start; None: it is mended."""
        self.order("break_game", name, dies_after_seconds)

    def press_start(self, name: str) -> None:
        """Press the button on the server's page, as a person does."""
        self.order("press_start", name)


class Program:
    """The panel's own side."""

    def __init__(self, folder: Path, address: str) -> None:
        authority = Authority(folder)
        authority.show(name=address)
        times = Times(create_seconds=0.1, boot_seconds=0.6, stop_seconds=0.3, activity_send_seconds=1.0)
        self.stage = Pterodactyl(times, "1.12.3", authority, (address, PORT))
        self.owner = self.stage.panel.add_user(OWNER)
        self.key = self.stage.panel.add_key(self.owner)
        self.servers: dict[str, Server] = {}

    def address(self) -> list[str]:
        return [self.stage.panel.url, self.key]

    def add(self, name: str) -> str:
        server = self.stage.add_server(name, self.owner, "running")
        server.crash_detection = False  # what comes up again was started by the agent
        self.servers[name] = server
        return server.short

    def stands(self, name: str) -> list[Any]:
        server = self.servers[name]
        ours = [action for _, action, way in list(server.powers) if way in AGENTS_WAYS and action == "start"]
        return [server.state, server.starts, len(ours), bool(server.viewers)]

    def crash(self, name: str, last_words: str) -> None:
        if last_words:
            self.servers[name].say(last_words)
        self.servers[name].crash()

    def break_game(self, name: str, dies_after_seconds: float | None) -> None:
        self.servers[name].dies_after_seconds = dies_after_seconds

    def press_start(self, name: str) -> None:
        self.servers[name].person("start")


if __name__ == "__main__":
    obey(Program(Path(sys.argv[1]), sys.argv[2]))
