"""A desk for commands whose clock and file a test sets, with an action that rings when it is let."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Mapping

from wakeful_agent.action import Action, Outcome, Parameter
from wakeful_agent.config.orders import Policy
from wakeful_agent.daemon.ordering import Orders
from wakeful_agent.host.files import Host
from wakeful_wire.answer import Command

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_800_000_000_000


class Ring(Action):
    """Rings when it is let."""

    name = "ring"
    timeout_seconds = 30.0

    def __init__(self, does: Callable[[Mapping[str, Any]], Outcome] | None = None) -> None:
        super().__init__()
        self.rung: list[Mapping[str, Any]] = []
        self.ends = False
        self.does = does or (lambda arguments: Outcome(True, "it rang", {"bell": arguments["bell"]}))

    def takes(self) -> tuple[Parameter, ...]:
        return (Parameter("bell", "choice", default="small", choices=("small", "big")),)

    def ends_agent(self, host: Host, arguments: Mapping[str, Any]) -> bool:
        return self.ends

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        self.rung.append(arguments)
        return self.does(arguments)


class Bench:
    """Orders whose clock the test sets."""

    def __init__(self, folder: Path, log: Any, action: Ring | None = None, policy: Policy | None = None) -> None:
        self.clock_ms = NOW_MS
        self.folder = folder
        self.woken = threading.Event()
        self.ring = action or Ring()
        self.log = log
        self.host = Host()
        self.orders = self.again(policy or Policy(("ring",), per_hour=100))

    def again(self, policy: Policy) -> Orders:
        """Return the orders of a next start."""
        path = str(self.folder / "commands.json")
        orders = Orders(path, self.host, self.woken.set, self.log, lambda: self.clock_ms)
        orders.configure(policy, {"ring": self.ring})
        orders.restore()
        return orders

    def ask(self, *ids: str, action: str = "ring", **arguments: Any) -> None:
        self.orders.take([Command(one, action, arguments, self.clock_ms + 60_000) for one in ids])

    def results(self, count: int = 1) -> list[dict[str, Any]]:
        """Return results as they come, at least so many."""
        found: list[dict[str, Any]] = []
        deadline = time.monotonic() + 20
        while len(found) < count:
            assert time.monotonic() < deadline, found
            found += self.orders.news()[0]
            time.sleep(0.002)
        return found
