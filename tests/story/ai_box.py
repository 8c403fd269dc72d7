"""A machine with models that sleeps: its card hears the magic packet, and its account may send it to sleep.

While it sleeps its address is not on its card: nothing there answers, not even an ARP request, and the packet is seen
as the bare frame that it is. What it was doing goes on when it wakes, as after a suspend.
"""

from __future__ import annotations

import dataclasses
import json
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..fakes.ollama.server import Ollama
from ..fakes.pterodactyl.turning import Turning
from ..fakes.ssh_server import USER, SshServer
from .actor import Actor, obey
from .places import program

if TYPE_CHECKING:
    from .places import Place

OLLAMA_PORT, SSH_PORT = 11_434, 22
ETH_P_ALL = 3
OUTGOING = 4
"""What the kernel calls a frame that this machine sends itself."""
BOOT_SECONDS, SUSPEND_SECONDS = 1.0, 0.5
SUDO = '[ "$1 $2" = "-n --" ] || exit 1\nshift 2\nexec "$@"'
SYSTEMCTL = '[ "$1" = suspend ] || exit 1\necho "$1" >>"$HOME/orders"'


@dataclasses.dataclass(frozen=True)
class Seen:
    """What happened to it: `packets` and `wakings` are counts, `asked` the paths of requests for a model."""

    is_on: bool
    packets: int
    senders: list[str]
    """Hardware addresses of those that sent the packets."""
    wakings: int
    sleeps: int
    asked: list[str]
    commands: list[str]
    """What was run over SSH."""


class AiBox(Actor):
    """The machine, asleep at first."""

    module = "tests.story.ai_box"
    ssh_user = USER

    def __init__(self, place: Place, folder: Path) -> None:
        super().__init__(place, folder)
        self.url = f"http://{place.address}:{OLLAMA_PORT}"
        self.mac = ""
        self.ssh_key = folder / "id_ed25519"

    def start(self) -> None:
        """Start it, asleep."""
        super().start()
        self.mac = str(self.order("card"))

    def seen(self) -> Seen:
        """Return what happened to it until now."""
        return Seen(**self.order("seen"))

    def pace(self, tokens: int, token_seconds: float, load_seconds: float) -> None:
        """Say how long its model takes to load, how many tokens an answer has, and how long each takes."""
        self.order("pace", tokens, token_seconds, load_seconds)


class Card:
    """The network card: it is always under power; the machine's address is on it only while the machine is awake."""

    def __init__(self, address: str) -> None:
        for card in _ip("addr", "show"):
            for one in card["addr_info"]:
                if one["local"] == address:
                    self.name, self.mac = str(card["ifname"]), str(card["address"])
                    self.address = f"{address}/{one['prefixlen']}"
        self.gateways = [str(one["gateway"]) for one in _ip("route", "show", "default") if "gateway" in one]

    def take_off(self) -> None:
        _ip("addr", "del", self.address, "dev", self.name)

    def put_on(self) -> None:
        _ip("addr", "add", self.address, "brd", "+", "dev", self.name)
        for gateway in self.gateways:
            _ip("route", "replace", "default", "via", gateway)


class Program:
    """The machine's own side."""

    def __init__(self, folder: Path, address: str) -> None:
        self.network = Card(address)
        self.senders: list[str] = []
        self.wakings = self.sleeps = 0
        self.is_on = True
        self.turn = threading.Lock()
        self.ollama = Ollama(Turning(), address, None)
        self.ollama.port = OLLAMA_PORT
        self.ollama.hostname = "0.0.0.0"
        self.ollama.open()
        self.ssh = SshServer(folder / "ssh", host=address, port=SSH_PORT)
        self.ssh.takes = ["publickey"]
        self.ssh.program("sudo", SUDO)
        self.ssh.program("systemctl", SYSTEMCTL)
        self.orders = folder / "ssh" / "orders"
        self.orders.write_text("")
        key = folder / "id_ed25519"
        key.touch(mode=0o600)
        key.write_text(self.ssh.key)
        self.network.take_off()
        self.is_on = False
        for work in (self._listen, self._obey_orders):
            threading.Thread(target=work, daemon=True).start()

    def card(self) -> str:
        return self.network.mac

    def seen(self) -> dict[str, Any]:
        asked = [visit.path for visit in self.ollama.seen(method="POST")]
        counts = {"wakings": self.wakings, "sleeps": self.sleeps, "packets": len(self.senders)}
        return {
            **counts,
            "is_on": self.is_on,
            "senders": sorted(set(self.senders)),
            "asked": asked,
            "commands": list(self.ssh.commands),
        }

    def pace(self, tokens: int, token_seconds: float, load_seconds: float) -> None:
        manners = self.ollama.manners
        manners.token_seconds, manners.load_seconds = token_seconds, load_seconds
        manners.reply = lambda prompt: [f" {word}" for word in (prompt.split() * tokens)[:tokens]]

    def _listen(self) -> None:
        magic = b"\xff" * 6 + bytes.fromhex(self.network.mac.replace(":", "")) * 16
        card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        card.bind((self.network.name, 0))
        while True:
            frame, about = card.recvfrom(2048)
            if about[2] != OUTGOING and magic in frame:
                self.senders.append(frame[6:12].hex(":"))
                if not self.is_on:
                    threading.Thread(target=self._wake, daemon=True).start()

    def _wake(self) -> None:
        with self.turn:
            if not self.is_on:
                time.sleep(BOOT_SECONDS)
                self.network.put_on()
                self.is_on = True
                self.wakings += 1

    def _obey_orders(self) -> None:
        """Suspend a moment after it was ordered, as systemd does: the order's own session still ends well."""
        while True:
            time.sleep(0.1)
            if not self.orders.read_text():
                continue
            self.orders.write_text("")
            time.sleep(SUSPEND_SECONDS)
            with self.turn:
                self.network.take_off()
                self.is_on = False
                self.sleeps += 1


def _ip(*words: str) -> Any:
    said = subprocess.run([program("ip"), "-json", *words], check=True, capture_output=True, text=True).stdout
    return json.loads(said or "[]")


if __name__ == "__main__":
    obey(Program(Path(sys.argv[1]), sys.argv[2]))
