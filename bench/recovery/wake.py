"""How long a wake takes: from asking the collector over its API to the magic packet on the wire.

    python bench/recovery/wake.py [--wakes 20] [--json]

A collector and an agent as people run them, and a card beside theirs that hears what they send; all in a network
namespace of its own, so it needs root. The clock runs from before the request is written to the packet's arrival at
the other end of the cable, so HTTP, key, audit row, the command's row, the agent's guard and its ledger are in it.
Requests come at random moments of the agent's second. `live` is an agent that somebody looks at or that was asked
something lately, `first` the first wake of all (the agent loads what wakes), `itself` the collector without an agent.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any, Callable

from wakeful_wire.schema import schema_hash

GOAL_MS = 300
MAC = "02:0a:bc:00:ff:10"
MAGIC = b"\xff" * 6 + bytes.fromhex(MAC.replace(":", "")) * 16
NETWORK = """
mount -t sysfs sysfs /sys
ip link set lo up
ip link add name card address 02:00:00:00:01:02 type veth peer name wire
ip link set card up
ip link set wire up
ip addr add 10.91.1.2/24 brd + dev card
exec "$@"
"""
POLICY = """
[policy]
allow = ["wake"]
per_hour = 600

[policy.wake]
targets = ["10.91.1.0/24"]
"""


class Wire:
    """The far end of the cable: when each magic packet arrived."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self._card = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._card.bind(("wire", 0))
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            frame, about = self._card.recvfrom(2048)
            now = time.monotonic()
            if about[2] != socket.PACKET_OUTGOING and MAGIC in frame:
                self.heard.append(now)

    def first_after(self, begun: float, seconds: float = 30.0) -> float:
        """Return how many seconds after `begun` the first packet came."""
        wait_for(lambda: any(at > begun for at in self.heard), seconds, "a packet")
        return min(at for at in self.heard if at > begun) - begun


class Collector:
    """`wakeful-collector serve` with a key that may operate."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.environ = {**os.environ, "WAKEFUL_DATA": str(folder), "WAKEFUL_LISTEN": self.url[7:]}
        argv = [sys.executable, "-m", "wakeful_collector", "serve", "--quiet"]
        self.process = subprocess.Popen(argv, env=self.environ)
        wait_for(self._answers, 60, "the collector")
        self.key = json.loads(self.shell("key", "create", "--name", "bench", "--scope", "operate", "--json"))["key"]

    def _answers(self) -> bool:
        try:
            return bool(urllib.request.urlopen(self.url + "/healthz", timeout=5).status == 200)
        except OSError:
            return False

    def shell(self, *words: str) -> str:
        argv = [sys.executable, "-m", "wakeful_collector", *words]
        return subprocess.run(argv, env=self.environ, check=True, capture_output=True, text=True).stdout

    def invite(self) -> str:
        return str(json.loads(self.shell("invite", "--json"))["invite"])

    def ask(self, path: str, body: dict[str, Any] | None = None, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token or self.key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + "/api/v1" + path, content, headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def add_sleeper(self) -> str:
        """Enrol a machine that told of its card once, and return its id."""
        asked = {
            "invite": self.invite(),
            "name": "sleeper",
            "machine_id": "sleeper",
            "version": "0",
            "public_key": base64.b64encode(os.urandom(32)).decode(),
        }
        taken = self.ask("/enroll", asked)
        card = {"interface": "eth0", "kind": "physical", "mac": MAC, "addresses": ["10.91.1.20/24"]}
        push = {"wire": 1, "run": "bench-run", "sequence": 0, "series": [], "ticks": [], "schema": schema_hash([])}
        self.ask("/push", {**push, "hello": {"version": "0", "networks": [card]}}, taken["token"])
        return str(taken["agent_id"])


def wait_for(fulfilled: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not fulfilled():
        if time.monotonic() > deadline:
            sys.exit(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.005)


def start_agent(collector: Collector, folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    config = folder / "config"
    config.mkdir(parents=True, mode=0o700)
    (config / "agent.toml").write_text(POLICY)
    (config / "agent.toml").chmod(0o600)
    environ = {**os.environ, "CONFIG_DIR": str(config), "STATE_DIR": str(folder / "state")}
    argv = [sys.executable, "-m", "wakeful_agent"]
    enrolled = [*argv, "enroll", collector.url, "--invite", collector.invite()]
    subprocess.run(enrolled, env=environ, check=True, capture_output=True)
    host = str(json.loads((config / "identity.json").read_text())["agent_id"])
    process = subprocess.Popen([*argv, "run"], env=environ, stderr=subprocess.DEVNULL)

    def announced() -> bool:
        time.sleep(0.2)
        hello = collector.ask(f"/hosts/{host}").get("hello") or {}
        return any(one["name"] == "wake" for one in hello.get("actions", ()))

    wait_for(announced, 60, "the agent announces that it wakes")
    return process, host


def wake(collector: Collector, wire: Wire, sleeper: str) -> float:
    """Wake once, wait until the command has ended, and return the milliseconds to the first packet."""
    time.sleep(random.uniform(1.5, 2.5))  # what came of the wake before has long been told
    begun = time.monotonic()
    answer = collector.ask("/operations/host.wake", {"host": sleeper, "repeat": 1})
    took = wire.first_after(begun)
    if answer["result"]["command"]:
        ended = collector.ask(f"/commands/{answer['result']['command']}?wait=20")
        if ended["state"] != "done":
            sys.exit(f"a wake ended as {ended['state']}: {ended['summary']}")
    return took * 1000


def figures(found: list[float]) -> dict[str, float]:
    ordered = sorted(found)
    high = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    told = {"median_ms": statistics.median(ordered), "p95_ms": high, "worst_ms": ordered[-1], "least_ms": ordered[0]}
    return {name: round(value, 1) for name, value in told.items()}


def measure(wakes: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="wakeful-bench-") as place:
        wire = Wire()
        collector = Collector(Path(place) / "data")
        agent = None
        try:
            sleeper = collector.add_sleeper()
            itself = [wake(collector, wire, sleeper) for _ in range(5)]
            agent, host = start_agent(collector, Path(place) / "agent")
            first = wake(collector, wire, sleeper)
            collector.ask(f"/hosts/{host}/live", {"seconds": 600})
            time.sleep(2)
            live = [wake(collector, wire, sleeper) for _ in range(wakes)]
        finally:
            for process in (agent, collector.process):
                if process is not None:
                    process.terminate()
                    process.wait(30)
    return {"wakes": wakes, "live": figures(live), "first_ms": round(first, 1), "itself": figures(itself)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wakes", type=int, default=20, help="how often the agent is asked")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not given.inside:
        script = [sys.executable, str(Path(__file__).resolve()), "--inside", *sys.argv[1:]]
        words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        sys.exit(subprocess.run([*words, "sh", "-euc", NETWORK, "sh", *script], check=False).returncode)
    found = measure(given.wakes)
    if given.json:
        print(json.dumps(found))
        return
    print(f"{given.wakes} wakes through an agent in live mode, from the request to the packet on the wire:")
    print("  " + ", ".join(f"{name} {value}" for name, value in found["live"].items()))
    print(f"the first of all (not live before): {found['first_ms']} ms")
    print("by the collector itself: " + ", ".join(f"{name} {value}" for name, value in found["itself"].items()))
    print(f"goal: p95 below {GOAL_MS} ms: {'met' if found['live']['p95_ms'] < GOAL_MS else 'MISSED'}")


if __name__ == "__main__":
    main()
