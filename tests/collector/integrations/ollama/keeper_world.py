"""A machine with Ollama and SSH, and a keeper whose time passes twenty times faster."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.config import Settings
from wakeful_collector.integrations.ollama.keeping import Keeper
from wakeful_collector.integrations.ollama.states import State
from wakeful_collector.read import gateway, gateway_history
from wakeful_collector.store import gateway_leases, gateway_states
from wakeful_collector.store.changes import changing_gateway

from ....fakes.ssh_server import PASSWORD, USER, SshServer
from .machines import MAGIC, add

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    from ....fakes.ollama import Ollama

STEP_SECONDS = 0.25
PAUSE_SECONDS = 0.0125
SLOW_SECONDS = 0.1
"""Where a packet that is really sent must be seen before the time has come to send the next one."""


class World:
    """A machine with Ollama and SSH that is off until its card hears the packet, and a keeper in a time of its own."""

    def __init__(self, data: Path, server: Ollama, box: SshServer, ear: socket.socket) -> None:
        self.data = data
        self.server = server
        self.box = box
        self.keeper = Keeper()
        self.now_ms = clock.now_ms()
        self.packets = 0
        self.deaf_packets = 0
        self.stays = False
        self.pause_seconds = PAUSE_SECONDS
        self._ear = ear
        box.program("sudo", 'shift; shift; exec "$@"')
        box.program("systemctl", "touch gone")
        threading.Thread(target=self._live, daemon=True).start()

    def _live(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                if self._ear.recv(2048) == MAGIC:
                    self.packets += 1
                    if self.packets > self.deaf_packets:
                        self.server.reboot()

    def add(self, **given: Any) -> None:
        """Add the machine to the gateway."""
        told: dict[str, Any] = {"sleep": "ssh", "ssh_host": self.box.host, "ssh_port": self.box.port, "ssh_user": USER}
        told |= {"broadcast": "127.255.255.255", "wol_port": self._ear.getsockname()[1], "ssh_password": PASSWORD}
        add(self.data, self.server.url, **{**told, "idle_seconds": 60, **given})

    def turn(self) -> None:
        """Let a quarter of a second pass."""
        gone = self.box.folder / "gone"
        if gone.exists():
            gone.unlink()
            if not self.stays:
                self.server.shut()
        self.now_ms += round(STEP_SECONDS * 1000)
        self.keeper(self.data, Settings(data=self.data), self.now_ms)
        time.sleep(self.pause_seconds)

    def until(self, question: Callable[[], Any], what: str, seconds: float = 900) -> float:
        """Let time pass until the answer is true; return how long that was."""
        begun = self.now_ms
        while not question():
            assert self.now_ms - begun < seconds * 1000, f"{what}: {gateway.state(self.data, 'box')}"
            self.turn()
        return (self.now_ms - begun) / 1000

    def becomes(self, state: State, seconds: float = 900) -> float:
        """Let time pass until the machine is in that state."""
        return self.until(lambda: self.state is state, f"never {state}", seconds)

    @property
    def state(self) -> State | None:
        """The state of the machine."""
        row = gateway.state(self.data, "box")
        return None if row is None or not row.memory else State(row.state)

    @property
    def reason(self) -> str:
        """Why it is in that state."""
        row = gateway.state(self.data, "box")
        return "" if row is None else row.reason

    def lease(self, name: str, kind: str = "request", seconds: float = 3_600) -> None:
        """Take a lease."""
        with changing_gateway(self.data) as connection:
            row = gateway_leases.Lease(
                name, "box", kind, "ana", "key:ana", "", self.now_ms, None, self.now_ms + round(seconds * 1000)
            )
            gateway_leases.take(connection, row)

    def release(self, name: str) -> None:
        """End a lease."""
        with changing_gateway(self.data) as connection:
            gateway_leases.end(connection, name)

    def ask(self, what: str) -> None:
        """Ask for something as a person does."""
        with changing_gateway(self.data) as connection:
            gateway_states.ask(connection, "box", gateway_states.Asked(what, "user:ana", self.now_ms))

    def turns(self) -> list[str]:
        """Return the states that followed each other."""
        return [one.state for one in reversed(gateway_history.turns(self.data, "box", 0))]

    def total(self, name: str) -> float:
        """Return a counter."""
        return sum(one.value for one in gateway_history.totals(self.data) if one.name == name)
