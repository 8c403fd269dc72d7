"""The land of the story: places with addresses of their own, on two networks with a router between.

storyteller 10.77.0.2 --+-- home 10.77.0.0/24 --+-- collector, machines, panel, cluster, webhook
                        |                       +-- router 10.77.0.1 = 10.78.0.1 -- away 10.78.0.0/24 -- relay, aibox

A place is a network, a host name and mounts of its own, held by a process that does nothing else. Whatever runs there
is an ordinary process of the world, so that a signal to it reaches it. All of it is gone with the world's namespaces.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ADDRESSES = {
    "collector": "10.77.0.10",
    "web": "10.77.0.20",
    "games": "10.77.0.21",
    "panel": "10.77.0.30",
    "pve1": "10.77.0.40",
    "pve2": "10.77.0.41",
    "webhook": "10.77.0.50",
    "relay": "10.78.0.10",
    "aibox": "10.78.0.20",
}
NETWORKS = {"home": "10.77.0.", "away": "10.78.0."}
TELLER = "10.77.0.2"
_HOLD = """
set -eu
hostname "$1"
mount -t sysfs sysfs /sys
[ ! -f /etc/machine-id ] || mount --bind "$2" /etc/machine-id
ip link set lo up
echo up
exec env --ignore-signal=CHLD sleep infinity
"""
_CARD = """
set -eu
ip link add name "port$1" type veth peer name "card$1"
ip link set "port$1" master "$2" up
ip link set "card$1" netns "$3"
"""
_UP = """
set -eu
ip link set "card$1" name "$2" address "$3" up
ip addr add "$4/24" brd + dev "$2"
"""


def program(name: str) -> str:
    """Return where a program of the system is, also where only root's PATH has it."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
    if found is None:
        raise SystemExit(
            f"wakeful: {name} is not installed; packaging/test-programs.sh story installs what the story needs"
        )
    return found


def must(*words: str) -> None:
    """Run a command of the world's making; it must end well."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:3])}...: {done.stderr.strip()}")


class Place:
    """A machine's network, name and mounts; what runs there is entered through `popen` and `run`."""

    def __init__(self, name: str, address: str, folder: Path) -> None:
        self.name, self.address, self.folder = name, address, folder
        folder.mkdir(parents=True, exist_ok=True)
        identity = folder / "machine-id"
        identity.write_text(f"{name.encode().hex():0>32}\n", encoding="ascii")
        words = [program("unshare"), "--net", "--uts", "--mount", "sh", "-c", _HOLD, "sh", name, str(identity)]
        self._holder = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout is not None
        if self._holder.stdout.readline() != "up\n":
            raise RuntimeError(f"the place {name} could not be made")

    @property
    def pid(self) -> int:
        """The process that holds the place's namespaces."""
        return self._holder.pid

    def command(self, *words: str, cwd: Path = ROOT) -> list[str]:
        """Return the command that runs `words` here, in the folder `cwd`."""
        enter = [program("nsenter"), "-t", str(self.pid), "-n", "-u", "-m", "--"]
        return [*enter, program("env"), "-C", str(cwd), *words]

    def popen(self, words: list[str], *, cwd: Path = ROOT, **how: Any) -> subprocess.Popen[Any]:
        """Start a program here and return it; a signal to it reaches the program itself."""
        return subprocess.Popen(self.command(*words, cwd=cwd), **how)

    def run(
        self, *words: str, stdin: str = "", env: dict[str, str] | None = None, timeout: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run a program here to its end; what it printed is text."""
        words = tuple(self.command(*words))
        return subprocess.run(words, input=stdin, env=env, capture_output=True, text=True, check=False, timeout=timeout)

    def link(self, up: bool) -> None:
        """Pull the network's plug, or put it back."""
        done = self.run("ip", "link", "set", "eth0", "up" if up else "down")
        if done.returncode:
            raise RuntimeError(done.stderr)
        if up:  # the kernel forgot the way out with the card
            self.run("ip", "route", "replace", "default", "via", gateway(self.address))

    def end(self) -> None:
        """Let the place go; what still runs there loses nothing but its name."""
        self._holder.kill()
        self._holder.wait(10)
        if self._holder.stdout is not None:
            self._holder.stdout.close()


def gateway(address: str) -> str:
    """Return the router's address in the network of `address`."""
    return address.rpartition(".")[0] + ".1"


def hardware(address: str) -> str:
    """Return the hardware address of the card with this address: the same in every world."""
    return "02:0a:" + ":".join(f"{int(part):02x}" for part in address.split("."))


class Land:
    """All places, cabled; made inside of namespaces that are the world's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: dict[str, Place] = {}
        self._cards = 0
        must("mount", "-t", "tmpfs", "tmpfs", "/run")
        must(program("ip"), "link", "set", "lo", "up")
        for network in NETWORKS:
            must(program("ip"), "link", "add", "name", network, "type", "bridge")
            must(program("ip"), "link", "set", network, "up")
        must(program("ip"), "addr", "add", f"{TELLER}/24", "dev", "home")
        router = self._place("router", gateway(TELLER))
        self._cable(router, "eth0", "home", gateway(TELLER))
        self._cable(router, "eth1", "away", gateway(ADDRESSES["relay"]))
        router.run("sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")
        must(program("ip"), "route", "add", "10.78.0.0/24", "via", gateway(TELLER))
        for name, address in ADDRESSES.items():
            place = self._place(name, address)
            network = next(one for one, start in NETWORKS.items() if address.startswith(start))
            self._cable(place, "eth0", network, address)
            place.run("ip", "route", "add", "default", "via", gateway(address))

    def end(self) -> None:
        """Let every place go."""
        for place in self.places.values():
            place.end()

    def _place(self, name: str, address: str) -> Place:
        self.places[name] = place = Place(name, address, self.folder / name)
        return place

    def _cable(self, place: Place, card: str, network: str, address: str) -> None:
        self._cards += 1
        number = str(self._cards)
        must("sh", "-c", _CARD, "sh", number, network, str(place.pid))
        done = place.run("sh", "-c", _UP, "sh", number, card, hardware(address), address)
        if done.returncode:
            raise RuntimeError(f"{place.name} has no card: {done.stderr.strip()}")
