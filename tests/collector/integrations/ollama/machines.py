"""Machines of the gateway as the tests of what keeps them need them, and an agent that does what it is asked."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import sealed, settings
from wakeful_collector.store import gateway_machines
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine

MAC = "02:0a:bc:00:ff:10"
MAGIC = b"\xff" * 6 + bytes.fromhex("020abc00ff10") * 16


def add(data: Path, url: str = "http://192.0.2.9:11434", name: str = "box", **given: Any) -> Machine:
    """Add a machine; secrets go by their names as settings do."""
    secrets = {key: given.pop(key) for key in list(given) if key in sealed.NAMES}
    one = settings.check({"name": name, "url": url, "mac": MAC, **given})
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, settings.row(one, sealed.seal(data, "", secrets), 1, 1))
    return one


def await_true(question: Callable[[], Any], what: str, seconds: float = 20.0) -> Any:
    """Ask until the answer is true."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := question():
            return found
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds:.0f} s: {what}")


class Servant:
    """The agent of a host, as far as commands go: it takes what it is handed, notes it, and answers as it is told."""

    def __init__(self, host: Any, actions: list[dict[str, Any]], **hello: Any) -> None:
        self.host = host
        self.taken: list[tuple[str, dict[str, Any]]] = []
        self.answer: Callable[[str], dict[str, Any] | None] = lambda _: {"state": "done", "data": {"summary": "did it"}}
        self.deaf = False
        self._results: list[dict[str, Any]] = []
        self._stop = threading.Event()
        self._push(hello={"version": "1", "actions": actions, **hello})
        self._thread = threading.Thread(target=self._live, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop it."""
        self._stop.set()
        self._thread.join(10)

    def _live(self) -> None:
        while not self._stop.wait(0.05):
            if not self.deaf:
                results, self._results = self._results, []
                for one in self._push(results=results):
                    self.taken.append((one["action"], one["arguments"]))
                    said = self.answer(one["action"])
                    if said is not None:
                        self._results.append({"command": one["id"], **said})

    def _push(self, **more: Any) -> list[dict[str, Any]]:
        return list(self.host.push([], clock.now_ms(), **more).get("commands", []))
