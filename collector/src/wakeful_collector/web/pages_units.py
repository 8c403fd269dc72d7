"""How the values of a metric are written: its unit, as the catalogue or the last words of its name have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wakeful_wire.names import COUNTER

if TYPE_CHECKING:
    from wakeful_wire.names import Metric

_GAUGES = {
    "By": "bytes",
    "KiBy": "bytes",
    "s": "seconds",
    "Cel": "celsius",
    "W": "watts",
    "rpm": "rpm",
    "Hz": "hertz",
    "bit/s": "bits",
    "By/s": "byterate",
    "V": "volts",
    "A": "amperes",
}
_RATES = {"By": "byterate", "s": "percent", "J": "watts", "bit": "bits"}
_SHARES = re.compile(r"(utili[sz]ation|ratio|share|charge|fraction|load|loss|wear|used|percent)$")


def kind_of(metric: Metric) -> str:
    """Return the word by which the page's script writes values of `metric`: counters are drawn as rates."""
    if metric.kind == COUNTER:
        return _RATES.get(metric.unit, "persecond")
    if metric.unit == "1" and _SHARES.search(metric.name):
        return "percent"
    return _GAUGES.get(metric.unit, "count")


def unit_words(metric: Metric) -> str:
    """Return the unit for people, empty where the values carry it themselves or there is none."""
    thing = re.fullmatch(r"\{(.+)\}(/min|/s)?", metric.unit)
    if thing is None:
        return ""
    word = thing[1].replace("_", " ")
    plural = word if word.endswith("s") else f"{word}es" if word.endswith(("ch", "sh", "x")) else f"{word}s"
    plural = f"{word[:-1]}ies" if word.endswith(("ry", "ty")) else plural
    if thing[2] == "/min":
        return f"{plural} a minute"
    return f"{plural} a second" if thing[2] or metric.kind == COUNTER else plural
