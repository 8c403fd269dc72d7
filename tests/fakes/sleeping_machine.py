"""A machine that sleeps until its magic packet comes, boots for as long as it takes, and then serves an Ollama.

The packets come over real UDP; what they switch on is the fake Ollama's port. The card's own real thing, frames on an
Ethernet of namespaces, is in tests/real.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import TYPE_CHECKING

from .ollama import ollama

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ollama import Ollama

MAC = "02:0a:bc:00:ff:10"
MAGIC = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "")) * 16


class SleepingMachine:
    """Asleep until it is woken; `wakings` are the times at which it began to boot."""

    def __init__(self, server: Ollama, boot_seconds: float, deaf: int) -> None:
        self.ollama = server
        self.boot_seconds = boot_seconds
        self.deaf = deaf
        """How many packets are still lost on the way."""
        self.packets: list[float] = []
        self.wakings: list[float] = []
        self.broken = False
        """Whether it never comes up, whatever is sent."""
        self.booting: threading.Timer | None = None
        self.card = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.card.bind(("127.0.0.1", 0))
        self.card.settimeout(0.1)
        self.wol_port = int(self.card.getsockname()[1])
        self.ended = threading.Event()
        self.listener = threading.Thread(target=self._listen, name="network card", daemon=True)
        self.listener.start()

    @property
    def settings(self) -> dict[str, object]:
        """What the gateway has to know of it."""
        wake = {"wake": "packet", "mac": MAC, "broadcast": "127.0.0.1", "wol_port": self.wol_port}
        return {"url": self.ollama.url, **wake}

    @property
    def is_on(self) -> bool:
        """Whether its service listens."""
        return self.ollama.listening is not None

    def power_off(self) -> None:
        """Switch it off, whatever it does."""
        if self.booting is not None:
            self.booting.cancel()
            self.booting = None
        self.ollama.shut()

    def power_on(self) -> None:
        """Let it boot, as a packet does or a person at its button."""
        self.wakings.append(time.monotonic())
        self.booting = threading.Timer(self.boot_seconds, self._up)
        self.booting.daemon = True
        self.booting.start()

    def end(self) -> None:
        """Take it away."""
        self.ended.set()
        self.listener.join(5)
        self.power_off()
        self.card.close()

    def _up(self) -> None:
        self.booting = None
        if not self.ended.is_set() and not self.broken:
            self.ollama.reboot()

    def _listen(self) -> None:
        while not self.ended.is_set():
            try:
                data = self.card.recv(2048)
            except TimeoutError:
                continue
            if not data.startswith(MAGIC):
                continue
            self.packets.append(time.monotonic())
            if self.deaf:
                self.deaf -= 1
            elif not self.is_on and self.booting is None:
                self.power_on()


@contextlib.contextmanager
def sleeping_machine(boot_seconds: float = 1.0, deaf: int = 0) -> Iterator[SleepingMachine]:
    """Run a machine that is asleep, until the block ends."""
    with ollama(asleep=True) as server:
        machine = SleepingMachine(server, boot_seconds, deaf)
        try:
            yield machine
        finally:
            machine.end()
