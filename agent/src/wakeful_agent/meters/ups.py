"""Uninterruptible power supplies, from a server of Network UPS Tools (NUT)."""

from __future__ import annotations

from wakeful_agent.host.jsons import number
from wakeful_agent.host.listeners import listens
from wakeful_agent.host.text import label
from wakeful_agent.network import nut
from wakeful_agent.network.nut import PORT, Ups
from wakeful_agent.network.targets import Target
from wakeful_agent.service import TARGETS, TIMEOUT, Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host
    from wakeful_agent.meter import Reading

STATES = {
    "OL": "online",
    "OB": "on_battery",
    "LB": "low_battery",
    "HB": "high_battery",
    "RB": "replace_battery",
    "CHRG": "charging",
    "DISCHRG": "discharging",
    "BYPASS": "bypass",
    "CAL": "calibrating",
    "OFF": "off",
    "OVER": "overloaded",
    "TRIM": "trimming",
    "BOOST": "boosting",
    "FSD": "forced_shutdown",
    "ALARM": "alarm",
}
"""States by the words of `ups.status`; several may hold at once."""
LOST = "lost"
"""The state of a UPS that the server has no news of: the cable, the driver."""

_SAMPLES: tuple[tuple[str, Mapping[str, str], tuple[str, ...], float], ...] = (
    ("ups.battery.charge", {}, ("battery.charge",), 0.01),
    ("ups.battery.runtime", {}, ("battery.runtime",), 1),
    ("ups.battery.voltage", {}, ("battery.voltage",), 1),
    ("ups.load", {}, ("ups.load",), 0.01),
    ("ups.power", {}, ("ups.realpower", "output.realpower"), 1),
    ("ups.apparent_power", {}, ("ups.power", "output.power"), 1),
    ("ups.temperature", {}, ("ups.temperature", "battery.temperature"), 1),
    ("ups.voltage", {"side": "input"}, ("input.voltage",), 1),
    ("ups.voltage", {"side": "output"}, ("output.voltage",), 1),
    ("ups.frequency", {"side": "input"}, ("input.frequency",), 1),
    ("ups.frequency", {"side": "output"}, ("output.frequency",), 1),
)
_FACTS = {
    "model": ("device.model", "ups.model"),
    "vendor": ("device.mfr", "ups.mfr"),
    "serial": ("device.serial", "ups.serial"),
    "firmware": ("ups.firmware",),
    "battery_type": ("battery.type",),
    "driver": ("driver.name",),
}


class UpsMeter(ServiceMeter):
    """State, charge, runtime and load of every UPS of each server; by default the server on this machine."""

    name = "ups"
    source = "127.0.0.1:3493"
    interval_seconds = 15.0
    budget_seconds = 30.0
    fix = "apt install nut-server, a section for the UPS in /etc/nut/ups.conf, MODE=standalone in /etc/nut/nut.conf"
    exposes = "state and serial number of the UPS"
    options = (TARGETS, TIMEOUT)

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[str, dict[str, tuple[list[int], dict[str, Any]]]] = {}
        self._flat: list[dict[str, Any]] = []

    def usual(self, host: Host) -> list[Target]:
        """Return the server on this machine, if something listens there."""
        return [Target("localhost", f"127.0.0.1:{PORT}")] if listens(host, PORT) else []

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Return what the server tells of every UPS."""
        samples: list[tuple[str, Mapping[str, str], float | None]] = []
        rows = []
        known, before = {}, self._known.get(target.name, {})
        for ups in nut.ask(target.address, self.timeout_seconds):
            which, facts = before.get(ups.name, ([], {}))
            # What it told once it keeps: a server that has just lost a driver answers with nothing and no error.
            which = sorted({*which, *(place for place in range(len(_SAMPLES)) if _value(ups, place) is not None)})
            now = {key: _fact(ups, names) for key, names in _FACTS.items()}
            facts = {key: fact or facts.get(key, "") for key, fact in now.items()}
            known[ups.name] = which, facts
            states = states_of(ups)
            samples += [
                ("ups.status", {"ups": ups.name, "state": state}, float(state in states))
                for state in (*STATES.values(), LOST)
            ]
            samples += [(_SAMPLES[one][0], {"ups": ups.name, **_SAMPLES[one][1]}, _value(ups, one)) for one in which]
            told = {"description": ups.description, **facts, "error": ups.error}
            rows.append({"ups": ups.name, "state": " ".join(states), **told})
        self._known[target.name] = known
        return Answered(samples, {"each": rows})

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what all servers tell; the inventory has a row for each UPS, and for each server without any known.

        A server that is down has news of none of its UPS: they are lost.
        """
        reading = super().read(host, now_ms)
        flat: list[dict[str, Any]] = []
        for server in reading.inventories[self.name]:
            each = server.get("each", [])
            lost = {} if server["state"] == "up" else {"state": LOST, "error": server["error"]}
            flat += [{"target": server["target"], **row, **lost} for row in each]
            if not each:
                flat.append({"target": server["target"], "ups": "", "state": server["state"], "error": server["error"]})
        self._flat = self._flat if self._flat == flat else flat
        return reading._replace(inventories={self.name: self._flat})


def states_of(ups: Ups) -> list[str]:
    """Return the states that hold, in the order of the server's words; those it has made up itself are left out."""
    if ups.error:
        return [LOST]
    return [STATES[word] for word in ups.variables.get("ups.status", "").split() if word in STATES]


def _value(ups: Ups, place: int) -> float | None:
    _, _, names, scale = _SAMPLES[place]
    found = (number(ups.variables, name) for name in names)
    value = next((one for one in found if one is not None), None)
    return None if value is None else round(value * scale, 6)


def _fact(ups: Ups, names: tuple[str, ...]) -> str:
    return next((label(ups.variables[name].strip(), 128) for name in names if ups.variables.get(name)), "")
