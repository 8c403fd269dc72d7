"""A collector with its gateway, as people run it, and its clients' address."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

from ..fakes.ollama_clients import ask
from .halves import Collector, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_SECONDS = 40.0


class Gateway:
    """`wakeful-collector serve` with a key of scope gateway; machines are set up by the API, as a person would."""

    def __init__(self, data: Path, workers: int = 2) -> None:
        self.collector = Collector(data, WAKEFUL_WEB_WORKERS=str(workers))
        self.collector.start()
        self.admin = self.new_key("admin", "admin")
        self.key = self.new_key("laptop", "gateway")

    @property
    def origin(self) -> str:
        """The collector's address."""
        return f"http://127.0.0.1:{self.collector.port}"

    def url(self, machine: str = "") -> str:
        """Return the base address of a machine for a client; without a name of the default one."""
        return f"{self.origin}/ollama/{machine}".rstrip("/")

    def new_key(self, name: str, scope: str) -> str:
        """Make an API key."""
        argv = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", name, "--scope", scope, "--json"]
        done = subprocess.run([*argv, "--data", str(self.collector.data)], check=True, capture_output=True, text=True)
        return str(json.loads(done.stdout)["key"])

    def run(self, operation: str, **arguments: Any) -> Any:
        """Run an operation as the admin and return its result."""
        headers = {"Authorization": f"Bearer {self.admin}", "Content-Type": "application/json"}
        answer = ask(self.origin, "POST", f"/api/v1/operations/{operation}", arguments, headers)
        assert answer.status in {200, 201}, (operation, answer)
        return answer.json()

    def add(self, name: str, state: str = "awake", **settings: Any) -> None:
        """Add a machine and wait until the gateway has seen in which state it is."""
        self.run("gateway.machine.add", name=name, **settings)
        self.wait_for_state(name, state)

    def machine(self, name: str) -> Any:
        """Return how a machine stands."""
        return self.run("gateway.status", machine=name)["result"]["machines"][0]

    def wait_for(self, name: str, fulfilled: Any, seconds: float = PATIENCE_SECONDS) -> Any:
        """Return how a machine stands once that is so."""
        found: list[Any] = []
        wait_for(lambda: found.append(self.machine(name)) or fulfilled(found[-1]), seconds)
        return found[-1]

    def wait_for_state(self, name: str, state: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Return how a machine stands once it is in a state."""
        return self.wait_for(name, lambda found: found["state"] == state, seconds)

    def request(self, method: str, path: str, body: Any = None, machine: str = "", **headers: str) -> Any:
        """Send a request by hand, with the key."""
        every = {"Authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): text for name, text in headers.items()
        }
        return ask(self.url(machine), method, path, body, every, PATIENCE_SECONDS)


@contextlib.contextmanager
def gateway(data: Path, workers: int = 2) -> Iterator[Gateway]:
    """Run a collector with its gateway until the block ends."""
    made = Gateway(data, workers)
    try:
        yield made
    finally:
        made.collector.end()


def took(action: Any) -> tuple[float, Any]:
    """Return how many seconds something took, and what came of it."""
    began = time.monotonic()
    result = action()
    return time.monotonic() - began, result
