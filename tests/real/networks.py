"""Networks of machines that the kernel makes of nothing: namespaces on bridges, with a router between two of them.

agent 10.91.1.2 --+-- home 10.91.1.0/24 --+-- sleeper 10.91.1.20
                  |                       +-- router 10.91.1.1 = 10.91.2.1 -- away 10.91.2.0/24 -- far 10.91.2.20
                  +-- side 10.91.3.0/24 ----- other 10.91.3.20
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .conftest import program

if TYPE_CHECKING:
    from collections.abc import Iterator

CARDS = {
    ("agent", "eth0"): ("home", "02:00:00:00:01:02", "10.91.1.2"),
    ("agent", "eth1"): ("side", "02:00:00:00:03:02", "10.91.3.2"),
    ("sleeper", "eth0"): ("home", "02:0a:bc:00:ff:10", "10.91.1.20"),
    ("router", "eth0"): ("home", "02:00:00:00:01:01", "10.91.1.1"),
    ("router", "eth1"): ("away", "02:00:00:00:02:01", "10.91.2.1"),
    ("far", "eth0"): ("away", "02:0a:bc:00:ff:20", "10.91.2.20"),
    ("other", "eth0"): ("side", "02:0a:bc:00:ff:30", "10.91.3.20"),
}
"""Network, hardware address and address of each card."""

_CARD = """
ip link add name port{number} type veth peer name card{number}
ip link set port{number} master {network} up
ip link set card{number} netns {machine}
ip -n {machine} link set card{number} name {name} address {mac} up
ip -n {machine} addr add {address}/24 brd + dev {name}
"""
_ROUTES = """
ip -n agent route add default via 10.91.1.1
ip -n far route add default via 10.91.2.1
ip netns exec router sh -c 'echo 1 > /proc/sys/net/ipv4/ip_forward'
echo up
read -r _
"""

SLEEPER = """
import json, select, socket, sys
mac, port = bytes.fromhex(sys.argv[1].replace(":", "")), int(sys.argv[2])
magic = b"\\xff" * 6 + mac * 16
card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
card.bind(("eth0", 0))
door = socket.socket()
door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
door.bind(("0.0.0.0", port))
print("sleeps", flush=True)
while card in select.select([card, sys.stdin], [], [])[0]:  # when nothing is left to hear, the input has ended
    frame, about = card.recvfrom(2048)
    if about[2] != 4 and magic in frame:
        door.listen()
        print(frame.hex(), flush=True)
"""
"""A card that hears its magic packet, prints the whole frame, and lets its machine take connections from then on.

It ends with its input, but not before it has told of everything that had come by then.
"""


class Networks:
    """The networks, for as long as the process lives that they were made in."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
        self._enter = [program("nsenter"), "-t", children[0], "-n", "-m", "-p", "--"]
        self.folder = folder

    def command(self, machine: str, *words: str) -> list[str]:
        """Return the command that runs `words` on a machine."""
        return [*self._enter, program("ip"), "netns", "exec", machine, *words]

    def run(self, machine: str, *words: str) -> str:
        """Run a program on a machine and return what it says; it must end well."""
        done = subprocess.run(self.command(machine, *words), capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def python(self, machine: str, source: str, *words: str) -> Any:
        """Run a program in Python on a machine and return the JSON that it prints."""
        return json.loads(self.run(machine, sys.executable, "-c", source, *words))

    def set(self, machine: str, **settings: int) -> None:
        """Set what /proc/sys/net/ipv4/conf says of all and of every card of a machine."""
        for name, value in settings.items():
            paths = " ".join(f"/proc/sys/net/ipv4/conf/{one}/{name}" for one in ("all", "eth0", "eth1"))
            self.run(machine, "sh", "-c", f"for path in {paths}; do echo {value} > $path; done")

    @contextlib.contextmanager
    def asleep(self, machine: str, port: int = 22) -> Iterator[Sleeper]:
        """Let a machine sleep until its card hears the packet for it; then it takes connections at `port`."""
        mac = CARDS[machine, "eth0"][1]
        words = self.command(machine, sys.executable, "-c", SLEEPER, mac, str(port))
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "sleeps\n"
        sleeper = Sleeper()
        try:
            yield sleeper
        finally:
            process.stdin.close()
            sleeper.frames += [bytes.fromhex(line) for line in process.stdout.read().split()]
            process.wait(10)


class Sleeper:
    """What a sleeping machine's card heard: whole frames, known when it sleeps no more."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []


@contextlib.contextmanager
def networks(folder: Path) -> Iterator[Networks]:
    """Make the networks; nothing of them is left when the block ends."""
    lines = ["set -eu", "mount -t tmpfs tmpfs /run", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6"]
    lines += [f"ip link add name {name} type bridge\nip link set {name} up" for name in ("home", "away", "side")]
    lines += [f"ip netns add {name}" for name in dict.fromkeys(machine for machine, _ in CARDS)]
    for number, ((machine, name), (network, mac, address)) in enumerate(CARDS.items()):
        lines.append(_CARD.format(number=number, machine=machine, name=name, network=network, mac=mac, address=address))
    script = folder / "networks.sh"
    script.write_text("\n".join([*lines, _ROUTES]), encoding="ascii")
    words = [program("unshare"), "-n", "-m", "-p", "--fork", "--kill-child", "--mount-proc", "sh", str(script)]
    process = subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "LC_ALL": "C"}
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield Networks(process, folder)
    finally:
        process.kill()
        process.wait(10)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()
