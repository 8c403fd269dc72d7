"""A Panel and a Wings over real sockets, built from how the real ones behave: neither can be installed here.

"The facts" are notes on Panel 1.11, Wings 1.11 and a 2026 Wings of the Pelican line with a real container engine; what
is marked *seen* was observed on them, the rest is from their source. Sections: 1.1 ways to authenticate, 1.2 errors
and limits, 1.3 client endpoints, 1.4 the websocket token, 1.5 the websocket, 1.6 states and crashes, 1.7 Wings' API.

    with pterodactyl(Times().faster(20)) as stage:
        kim = stage.panel.add_user("kim")
        key = stage.panel.add_key(kim)
        server = stage.add_server("survival", owner=kim, state="running")
        server.crash()
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from .door import LOOPBACK
from .panel import Panel
from .people import User, code
from .server import Server
from .times import Times
from .turning import Turning
from .wings import Wings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .certificates import Authority
    from .door import Address

__all__ = ["Panel", "Pterodactyl", "Server", "Times", "User", "Wings", "code", "pterodactyl"]


class Pterodactyl:
    """A Panel with one node (more by `add_node`)."""

    def __init__(self, times: Times, wings_version: str, authority: Authority | None, at: Address = LOOPBACK) -> None:
        self.times = times
        self.at = at
        self.authority = authority
        self.turning = Turning()
        tls = authority.context if authority is not None else None
        self.panel = Panel(self.turning, times, tls, at)
        self.wings = self.add_node("node-1", wings_version)

    @property
    def ca_file(self) -> Path:
        """The certificate that a client must trust (with `tls=True`)."""
        assert self.authority is not None
        return self.authority.ca_file

    def add_node(self, name: str, version: str) -> Wings:
        """Add a machine that runs Wings."""
        tls = self.authority.context if self.authority is not None else None
        at = (self.at[0], 0)
        wings = Wings(self.turning, self.times, tls, version, secrets.token_hex(32), at)
        wings.remote = self.panel.url
        wings.tell_panel = self.panel.note
        self.panel.nodes[name] = wings
        return wings

    def add_server(self, name: str, owner: User, state: str = "offline", node: str = "node-1") -> Server:
        """Add a server that is offline or running."""
        server = Server(self.turning, self.times, name, owner, node, state)
        server.press = self._press
        server.drops_suspended = self.panel.nodes[node].modern
        self.panel.servers[server.uuid] = server
        self.panel.nodes[node].servers[server.uuid] = server
        return server

    def _press(self, server: Server, action: str, user: User) -> None:
        """Do what a button of the Panel's page does: `set state` over the page's own websocket."""
        wings = self.panel.nodes[server.node]
        self.turning.run(lambda: self.turning.spawn(server.power_quietly(action, "person")))
        self.turning.run(lambda: wings.note(user.uuid, server, f"power.{action}", {}))

    def end(self) -> None:
        """Close everything; what went wrong in the fake itself is raised."""
        for door in (self.panel, *self.panel.nodes.values()):
            door.shut()
        self.turning.end()
        if self.turning.errors:
            raise self.turning.errors[0]


@contextlib.contextmanager
def pterodactyl(times: Times | None = None, tls: bool = False, wings_version: str = "1.12.3") -> Iterator[Pterodactyl]:
    """Run a Panel and a Wings until the block ends; with `tls` under an authority of their own."""
    with tempfile.TemporaryDirectory() as folder:
        authority = _authority(Path(folder)) if tls else None
        stage = Pterodactyl(times or Times(), wings_version, authority)
        try:
            yield stage
        finally:
            stage.end()


def _authority(folder: Path) -> Authority:
    from .certificates import Authority

    return Authority(folder)
