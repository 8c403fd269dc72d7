"""Machines that were seen in this one's networks, also those that sleep by now: who could be woken from here."""

from __future__ import annotations

from wakeful_agent.host.neighbours import neighbours
from wakeful_agent.host.text import label
from wakeful_agent.meter import Meter, Option, Reading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host
    from wakeful_agent.host.neighbours import Neighbour

_HOUR_MS = 3_600_000
_DAY_MS = 24 * _HOUR_MS


class NeighboursMeter(Meter):
    """The inventory `neighbours`: address, hardware address and interface of each machine, and when it was last seen.

    The time is told in whole hours, so that the document is the same while nothing comes or goes. What the kernel
    forgets is remembered for `days`, as long as the agent runs.
    """

    name = "neighbours"
    source = "proc/net/arp"
    interval_seconds = 60.0
    options = (
        Option("days", 30, "How long a machine is remembered after it was last seen", least=1, most=365),
        Option("most", 1_000, "How many machines are told, the latest first", least=1, most=5_000),
    )

    def __init__(self) -> None:
        super().__init__()
        self._seen: dict[tuple[str, str, str], tuple[Neighbour, int]] = {}
        self._document: list[dict[str, Any]] = []

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return no figures, and the inventory."""
        for one in neighbours(host):
            seen_ms = now_ms - int(one.age_seconds * 1000)
            key = (one.interface, one.mac, one.address)
            if key not in self._seen or seen_ms > self._seen[key][1]:
                self._seen[key] = (one, seen_ms)
        self._forget(now_ms)
        document: list[dict[str, Any]] = [
            {
                "interface": label(one.interface),
                "address": one.address,
                "mac": one.mac,
                "seen_ms": seen_ms // _HOUR_MS * _HOUR_MS,
            }
            for one, seen_ms in self._seen.values()
        ]
        document.sort(key=lambda row: (-row["seen_ms"], row["interface"], row["mac"], row["address"]))
        if document != self._document:
            self._document = document
        return Reading((), (), {"neighbours": self._document})

    def _forget(self, now_ms: int) -> None:
        since_ms = now_ms - self.chosen["days"] * _DAY_MS
        latest = sorted(self._seen.items(), key=lambda item: -item[1][1])[: self.chosen["most"]]
        self._seen = {key: held for key, held in latest if held[1] >= since_ms}
