"""The shape of a meter that asks targets: servers by address, all at once, each on its own account.

A target that is down costs only itself: its `NAME.up` is 0, the series it had have no value, the inventory says why.
Without targets in agent.toml the usual local places are looked at, and no other machine is ever asked.
"""

from __future__ import annotations

from abc import abstractmethod
from functools import partial

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.concealment import Concealment
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.listeners import listens
from wakeful_agent.host.text import label
from wakeful_agent.meter import Meter, NoData, Option, Reading
from wakeful_agent.network.many import WORKERS_MAX, Crowd
from wakeful_agent.network.targets import Target, parse_targets
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.host.lane import Answer

UP = "up"
DOWN = "down"
REFUSED = "refused"

LOOK_MS = REFUSAL_MS = 300_000
_SPARE_SECONDS = 1.0
_PROBE_SECONDS = 1.5
_ERROR_CHARACTERS_MAX = 300

TARGETS = Option(
    "targets",
    [],
    "what to ask: addresses, each with a name before it if you like (NAME=ADDRESS); by default what is found here",
    local=True,
)
TIMEOUT = Option("timeout_seconds", 5.0, "how long a target may take to answer", least=0.2, most=20.0)


class Answered(NamedTuple):
    """What a target said: samples as (metric, labels but the target's, value), and facts that seldom change.

    `error` says what is wrong although it answered; then it is not up.
    """

    samples: Sequence[tuple[str, Mapping[str, str], float | None]] = ()
    about: Mapping[str, Any] = {}
    error: str = ""


def local_ends(host: Host, port: int, sockets: Sequence[str] = ()) -> list[Target]:
    """Return the port, if something local listens there, and those of the sockets that exist."""
    found = [Target(f"127.0.0.1:{port}", f"127.0.0.1:{port}")] if listens(host, port) else []
    paths = [host.path(path) for path in sockets if host.exists(path)]
    return found + [Target(path, f"unix:{path}") for path in paths]


class _Kept(NamedTuple):
    """What is kept of a target between two readings: what its samples were called, their series, and its facts."""

    names: list[tuple[str, Mapping[str, str]]]
    series: list[Series]
    about: Mapping[str, Any]


class ServiceMeter(Meter):
    """Asks its targets all at once; a subclass names itself and says how one is asked.

    `prefix` begins the names of its metrics (its name, if empty); with `every` all usual places that answer are
    targets, otherwise the first.
    """

    aside = True
    interval_seconds = 15.0
    budget_seconds = 60.0
    prefix = ""
    every = False
    refusal_ms = 0
    """How long a refusal is believed before the target is asked again: a server writes each one into its log."""
    options: tuple[Option, ...] = (TARGETS, TIMEOUT)

    def __init__(self) -> None:
        super().__init__()
        self.concealment = Concealment()
        """What `ask` is to give every secret it tells a target, so that nothing of it is told on."""
        self._crowd = Crowd()
        self._found: dict[str, Target] = {}
        self._looked_ms: int | None = None
        self._nothing = ""
        self._kept: dict[str, _Kept] = {}
        self._series: list[Series] = []
        self._rows: list[dict[str, Any]] = []

    @abstractmethod
    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one target within `timeout_seconds`; raise HostError or NoData when it does not answer as it should.

        Called from several threads at once, never twice at once for the same target.
        """

    def usual(self, host: Host) -> list[Target]:  # noqa: ARG002 - those that look for some need it
        """Return the usual local places, the likeliest first; what is asked when no targets are set."""
        return []

    def lacking(self, about: Mapping[str, Any]) -> str:  # noqa: ARG002 - those whose subject hides some need it
        """Return what a target that is up does not show us, by its facts, where more rights would; else nothing."""
        return ""

    @property
    def timeout_seconds(self) -> float:
        """How long one target may take."""
        return float(self.chosen[TIMEOUT.name])

    @property
    def longest_seconds(self) -> float:
        """How long `ask` takes at most, if all it does is bounded; a lookup of a name is not."""
        return self.budget_seconds

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take checked options; targets that cannot be read are told with each reading."""
        super().configure(options)
        self._targets, self._problems = parse_targets(self.chosen[TARGETS.name])
        self._refused = ""
        self._refusals: dict[str, tuple[int, Answer]] = {}

    def probe(self, host: Host) -> Capability:
        """Say whether there is a target that may be asked; without any, ask at the usual places.

        A meter with a login asks its targets for that, too, before it has read them for the first time.
        """
        if self._refused:
            self._refusals = {}  # somebody looks at what may be done here: the next reading asks again
            return missing(self.name, self._refused, self.fix, self.exposes)
        known = len(self._targets or self._found)
        there = self._there(known)
        if known and (self._kept or not self.refusal_ms):
            return there
        try:
            asked = self._targets or ([] if self._problems else self.usual(host))
        except (HostError, NoData) as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        answers = self._all(host, asked, 0, _PROBE_SECONDS)
        if any(_answered(answer).error == "" for answer in answers.values()):
            return there if known else granted(self.name)
        if known and not all(isinstance(answer.error, Denied) for answer in answers.values()):
            return there  # it is down, which the next reading says
        return missing(self.name, self._problems[0] if self._problems else self._why(answers), self.fix, self.exposes)

    def _there(self, known: int) -> Capability:
        """Return the capability that is there, with the way to more where a target refuses us or hides something."""
        hidden = [(row["target"], row["error"]) for row in self._rows if row["state"] == REFUSED]
        hidden += [(row["target"], self.lacking(row)) for row in self._rows if row["state"] == UP]
        reason = "; ".join(f"{name}: {what}" for name, what in hidden if what)
        if reason:
            return Capability(self.name, True, label(reason, _ERROR_CHARACTERS_MAX), self.fix, self.exposes)
        return granted(self.name, f"{known} target{'s' if known > 1 else ''}")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what all targets say; the reading has trouble when none of them is up."""
        targets, answers = self._asked(host, now_ms)
        keys: list[Series] = []
        values: list[float | None] = []
        rows = [_row(f"target {number}", DOWN, problem, {}) for number, problem in enumerate(self._problems, 1)]
        kept = {}
        for target in targets:
            state, answered = _told(answers[target.name])
            columns, numbers = self._columns(target.name, state, answered)
            kept[target.name] = columns
            keys += columns.series
            values += numbers
            rows.append(_row(target.name, state, self.concealment.text(answered.error), columns.about))
        self._kept = kept
        self._series = self._series if self._series == keys else keys
        rows = self.concealment.fact(rows)
        self._rows = self._rows if self._rows == rows else rows
        trouble = _trouble(rows)
        self._refused = str(trouble) if isinstance(trouble, Denied) else ""
        return Reading(self._series, values, {self.name: self._rows}, trouble)

    def _asked(self, host: Host, now_ms: int) -> tuple[list[Target], dict[str, Answer]]:
        """Return the targets with their answers; where none are set, what is found at the usual places."""
        seconds = self.budget_seconds - _SPARE_SECONDS
        targets = self._targets
        if targets or self._problems:
            return targets, self._all(host, targets, now_ms, seconds)
        before = self._found
        looked = self._looked_ms is not None and 0 <= now_ms - self._looked_ms < LOOK_MS
        asked = dict(before)
        look = not looked and (self.every or not before)
        if look:
            asked.update((target.name, target) for target in self.usual(host))
            self._looked_ms = now_ms
        answers = self._all(host, list(asked.values()), now_ms, seconds)
        there = {name: target for name, target in asked.items() if _is_there(answers[name], name in before)}
        self._found = there if self.every else dict(list(there.items())[:1])
        if not self._found:
            self._nothing = self._why(answers) if look or answers else self._nothing
            raise NoData(self._nothing)
        return list(self._found.values()), answers

    def _why(self, answers: Mapping[str, Answer]) -> str:
        """Return one sentence for why none of the usual places is it."""
        reasons = dict.fromkeys(self.concealment.text(_answered(answer).error) for answer in answers.values())
        return label("; ".join(list(reasons)[:3]), _ERROR_CHARACTERS_MAX) or "nothing of it is at its usual places"

    def _all(self, host: Host, targets: list[Target], now_ms: int, seconds: float) -> dict[str, Answer]:
        names = {target.name for target in targets}
        held = {
            name: (since, answer)
            for name, (since, answer) in self._refusals.items()
            if name in names and 0 <= now_ms - since < self.refusal_ms
        }
        asked = [target for target in targets if target.name not in held]
        rounds = -(-len(asked) // WORKERS_MAX)
        seconds = min(seconds, rounds * self.longest_seconds)
        calls = {target.name: partial(self.ask, host, target, now_ms) for target in asked}
        answers = {name: answer for name, (_, answer) in held.items()}
        for name, answer in self._crowd.run(calls, seconds).items():
            answers[name] = answer
            if isinstance(answer.error, Denied):
                held[name] = (now_ms, answer)
        self._refusals = held
        return answers

    def _columns(self, name: str, state: str, answered: Answered) -> tuple[_Kept, list[float | None]]:
        """Return the target's series with their values; what it had before has none while it says nothing."""
        up = {UP: 1.0, DOWN: 0.0}.get(state)
        before = self._kept.get(name)
        if before is not None and not answered.samples:
            about = dict(answered.about) or before.about
            return before._replace(about=about), [up, *[None] * (len(before.series) - 1)]
        names = [sample[:2] for sample in answered.samples]
        values = [up, *[sample[2] for sample in answered.samples]]
        if before is not None and before.names == names:
            return before._replace(about=answered.about), values
        made = [(f"{self.prefix or self.name}.up", {}), *names]
        columns = [
            series(
                metric,
                target=label(name),
                **{key: label(self.concealment.text(value)) for key, value in labels.items()},
            )
            for metric, labels in made
        ]
        return _Kept(names, columns, answered.about), values


def _answered(answer: Answer) -> Answered:
    """Return what a target said, or the reason why it said nothing as the error."""
    if answer.late:
        return Answered(error="did not answer in time")
    if answer.error is None:
        said: Answered = answer.value
        return said
    if isinstance(answer.error, (HostError, NoData)):
        return Answered(error=str(answer.error) or type(answer.error).__name__)
    return Answered(error=f"{type(answer.error).__name__}: {answer.error}")


def _told(answer: Answer) -> tuple[str, Answered]:
    """Return how a target is, and what it said."""
    answered = _answered(answer)
    if isinstance(answer.error, Denied):
        return REFUSED, answered
    return DOWN if answered.error else UP, answered


def _is_there(answer: Answer, before: bool) -> bool:
    """Tell whether it is at that place: it says so or refuses us; once found it is, until its socket is gone."""
    state, _ = _told(answer)
    return state != DOWN or (before and not isinstance(answer.error, Absent))


def _row(name: str, state: str, error: str, about: Mapping[str, Any]) -> dict[str, Any]:
    return {"target": label(name), "state": state, "error": label(error, _ERROR_CHARACTERS_MAX), **about}


def _trouble(rows: list[dict[str, Any]]) -> HostError | None:
    """Return what is wrong when no target is up: that all refuse us, or the first one's error."""
    if any(row["state"] == UP for row in rows):
        return None
    first = f"{rows[0]['target']}: {rows[0]['error']}" if rows else "no target is set"
    if all(row["state"] == REFUSED for row in rows):
        return Denied(first)
    return HostError(first if len(rows) < 2 else f"none of {len(rows)} targets is up; {first}")
