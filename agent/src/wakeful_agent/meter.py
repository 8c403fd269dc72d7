"""The shape of a meter; the runner worries for it: time, isolation, outcome, bounds.

A meter is a small object with a `name`, an `interval_seconds` of its own (0: every tick), a `budget_seconds`, and a
`read` that returns a Reading or raises NoData. Everything else is the runner's matter.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_agent.options import Option
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_wire.schema import Series

__all__ = [
    "DISABLED",
    "FAILED",
    "NOTHING",
    "OK",
    "REFUSED",
    "SERIES_OF_A_METER_MAX",
    "TIMEOUT",
    "AgentFigures",
    "Collected",
    "Columns",
    "Meter",
    "NoData",
    "Option",
    "Probe",
    "Reading",
    "Result",
]

SERIES_OF_A_METER_MAX = 4_000

OK = "ok"
NOTHING = "nothing"
FAILED = "failed"
TIMEOUT = "timeout"
DISABLED = "disabled"
REFUSED = "refused"


class NoData(Exception):
    """There is nothing of a meter's subject on this machine: not a failure."""


class Reading(NamedTuple):
    """What a meter read: one value a series (None: the series is known, but has no reading now), and documents.

    An inventory that is not in the reading was not looked at this time and stays as it was; one that is the same object
    as last time is taken as unchanged. `trouble` is the error that the run ends with although what was read is worth
    sending: of many targets none answers, and each says so.
    """

    series: Sequence[Series]
    values: Sequence[float | None]
    inventories: Mapping[str, Any] = {}
    trouble: BaseException | None = None


class Result(NamedTuple):
    """How one meter's run ended, with what it read; `seconds` is wall time."""

    outcome: str
    error: str = ""
    seconds: float = 0.0
    series: Sequence[Series] = ()
    values: Sequence[float | None] = ()
    inventories: Mapping[str, Any] = {}

    def document(self) -> dict[str, Any]:
        """Return the form it travels in: `{"outcome", "error", "seconds"}`."""
        return {"outcome": self.outcome, "error": self.error, "seconds": round(self.seconds, 6)}


class Collected(NamedTuple):
    """One tick: what every meter that was due came back with, by meter name."""

    time_ms: int
    results: dict[str, Result]


class AgentFigures(NamedTuple):
    """What the daemon knows of itself, for the agent's own meter; `pushes` counts by outcome, `meters` are seconds."""

    spool_bytes: int
    spool_pushes: int
    spool_age_seconds: float
    pushes: Mapping[str, int]
    meters: Mapping[str, float]


class Meter(ABC):
    """The shape of a meter; subclass it, set the names, write `read`."""

    name: str = ""
    interval_seconds: float = 0.0
    budget_seconds: float = 2.0
    source: str = ""
    """What `probe` looks at: a file under the root, or a folder (with a slash at its end)."""
    fix: str = ""
    exposes: str = ""
    options: tuple[Option, ...] = ()
    series_most: int = SERIES_OF_A_METER_MAX
    aside: bool = False
    """Whether it starts programs or asks over sockets: then it runs beside the ticks, which never wait for it."""
    collector_targets: bool = False
    """Whether agent.toml can leave its targets to the collector: not where somebody logs in."""
    collector_words: tuple[str, ...] = ()
    """The words that the collector may put behind an address then."""

    def __init__(self) -> None:
        self.configure({})

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take checked options (see `check_options`); those not given have their defaults."""
        self.chosen = {option.name: options.get(option.name, option.default) for option in self.options}

    def probe(self, host: Host) -> Capability:
        """Say whether there is anything to read here, by looking at the meter's `source`."""
        try:
            found = host.listing(self.source) if self.source.endswith("/") else host.read(self.source)
        except HostError as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        return granted(self.name) if found else missing(self.name, f"/{self.source} is empty", self.fix, self.exposes)

    def secret(self, host: Host, name: str = "password") -> str:
        """Return a secret option, or what is in the file that the option `NAME_file` names; empty where neither is.

        Raises Denied when that file is open to others, Absent, HostError.
        """
        told, path = str(self.chosen.get(name) or ""), str(self.chosen.get(f"{name}_file") or "")
        return told or (host.secret(path) if path else "")

    @abstractmethod
    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what there is now; raise NoData when there is nothing of it here."""


class Columns:
    """Hands out the series of things that come and go, as the same list while they are the same things.

    `make` returns the series of one thing (a device, a mount); a thing's values must come in the same order.
    """

    def __init__(self, make: Callable[[Any], Sequence[Series]]) -> None:
        self._make = make
        self._made: dict[Any, Sequence[Series]] = {}
        self._keys: list[Any] = []
        self._series: list[Series] = []

    def of(self, keys: list[Any]) -> list[Series]:
        """Return the series of all `keys`, one thing behind the other."""
        if keys != self._keys:
            made = self._made
            self._made = {key: made[key] if key in made else self._make(key) for key in keys}
            self._keys = keys
            self._series = [series for key in keys for series in self._made[key]]
        return self._series


class Probe(NamedTuple):
    """A right that is not a meter's own: `look` says whether it is there."""

    name: str
    look: Callable[[Host], Capability]
