"""What the machine's own scripts print in Prometheus' text format; which scripts, only its own agent.toml can say."""

from __future__ import annotations

from time import monotonic

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.dropped import check_owned
from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.host.exposition import SAMPLES_MAX, parse
from wakeful_agent.host.text import label
from wakeful_agent.meter import Meter, NoData, Option, Reading
from wakeful_wire import limits
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

SCRIPTS_MAX = 50
OUTPUT_BYTES_MAX = 1024 * 1024
MOST_SERIES = SAMPLES_MAX - 3 * SCRIPTS_MAX
RESERVE_SECONDS = 2.0
_OWN = ("exec.up", "exec.duration", "exec.code")


class Run(NamedTuple):
    """How a script ended last: state ok, failed, late or refused; with its series, which it keeps when it fails."""

    state: str
    error: str
    seconds: float | None
    code: int | None
    series: tuple[Series, ...] = ()
    values: tuple[float | None, ...] = ()


class ExecMeter(Meter):
    """Runs each script as the agent's own user, without a shell, and takes what it prints as of now.

    Series carry the script's name as the label `script`. One that fails, is late or prints garbage costs only itself.
    What it writes on standard error stays here: it may hold secrets.
    """

    name = "exec"
    source = "etc/wakeful/agent.toml"
    interval_seconds = 60.0
    budget_seconds = 60.0
    aside = True
    fix = "name scripts in agent.toml: [meters.exec.scripts] NAME = ['/path/of/script', 'argument']"
    exposes = "the numbers and labels that these scripts print"
    options = (
        Option("scripts", {}, "Scripts by name, each a list of its path and arguments", local=True),
        Option("timeout_seconds", 10, "How long one script may run", local=True, least=1, most=50),
    )

    def __init__(self) -> None:
        super().__init__()
        self._runs: dict[str, Run] = {}
        self._series: list[Series] = []
        self._first = ""

    def probe(self, host: Host) -> Capability:
        """Say whether scripts are named, and which may not be run as they are; none is run."""
        scripts = self.chosen["scripts"]
        if not scripts:
            return missing(self.name, "agent.toml names no scripts", self.fix, self.exposes)
        problems = []
        for name, argv in scripts.items():
            try:
                _check(host, argv)
            except HostError as error:
                problems.append(f"{name}: {error}")
        if problems:
            return missing(self.name, label("; ".join(problems)), "", self.exposes)
        return granted(self.name, f"{len(scripts)} scripts")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Run the scripts one after the other; those there was no time for come first the next time."""
        scripts = dict(list(self.chosen["scripts"].items())[:SCRIPTS_MAX])
        if not scripts:
            raise NoData("agent.toml names no scripts")
        ends = monotonic() + self.budget_seconds - RESERVE_SECONDS
        before, self._runs = self._runs, {}
        first, self._first = self._first, ""
        names = sorted(scripts, key=lambda name: (name < first, name))
        for name in names:
            patience = min(float(self.chosen["timeout_seconds"]), ends - monotonic())
            if patience < 1 and not self._first:
                self._first = name
            self._runs[name] = _run(host, name, scripts[name], patience, before.get(name))
        self._runs = {name: self._runs[name] for name in scripts}
        return self._reading(len(self.chosen["scripts"]) - len(scripts))

    def _reading(self, left_out: int) -> Reading:
        columns: dict[Series, float | None] = {}
        for name, run in self._runs.items():
            own = (1.0 if run.state == "ok" else 0.0, run.seconds, run.code)
            columns.update(zip((series(one, script=label(name)) for one in _OWN), own))
        problems = [f"{name}: {run.error}" for name, run in self._runs.items() if run.error]
        if left_out:
            problems.append(f"{left_out} scripts are left out: at most {SCRIPTS_MAX} are run")
        for name, run in self._runs.items():
            if len(columns) + len(run.series) > MOST_SERIES:
                problems.append(f"{name}: its {len(run.series)} series are left out, there are too many")
            else:
                columns.update((one, value) for one, value in zip(run.series, run.values) if one not in columns)
        found = list(columns)
        if found != self._series:  # else the same list, so that nobody need compare it again
            self._series = found
        trouble = _trouble(self._runs, label("; ".join(problems))) if problems else None
        return Reading(self._series, list(columns.values()), {self.name: self._document()}, trouble)

    def _document(self) -> list[dict[str, Any]]:
        return [
            {"script": label(name), "state": run.state, "code": run.code, "error": label(run.error)}
            for name, run in self._runs.items()
        ]


def as_series(text: str, script: str) -> tuple[tuple[Series, ...], tuple[float | None, ...]]:
    """Return the series and values that a script printed, each with the label `script`; raise Malformed."""
    samples = parse(text)
    for sample in samples:
        if sample.time_ms is not None:
            raise Malformed(f"{sample.name} has a time of its own: leave it out, values are taken as of now")
        if len(sample.labels) >= limits.LABELS_MAX:
            raise Malformed(f"{sample.name} has more than {limits.LABELS_MAX - 1} labels")
    named = label(script)
    columns = tuple(
        series(one.name, **{**{name: label(text) for name, text in one.labels}, "script": named}) for one in samples
    )
    return columns, tuple(sample.value for sample in samples)


def _run(host: Host, name: str, argv: Sequence[str], patience: float, before: Run | None) -> Run:
    known = before.series if before else ()
    nothing = (None,) * len(known)
    if patience < 1:
        return Run("late", "was not run: the others took all the time", None, None, known, nothing)
    begun = monotonic()
    code = None
    try:
        _check(host, argv)
        code, text, _ = host.run(argv, patience, OUTPUT_BYTES_MAX)
        seconds = round(monotonic() - begun, 3)
        if code:
            return Run("failed", f"ended with {code}", seconds, code, known, nothing)
        columns, values = as_series(text, name)
    except Late:
        return Run("late", f"did not end within {patience:.0f} s", round(monotonic() - begun, 3), None, known, nothing)
    except HostError as error:
        state = "refused" if isinstance(error, Denied) else "failed"
        return Run(state, str(error), round(monotonic() - begun, 3), code, known, nothing)
    return Run("ok", "", seconds, code, columns, values)


def _check(host: Host, argv: Sequence[str]) -> None:
    if not argv or not argv[0].startswith("/"):
        raise Malformed("must begin with the whole path of a program")
    check_owned(host, argv[0].lstrip("/"))


def _trouble(runs: dict[str, Run], problem: str) -> HostError:
    states = {run.state for run in runs.values()}
    return Denied(problem) if states == {"refused"} else Malformed(problem)
