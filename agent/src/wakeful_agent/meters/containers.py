"""Containers of docker and podman: what each uses, how it is, and how often it was started again."""

from __future__ import annotations

from functools import partial
from time import monotonic

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.cgroups import Usage, find_group, read_interfaces, read_usage
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_agent.network.engine import STATES, Container, Details, Engine
from wakeful_agent.network.many import Crowd
from wakeful_agent.network.targets import parse_targets
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.cgroups import Group
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.lane import Answer

SOCKETS = (("docker", "run/docker.sock"), ("podman", "run/podman/podman.sock"))
SOCKETS_OF_USER = (("docker-rootless", "docker.sock"), ("podman-rootless", "podman/podman.sock"))
_DETAILS_MS = 300_000
_LIST_SECONDS = 8.0
_ANSWER_SECONDS = 5.0
_ALL_SECONDS = 18.0
_AT_ONCE = 4
_SHARED_NETWORKS = ("host", "container:", "ns:")
_GONE = Details(0, None, None, False, None, "", "")
_ENGINE_SERIES = ("container.engine.up", "container.left_out")
_STOPPED = ("container.up", "container.restarts", "container.oom_killed", "container.exit_code")
_RUNNING: tuple[tuple[str, str], ...] = (
    ("container.up", ""),
    ("container.restarts", ""),
    ("container.oom_killed", ""),
    ("container.healthy", ""),
    ("container.uptime", ""),
    ("container.cpu.time", ""),
    ("container.cpu.limit", ""),
    ("container.memory.usage", ""),
    ("container.memory.limit", ""),
    ("container.memory.utilization", ""),
    ("container.pids.count", ""),
    ("container.disk.io", "read"),
    ("container.disk.io", "write"),
    ("container.network.io", "receive"),
    ("container.network.io", "transmit"),
)


class Known(NamedTuple):
    """What is kept of a container from run to run; `group` is where its use is read, None: the engine is asked."""

    state: str
    asked_ms: int
    details: Details
    group: Group | None
    cpu_seconds: float = 0.0


class Survey(NamedTuple):
    """What an engine said: its version, how many containers it has by state, and those to measure."""

    version: str
    counts: list[int]
    shown: list[Container]


def choose(containers: Sequence[Container], most: int) -> list[Container]:
    """Return at most `most` containers, those that run first, then the youngest; sorted by name."""
    ranked = sorted(containers, key=lambda one: (one.state != "running", -(one.created_ms or 0), one.name))
    return sorted(ranked[:most], key=lambda one: (one.name, one.id))


def values_of(one: Container, details: Details, usage: Usage, memory_bytes: float, now_ms: int) -> list[float | None]:
    """Return the values of a container in the order of its series; `memory_bytes` is what the machine has."""
    if one.state != "running":
        code = one.exit_code if one.exit_code is not None else details.exit_code
        return [0, details.restarts, _oom_killed(details), code if one.state in {"exited", "dead"} else None]
    limit = usage.memory_limit_bytes
    limit = limit if limit and (not memory_bytes or limit < memory_bytes) else None
    share = usage.memory_bytes / limit if limit and usage.memory_bytes is not None else None
    health = one.health or details.health
    uptime = None if details.started_ms is None else max(0.0, (now_ms - details.started_ms) / 1000)
    return [
        1,
        details.restarts,
        _oom_killed(details),
        {"healthy": 1, "unhealthy": 0}.get(health),
        uptime,
        usage.cpu_seconds,
        usage.cpu_limit,
        usage.memory_bytes,
        limit,
        None if share is None else round(share, 6),
        usage.pids,
        usage.read_bytes,
        usage.written_bytes,
        usage.received_bytes,
        usage.sent_bytes,
    ]


def _oom_killed(details: Details) -> int | None:
    return None if details is _GONE else int(details.oom_killed)


def _make(key: tuple[str, str, bool]) -> list[Series]:
    engine, container, running = key
    if not container:
        counts = [series("container.count", engine=engine, state=state) for state in STATES]
        return [series(name, engine=engine) for name in _ENGINE_SERIES] + counts
    if not running:
        return [series(name, engine=engine, container=container) for name in _STOPPED]
    return [
        series(name, engine=engine, container=container, **({"direction": direction} if direction else {}))
        for name, direction in _RUNNING
    ]


class ContainersMeter(Meter):
    """Asks every engine for its list, and reads what each container uses from its control group.

    Where the group cannot be seen from here the engine is asked for that container's statistics. Details (restarts,
    out of memory) are asked for when a container is new, changed its state or was started again, and each five minutes.
    An engine that does not answer is `container.engine.up` 0, its containers `unknown`, and it hides no other.
    """

    name = "containers"
    aside = True
    interval_seconds = 60.0
    budget_seconds = 30.0
    series_most = 8_000
    source = "run/docker.sock"
    fix = "usermod -a -G docker wakeful"
    exposes = "the docker socket is as good as root: whoever may ask it may start any container; so is podman's"
    options = (
        Option("targets", [], "Engines: NAME=unix:/path/of/socket; otherwise the usual places", local=True),
        Option("most", 500, "At most so many containers of an engine are measured", least=0, most=500),
    )

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._crowd = Crowd(_AT_ONCE)
        self._known: dict[tuple[str, str], Known] = {}
        self._rows: dict[str, list[dict[str, Any]]] = {}

    def configure(self, options: Mapping[str, Any]) -> None:
        """Take checked options."""
        super().configure(options)
        self._targets, self._problems = parse_targets(self.chosen["targets"])

    def engines(self, host: Host) -> list[Engine]:
        """Return the engines to ask: those of the local file, else the sockets that are there."""
        if self.chosen["targets"]:
            return [Engine(target.name, _socket_path(target.address)) for target in self._targets]
        own = f"run/user/{host.user_id}/"
        places = list(SOCKETS) + [(name, own + path) for name, path in SOCKETS_OF_USER]
        return [Engine(name, host.path(path)) for name, path in places if host.exists(path)]

    def probe(self, host: Host) -> Capability:
        """Say whether an engine answers."""
        engines = self.engines(host)
        if not engines and not self._problems:
            return missing(self.name, "no engine's socket is here", "apt install podman")
        problems = list(self._problems)
        refused = False
        for engine in engines:
            try:
                return granted(self.name, f"{engine.name}: {engine.version(1.0)}")
            except HostError as error:
                refused = refused or isinstance(error, Denied)
                problems.append(label(f"{engine.name}: {error}"))
        reason = "; ".join(problems)
        return missing(self.name, reason, self.fix, self.exposes) if refused else missing(self.name, reason)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what all containers of all engines use, with the inventories `containers` and `container_engines`."""
        engines = self.engines(host)
        if not engines and not self._problems:
            raise NoData("no container engine's socket is here")
        deadline = monotonic() + _LIST_SECONDS + _ALL_SECONDS
        asked = {engine.name: partial(_survey, engine, self.chosen["most"]) for engine in engines}
        answers = self._crowd.run(asked, _LIST_SECONDS)
        surveys = {name: answer.value for name, answer in answers.items() if isinstance(answer.value, Survey)}
        found = self._look(host, engines, surveys, now_ms, deadline)
        return self._reading(host, answers, surveys, found, now_ms)

    def _look(
        self, host: Host, engines: list[Engine], surveys: dict[str, Survey], now_ms: int, deadline: float
    ) -> dict[tuple[str, str], tuple[Details, Usage]]:
        calls: dict[str, Callable[[], Any]] = {}
        keys = {}
        for engine in engines:
            for one in surveys[engine.name].shown if engine.name in surveys else []:
                keys[f"{engine.name} {one.id}"] = key = (engine.name, one.id)
                calls[f"{engine.name} {one.id}"] = partial(_measure, host, engine, one, self._known.get(key), now_ms)
        answers = self._crowd.run(calls, max(0.1, min(_ALL_SECONDS, deadline - monotonic())))
        self._known = {
            key: answers[name].value[0] if answers[name].value else self._known[key]
            for name, key in keys.items()
            if answers[name].value or key in self._known
        }
        empty = (_GONE, Usage())
        return {
            key: (answers[name].value[0].details, answers[name].value[1]) if answers[name].value else empty
            for name, key in keys.items()
        }

    def _reading(
        self,
        host: Host,
        answers: dict[str, Answer],
        surveys: dict[str, Survey],
        found: dict[tuple[str, str], tuple[Details, Usage]],
        now_ms: int,
    ) -> Reading:
        memory_bytes = _memory_bytes(host)
        keys: list[tuple[str, str, bool]] = []
        values: list[float | None] = []
        rows: dict[str, list[dict[str, Any]]] = {}
        for name in answers:
            survey = surveys.get(name)
            keys.append((name, "", False))
            values += _engine_values(survey)
            rows[name] = [] if survey else [{**row, "state": "unknown"} for row in self._rows.get(name, ())]
            for one in survey.shown if survey else ():
                details, usage = found[name, one.id]
                keys.append((name, one.name, one.state == "running"))
                values += values_of(one, details, usage, memory_bytes, now_ms)
                rows[name].append(_row(name, one, details))
        self._rows = rows
        engines = [_engine_row(name, surveys.get(name), answer) for name, answer in answers.items()]
        inventories = {"container_engines": engines}
        if surveys:
            inventories["containers"] = [row for some in rows.values() for row in some]
        trouble = _trouble(answers, self._problems) if self._problems or not surveys else None
        return Reading(self._columns.of(keys), values, inventories, trouble)


def _survey(engine: Engine, most: int) -> Survey:
    version = engine.version(_LIST_SECONDS / 2)
    containers = engine.containers(_LIST_SECONDS / 2)
    states = [one.state for one in containers]
    return Survey(version, [states.count(state) for state in STATES], choose(containers, most))


def _measure(host: Host, engine: Engine, one: Container, known: Known | None, now_ms: int) -> tuple[Known, Usage]:
    """Return what is to be kept of a container and what it uses; an answer that fails costs this container alone."""
    old = known is None or known.state != one.state or not 0 <= now_ms - known.asked_ms < _DETAILS_MS
    if known is not None and not old:
        usage = _usage(host, engine, one, known)
        if usage is not None:
            return known._replace(cpu_seconds=usage.cpu_seconds or 0.0), usage
    details = engine.details(one.id, _ANSWER_SECONDS)
    group = find_group(host, details.pid, one.id) if details.pid else None
    fresh = Known(one.state, now_ms, details, group)
    usage = _usage(host, engine, one, fresh) or Usage()
    return fresh._replace(cpu_seconds=usage.cpu_seconds or 0.0), usage


def _usage(host: Host, engine: Engine, one: Container, known: Known) -> Usage | None:
    """Return what a container uses; None when it is not the same process any more: it was started again, or ended."""
    if one.state != "running":
        return Usage()
    if known.group is None:
        return _asked_usage(engine, one, known)
    if not host.exists(f"proc/{known.details.pid}"):
        return None
    try:
        usage = read_usage(host, known.group)
    except HostError:
        return None
    if known.details.network.startswith(_SHARED_NETWORKS):
        return usage
    received, sent = read_interfaces(host, known.details.pid)
    return usage._replace(received_bytes=received, sent_bytes=sent)


def _asked_usage(engine: Engine, one: Container, known: Known) -> Usage | None:
    try:
        usage = engine.usage(one.id, _ANSWER_SECONDS)
    except HostError:
        return Usage()
    return None if (usage.cpu_seconds or 0.0) < known.cpu_seconds else usage


def _engine_values(survey: Survey | None) -> list[float | None]:
    if survey is None:
        return [0, None, *[None] * len(STATES)]
    return [1, sum(survey.counts) - len(survey.shown), *survey.counts]


def _engine_row(name: str, survey: Survey | None, answer: Answer) -> dict[str, Any]:
    if survey is None:
        row = {"engine": name, "state": "down", "version": "", "error": _why(answer)}
        return {**row, "containers": None, "left_out": None}
    total = sum(survey.counts)
    row = {"engine": name, "state": "up", "version": survey.version, "error": ""}
    return {**row, "containers": total, "left_out": total - len(survey.shown)}


def _row(engine: str, one: Container, details: Details) -> dict[str, Any]:
    return {
        "engine": engine,
        "name": one.name,
        "id": one.id[:12],
        "image": one.image,
        "state": one.state,
        "health": one.health or details.health or "none",
        "exit_code": one.exit_code if one.exit_code is not None else details.exit_code,
        "oom_killed": None if details is _GONE else details.oom_killed,
        "restarts": details.restarts,
        "created_ms": one.created_ms,
        "started_ms": details.started_ms,
    }


def _socket_path(address: str) -> str:
    """Return the path of `unix:/path`, `unix:///path` or `/path`; nothing for what is no unix socket."""
    path = address[5:] if address.startswith("unix:") else address
    path = path[2:] if path.startswith("//") else path
    return path if path.startswith("/") else ""


def _trouble(answers: dict[str, Answer], problems: list[str]) -> HostError:
    failed = {name: answer for name, answer in answers.items() if not isinstance(answer.value, Survey)}
    said = problems + [f"{name}: {_why(answer)}" for name, answer in failed.items()]
    denied = not problems and all(isinstance(answer.error, Denied) for answer in failed.values())
    return (Denied if denied else HostError)("; ".join(said))


def _why(answer: Answer) -> str:
    return "did not answer in time" if answer.late else label(str(answer.error), 200)


def _memory_bytes(host: Host) -> float:
    try:
        for line in host.read("proc/meminfo").splitlines():
            if line.startswith("MemTotal:"):
                return float(line.split()[1]) * 1024
    except (HostError, ValueError, IndexError):
        return 0.0
    return 0.0
