"""The newest results in Prometheus' text format: under node_exporter's names where those mean the same.

What node_exporter has no name for is shown as `wakeful_` and our name (`redis.clients.connected` becomes
`wakeful_redis_clients_connected`); names that scripts and files gave stay as they are.
"""

from __future__ import annotations

import os

from wakeful_agent.meter import DISABLED, NOTHING, OK
from wakeful_wire.names import COUNTER, METRICS
from wakeful_wire.node_names import DERIVED, derived, rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, Mapping, Sequence

    from wakeful_agent.meter import Result
    from wakeful_wire.names import Metric
    from wakeful_wire.schema import Series

    Labels = Sequence[tuple[str, str]]

_DERIVING = ("memory", "filesystem")
_SUCCESS, _DURATION = "node_scrape_collector_success", "node_scrape_collector_duration_seconds"
_HELP = {
    _SUCCESS: ("gauge", "Whether a meter's last run ended well"),
    _DURATION: ("gauge", "Time a meter's last run took"),
    "node_uname_info": ("gauge", "Kernel and name of this machine"),
    "node_time_seconds": ("gauge", "Time of this machine"),
    **{name: ("gauge", text) for name, text in DERIVED.items()},
}


class _Place:
    """Where a series is shown: its family and its line up to the value."""

    __slots__ = ("family", "prefix", "scale")

    def __init__(self, family: str, labels: Labels, scale: float = 1.0) -> None:
        self.family = family
        self.prefix = f"{family}{_written(labels)} "
        self.scale = scale


class Shown:
    """Holds the newest result of each meter, and writes the page when it is asked for.

    `take` and `text` may be called by different threads.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._results: dict[str, Result] = {}
        self._places: dict[str, tuple[Sequence[Series], list[list[_Place]]]] = {}
        self._families: dict[str, tuple[str, str]] = dict(_HELP)

    def take(self, results: Mapping[str, Result]) -> None:
        """Take a tick's results; a meter that read nothing is no longer shown."""
        self._results = {**self._results, **results}

    def text(self) -> str:
        """Return the page."""
        lines: dict[str, list[str]] = {}
        results = self._results
        for name, result in results.items():
            self._add(lines, name, result)
        deriving = [
            (one.name, dict(one.labels), value)
            for name in _DERIVING
            if name in results
            for one, value in zip(results[name].series, results[name].values)
            if value is not None
        ]
        about = os.uname()
        fields = ("sysname", "release", "version", "machine", "nodename")
        own: list[tuple[str, Labels, float]] = [*derived(deriving), ("node_time_seconds", (), self._now_ms() / 1000)]
        own.append(("node_uname_info", [(field, getattr(about, field)) for field in fields], 1.0))
        ran = {name: result for name, result in results.items() if result.outcome not in {DISABLED, NOTHING}}
        for name, result in ran.items():
            own.append((_SUCCESS, (("collector", name),), float(result.outcome == OK)))
            own.append((_DURATION, (("collector", name),), round(result.seconds, 6)))
        for family, labels, value in own:
            lines.setdefault(family, []).append(f"{family}{_written(labels)} {_number(value)}")
        return "".join(self._family(family, found) for family, found in lines.items())

    def _add(self, lines: dict[str, list[str]], name: str, result: Result) -> None:
        series, places = self._places.get(name, ((), []))
        if series is not result.series:
            places = [self._places_of(one) for one in result.series]
            self._places[name] = (result.series, places)
        for shown, value in zip(places, result.values):
            if value is not None:
                for place in shown:
                    text = _number(value * place.scale if place.scale != 1.0 else value)
                    lines.setdefault(place.family, []).append(place.prefix + text)

    def _places_of(self, one: Series) -> list[_Place]:
        metric = METRICS.get(one.name)
        if metric is None:
            return [_Place(one.name, one.labels)]
        rules = rules_of(one.name, dict(one.labels))
        if not rules:
            family = own_name(metric)
            self._families[family] = (metric.kind, metric.help)
            return [_Place(family, one.labels)]
        for rule, _ in rules:
            self._families[rule.family] = (rule.kind, metric.help)
        return [_Place(rule.family, labels, rule.scale) for rule, labels in rules]

    def _family(self, family: str, lines: list[str]) -> str:
        about = self._families.get(family)
        head = f"# HELP {family} {about[1]}\n# TYPE {family} {about[0]}\n" if about else ""
        # Two sources of scripts may give a series of one name: doubles would cost the whole page.
        once = {line.rpartition(" ")[0]: line for line in reversed(lines)}
        whole = lines if len(once) == len(lines) else list(once.values())
        return head + "\n".join(whole) + "\n"


def own_name(metric: Metric) -> str:
    """Return the family of a metric that node_exporter has no name for; `_count` is a histogram's there."""
    name = "wakeful_" + metric.name.replace(".", "_")
    return f"{name}_total" if metric.kind == COUNTER else name[: -len("_count")] if name.endswith("_count") else name


def _written(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name.replace(".", "_")}="{_quoted(text)}"' for name, text in labels) + "}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(float(value))
