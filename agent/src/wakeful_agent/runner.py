"""The runner that worries for the meters: time, isolation, outcome, bounds; in the tick, or aside."""

from __future__ import annotations

from functools import partial
from time import monotonic

from wakeful_agent.capabilities import Capability, missing
from wakeful_agent.host.background import Background
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.lane import Answer, Call, Lane
from wakeful_agent.host.text import label
from wakeful_agent.meter import (
    FAILED,
    NOTHING,
    OK,
    REFUSED,
    SERIES_OF_A_METER_MAX,
    TIMEOUT,
    Collected,
    Meter,
    NoData,
    Probe,
    Result,
)
from wakeful_agent.shelf import Shelf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Collection, Iterable, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_wire.schema import Series

VALUE_MAX = 1e300
PROBE_BUDGET_SECONDS = 2.0
PROBE_ASIDE_BUDGET_SECONDS = 10.0


class Runner:
    """Runs meters one after the other within their budgets; a hung one costs its own samples and nothing else.

    Those that are `aside` run beside the ticks in a thread of their own: what they read travels with the first tick
    after it was there. `say` is told one sentence when a meter's outcome changes. To be used from one thread at a time.
    """

    def __init__(self, host: Host, meters: Sequence[Meter] | Shelf, say: Callable[[str], None] | None = None) -> None:
        self.meters = meters if isinstance(meters, Shelf) else Shelf(meters)
        self._host = host
        self._apart: Host | None = None
        self._say = say or (lambda _sentence: None)
        self._lane = Lane()
        self._background = Background()
        self._said: dict[str, tuple[str, str]] = {}
        self._checked: dict[str, Sequence[Series]] = {}
        self._capabilities: dict[str, Capability] = {}
        self._ready: dict[str, Answer] = {}
        self._options: dict[str, Mapping[str, Any]] = {}
        self._pending: dict[str, Mapping[str, Any]] = {}
        self._begun: dict[str, Mapping[str, Any] | None] = {}
        self._stale: set[str] = set()

    def look(self, configured: Collection[str], barred: Collection[str] = ()) -> bool:
        """Look for optional meters whose subject came or went; tells whether there are any."""
        return self.meters.look(self._host, configured, barred)

    def look_for(self, names: Collection[str]) -> bool:
        """Look for those of the missing optional meters `names`, which are switched on; tells whether any came."""
        return self.meters.look_for(self._host, names)

    def configure(self, name: str, options: Mapping[str, Any]) -> bool:
        """Give a meter checked options; tells whether they are new.

        One that may be running takes them in its own thread before it runs again, and what it reads until then is not
        used: it was read for other settings.
        """
        if self._options.get(name) == options:
            return False
        self._options[name] = options
        if self._ready.pop(name, None) is not None:
            self._stale.add(name)
        if self.meters[name].aside or name in self._lane.hung:
            self._pending[name] = options
        else:
            self.meters[name].configure(options)
        return True

    def take_stale(self) -> set[str]:
        """Return the meters whose last reading was for other settings, and has to be made again."""
        stale, self._stale = self._stale, set()
        return stale

    def collect(self, now_ms: int, due: Iterable[str] | None = None, wait: bool = True) -> Collected:
        """Return the results of the meters named in `due` (None: all); names that are not known are left out.

        With `wait` false those that run aside are only started, and the results are of those that have finished.
        """
        names = [name for name in (self.meters if due is None else due) if name in self.meters]
        absent = {name: entry for name in names for entry in [self.meters.absent(name)] if entry is not None}
        aside = [name for name in names if name not in absent and self.meters[name].aside]
        here = [name for name in names if name not in absent and name not in aside]
        self._fetch()  # what has finished was begun before what is begun now
        for name in self._background.start([self._call(name, now_ms, self._beside()) for name in aside]):
            self._begun[name] = self._options.get(name)
        answers = self._lane.run([self._call(name, now_ms, self._host) for name in here])
        if wait:
            self._background.wait(aside)
        self._fetch()
        answers.update(self._ready)
        self._ready = {}
        found = {name: Result(NOTHING, entry.absent) for name, entry in absent.items()}
        found.update((name, self._result(name, answer)) for name, answer in answers.items())
        results = {name: found[name] for name in [*names, *found] if name in found}
        for name, result in results.items():
            self._tell(name, result)
        return Collected(now_ms, results)

    def probe(
        self, probes: Sequence[Probe] = (), wait: bool = True, names: Collection[str] | None = None
    ) -> list[Capability]:
        """Ask all meters (or those of `names`) and `probes` what they can do here, each within its own time.

        Returns what is known then, as `capabilities`; with `wait` false, answers of meters that run aside come later.
        """
        wanted = [name for name in self.meters if self.meters.absent(name) is None]
        wanted = wanted if names is None else [name for name in wanted if name in names]
        looks = [Probe(name, self.meters[name].probe) for name in wanted if not self.meters[name].aside]
        calls = [
            Call(f"probe {look.name}", partial(look.look, self._host), PROBE_BUDGET_SECONDS)
            for look in [*looks, *probes]
        ]
        aside = [
            Call(f"probe {name}", partial(self._probe, name, self._beside()), PROBE_ASIDE_BUDGET_SECONDS)
            for name in wanted
            if self.meters[name].aside
        ]
        self._background.start(aside)
        for key, answer in self._lane.run(calls).items():
            self._note(key, answer)
        if wait:
            self._background.wait([call.key for call in aside])
        return self.capabilities()

    def capabilities(self) -> list[Capability]:
        """Return what is known of what can be done here: of meters in their order, then of other rights."""
        self._fetch()
        known = dict(self._capabilities)
        for name in self.meters.entries:
            entry = self.meters.absent(name)
            if entry is not None:
                known[name] = missing(name, entry.absent, entry.fix, entry.exposes)
        order = {name: place for place, name in enumerate([*self.meters, *self.meters.entries])}
        return sorted(known.values(), key=lambda item: order.get(item.name, len(order)))

    @property
    def probing(self) -> bool:
        """Tell whether probes that run aside are still to answer."""
        return any(key.startswith("probe ") for key in self._background.busy)

    def absent(self) -> list[str]:
        """Return the optional meters of whose subjects nothing is on this machine."""
        return [name for name in self.meters.entries if self.meters.absent(name) is not None]

    def forget_refusals(self) -> None:
        """Let sudo be asked again for what it refused."""
        for host in (self._host, self._beside()):
            host.forget_refusals()

    def hung(self) -> list[str]:
        """Return the names of what was called and has not come back."""
        return sorted({*self._lane.hung, *self._background.hung})

    def close(self) -> None:
        """Let go of the worker, the kept descriptors and programs; never waits for a meter that hangs or runs aside."""
        self._lane.close()
        for host in (self._host, self._apart):
            if host is not None:
                host.stop_programs()
        if not self._lane.hung:
            self._host.close()

    def _beside(self) -> Host:
        self._apart = self._apart or self._host.apart()
        return self._apart

    def _call(self, name: str, now_ms: int, host: Host) -> Call:
        meter = self.meters[name]
        return Call(name, partial(self._read, meter, host, now_ms, monotonic()), meter.budget_seconds)

    def _fetch(self) -> None:
        for key, answer in self._background.take().items():
            if key.startswith("probe "):
                self._note(key, answer)
            elif not answer.late and self._begun.get(key) != self._options.get(key):
                self._stale.add(key)
            else:
                self._ready[key] = answer

    def _note(self, key: str, answer: Answer) -> None:
        name = key[len("probe ") :]
        self._capabilities[name] = _probed(name, answer)

    def _read(self, meter: Meter, host: Host, now_ms: int, asked: float) -> Result:
        self._settle(meter)
        if meter.aside:  # it may have waited for others
            now_ms += int((monotonic() - asked) * 1000)
        series, values, inventories, trouble = meter.read(host, now_ms)
        left_out = 0
        known = self._checked.get(meter.name)
        if series is not known:
            wanted = len(series)
            series, values = bounded(series, values, meter.series_most)
            left_out = wanted - len(series)
            series = self._checked[meter.name] = known if known == series else series
        error = f"{left_out} series are left out: doubles, or more than {meter.series_most}" if left_out else ""
        outcome, error = (OK, error) if trouble is None else _failure(trouble)
        return Result(outcome, error, 0.0, series, finite(values), inventories)

    def _probe(self, name: str, host: Host) -> Capability:
        meter = self.meters[name]
        if name not in self._background.hung:
            self._settle(meter)
        return meter.probe(host)

    def _settle(self, meter: Meter) -> None:
        options = self._pending.pop(meter.name, None)
        if options is not None:
            meter.configure(options)

    def _result(self, name: str, answer: Answer) -> Result:
        if answer.late:
            problem = f"has not come back within its {self.meters[name].budget_seconds:g} s"
            return Result(TIMEOUT, problem if answer.seconds else "was not started: too much hangs", answer.seconds)
        if answer.error is not None:
            outcome, error = _failure(answer.error)
            return Result(outcome, error, answer.seconds)
        result: Result = answer.value
        return result._replace(seconds=answer.seconds)

    def _tell(self, name: str, result: Result) -> None:
        now = (result.outcome, result.error if result.outcome == FAILED else "")
        before = self._said.get(name, (OK, ""))
        self._said[name] = now
        if now != before and (now[0], before[0]) not in {(OK, NOTHING), (NOTHING, OK)}:
            self._say(f"meter {name}: {result.outcome}" + (f": {result.error}" if result.error else ""))


def bounded(
    series: Sequence[Series], values: Sequence[float | None], most: int = SERIES_OF_A_METER_MAX
) -> tuple[Sequence[Series], Sequence[float | None]]:
    """Return series and values with each series once, and with at most `most`.

    Raises ValueError when there is not one value a series.
    """
    if len(series) != len(values):
        raise ValueError(f"{len(series)} series have {len(values)} values")
    if len(series) <= most and len(set(series)) == len(series):
        return series, values
    first = dict(zip(reversed(series), reversed(values)))
    kept = list(dict.fromkeys(series))[:most]
    return kept, [first[one] for one in kept]


def finite(values: Sequence[float | None]) -> Sequence[float | None]:
    """Return the values with None for what JSON has no number for: NaN, infinities, whole numbers without end."""
    for value in values:
        if value is not None and not -VALUE_MAX < value < VALUE_MAX:
            return [None if value is None or not -VALUE_MAX < value < VALUE_MAX else value for value in values]
    return values


def _failure(error: BaseException) -> tuple[str, str]:
    if isinstance(error, (NoData, Absent)):
        return NOTHING, label(str(error))
    if isinstance(error, Denied):
        return REFUSED, label(str(error))
    if isinstance(error, HostError):
        return FAILED, label(str(error))
    return FAILED, label(f"{type(error).__name__}: {error}")


def _probed(name: str, answer: Answer) -> Capability:
    if isinstance(answer.value, Capability):
        return answer.value
    return missing(name, "did not answer in time" if answer.late else label(f"the probe failed: {answer.error}"))
