"""The only module that knows every part of the agent; builds what the commands need."""

from __future__ import annotations

import fcntl
import os
import sys
import time
from functools import partial

from wakeful_agent import meters
from wakeful_agent.config import Config, ConfigErrors, Folders, Identity, KnownMeter, Loaded, Problem, load
from wakeful_agent.config.address import parse
from wakeful_agent.config.identity import load_identity, load_token
from wakeful_agent.config.settings import ENVIRONMENT_PREFIX
from wakeful_agent.daemon.beside import Beside
from wakeful_agent.daemon.columns import Columns
from wakeful_agent.daemon.composing import Composer
from wakeful_agent.daemon.ears import Ears
from wakeful_agent.daemon.loop import Daemon, Parts
from wakeful_agent.daemon.proving import Proof
from wakeful_agent.daemon.showing import Showing
from wakeful_agent.daemon.tuned import Tuned
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.host.notify import Notifier
from wakeful_agent.host.surroundings import Surroundings
from wakeful_agent.host.system import machine_id, system_facts
from wakeful_agent.host.users import user_names
from wakeful_agent.meter import DISABLED, AgentFigures, Meter, Option, Result
from wakeful_agent.options import check_options
from wakeful_agent.permissions import PROBES
from wakeful_agent.runner import Runner
from wakeful_agent.shelf import load as load_meter
from wakeful_agent.transport.link import Link, Way, make_client
from wakeful_agent.transport.sender import Listeners
from wakeful_wire import __version__
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Mapping, Sequence

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.config.orders import KnownOrders
    from wakeful_agent.daemon.beside import Making
    from wakeful_agent.host.log import Log
    from wakeful_agent.network.reach import Step
    from wakeful_agent.transport.checkup import Finding
    from wakeful_agent.watch import Sight

NOT_ENROLLED = "this machine is not enrolled"
HOW_TO_ENROL = "run the line that `wakeful-collector invite` prints on the collector"


class Locked(Exception):
    """Another agent runs from the same state folder."""


class Place(NamedTuple):
    """Where the agent stands: its folders, its environment, and the root of what it measures."""

    folders: Folders
    environ: Mapping[str, str]
    root: str = "/"


def now_ms() -> int:
    """Return the wall clock's milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def known_meters() -> dict[str, KnownMeter]:
    """Return for every meter what checks its options and what they are; optional ones are loaded when that is asked."""
    found = {meter.name: partial(_same, meter) for meter in meters.METERS}
    found.update((entry.name, partial(load_meter, entry)) for entry in meters.OPTIONAL)
    return {
        name: KnownMeter(partial(_check, load), partial(_options, load), partial(_takes_targets, load))
        for name, load in found.items()
    }


def _same(meter: type[Meter]) -> type[Meter]:
    return meter


def _options(load: Callable[[], type[Meter]]) -> Sequence[Option]:
    return load().options


def _takes_targets(load: Callable[[], type[Meter]]) -> bool:
    return load().collector_targets


def _check(load: Callable[[], type[Meter]], given: Mapping[str, Any]) -> list[str]:
    return check_options(load().options, given, local=True)[1]


def read_config(place: Place) -> Loaded:
    """Return the settings in force; raise ConfigErrors with everything that is wrong."""
    return load(place.folders, place.environ, known_meters(), _known_orders)


def _known_orders() -> KnownOrders:
    from wakeful_agent import askable

    return askable.known_orders()


def read_way(place: Place, config: Config) -> Way:
    """Return the way to the collector; raise ConfigErrors when this machine is not enrolled."""
    identity = _identity(place)
    token = load_token(place.environ.get(f"{ENVIRONMENT_PREFIX}TOKEN_FILE") or place.folders.token)
    return Way(config.url or identity.url, identity.fingerprint, config.ca_file, config.proxy, token)


def build(place: Place, log: Log) -> Daemon:
    """Return the daemon, ready to run; raise ConfigErrors, Locked, or OSError when the state folder is no use."""
    config = read_config(place).config
    log.set_level(config.log_level)
    identity = _identity(place)
    read_way(place, config)
    lock(place.folders)
    if config.log_file:
        write_log(log, config.log_file, config.log_file_mb)
    ears = Ears()
    link = Link(
        place.folders.spool,
        config,
        lambda latest: read_way(place, latest),
        Listeners(Proof(place.folders.proven, __version__, ears.answered).answered, ears.refused),
        log,
    )
    composer = Composer(log.trouble)

    def figures() -> AgentFigures:
        return AgentFigures(link.size_bytes, len(link), link.age_seconds(now_ms()), link.counts(), composer.seconds)

    host = Host(place.root)
    runner = Runner(host, meters.shelf(figures), lambda sentence: log.say("info", sentence))
    tuned = Tuned(place.folders.tuning, config, runner.meters)
    for problem in tuned.restore():
        log.say("warning", f"what the collector tuned before is not used: {problem}")
    showing = Showing(log, now_ms)
    showing.configure(config.metrics_listen)
    facts = _facts(host)
    facts["name"] = identity.name or os.uname().nodename
    surroundings = Surroundings(host)
    beside = Beside(lambda: _making(place, host, ears, log))
    parts = Parts(
        agent_id=identity.agent_id,
        enrolled_ms=identity.enrolled_ms,
        runner=runner,
        probes=PROBES,
        outbox=link,
        ears=ears,
        tuned=tuned,
        composer=composer,
        notifier=Notifier(place.environ, place.folders.status),
        log=log,
        hello=lambda latest, found, judged: {
            **hello(latest, found, judged, facts, surroundings),
            **beside.announced(),
        },
        reload=lambda: _reload(place, showing),
        now_ms=now_ms,
        show=showing.take,
        beside=beside,
    )
    return Daemon(parts, config)


def _making(place: Place, host: Host, ears: Ears, log: Log) -> Making:
    from wakeful_agent import askable

    return askable.Making(place.folders.state, host, ears.wake, log, now_ms)


def hello(
    config: Config,
    capabilities: Sequence[Capability],
    tuned: Tuned,
    facts: Mapping[str, Any],
    surroundings: Surroundings,
) -> dict[str, Any]:
    """Return what the agent says of itself and its machine."""
    plan = tuned.plan
    return {
        **facts,
        "version": __version__,
        "name": config.name or facts.get("name") or os.uname().nodename,
        "python": ".".join(str(part) for part in sys.version_info[:3]),
        "tags": config.tags,
        "interval": plan.interval_seconds,
        "user": {"name": facts.get("user", ""), "uid": os.getuid()},
        "networks": surroundings.document(),
        "meters": {
            name: {"enabled": chosen.enabled, "interval": chosen.interval_seconds}
            for name, chosen in plan.meters.items()
        },
        "capabilities": [capability.document() for capability in capabilities],
        "actions": [],
        "watches": [],
        "config": tuned.document(),
    }


def enroll(place: Place, url: str, fingerprint: str | None, invite: str, name: str | None) -> Identity:
    """Enrol this machine; raise ConfigErrors, NotTakenIn, Unreachable, or OSError when files cannot be kept."""
    from wakeful_agent.transport import enrolment

    config = read_config(place).config
    client = make_client(Way(url, fingerprint, config.ca_file, config.proxy, ""), config.request_timeout_seconds)
    machine = enrolment.Machine(name or config.name or os.uname().nodename, machine_id(Host(place.root)))
    try:
        return enrolment.enroll(client, place.folders, url, fingerprint, invite, machine, now_ms())
    finally:
        client.close()


def look(way: Way, timeout_seconds: float) -> Finding:
    """Return what the collector says to this agent."""
    from wakeful_agent.transport import checkup

    return checkup.look(way, timeout_seconds, now_ms())


def steps(way: Way, timeout_seconds: float) -> list[Step]:
    """Return how far one gets on the way to the collector."""
    from wakeful_agent.network import reach

    through = parse(way.proxy) if way.proxy else None
    return reach.look(parse(way.url), through, way.ca_file, way.fingerprint, timeout_seconds)


def user_of(place: Place, pid: int) -> str:
    """Return the name of the user a process runs as; empty where it is not known."""
    host = Host(place.root)
    try:
        status = host.read(f"proc/{pid}/status")
    except HostError:
        return ""
    uid = status.partition("\nUid:")[2].split(None, 1)[0]
    return user_names(host).get(int(uid), uid) if uid.isdecimal() else ""


def agent_user(place: Place) -> str:
    """Return the user whom rights are to be granted: this one, or the service's where this is root."""
    name = user_names(Host(place.root)).get(os.getuid(), str(os.getuid()))
    return "wakeful" if os.getuid() == 0 else name


def installer(place: Place) -> str:
    """Return the machine's package manager: apt-get, dnf, yum, zypper, apk, pacman, or nothing that is known."""
    host = Host(place.root)
    names = ("apt-get", "dnf", "yum", "zypper", "apk", "pacman")
    return next((name for name in names if host.program(name)), "")


def probe(place: Place) -> tuple[list[Capability], list[str]]:
    """Return what the agent may do here, and the optional meters of whose subjects nothing is on this machine.

    The settings in force count; where they cannot be used, the defaults.
    """
    from wakeful_agent import askable

    try:
        config = read_config(place).config
    except ConfigErrors:
        config = load(place.folders._replace(config="/nonexistent"), {}, {}).config
    runner = Runner(Host(place.root), meters.shelf())
    try:
        _prepare(runner, config)
        found = runner.probe(PROBES)
        return [*found, *askable.rights(Host(place.root), config.orders)], runner.absent()
    finally:
        runner.close()


def look_at_watches(place: Place, config: Config) -> Iterator[tuple[str, Sight]]:
    """Yield the name of each watch of the file and how what it keeps alive stands now; nothing is repaired."""
    from wakeful_agent import askable

    return askable.look_once(Host(place.root), config.orders, now_ms())


def collect_once(place: Place, say: Log) -> dict[str, Any]:
    """Return one collection as a whole push, series list included; nothing is written and nobody is asked."""
    config = read_config(place).config
    host = Host(place.root)
    runner = Runner(host, meters.shelf(), lambda sentence: say.say("info", sentence))
    try:
        tuned, results = _prepare(runner, config)
        time_ms = now_ms()
        results.update(runner.collect(time_ms, [name for name in tuned.plan.meters if name not in results]).results)
        columns = Columns()
        row = columns.row(results, time_ms)
        introduced = hello(config, runner.probe(PROBES), tuned, _facts(host), Surroundings(host))
    finally:
        runner.close()
    push = Composer(say.trouble).compose(introduced, columns.schema, [[time_ms, row]], results)
    push["series"] = columns.document()
    return push


def _prepare(runner: Runner, config: Config) -> tuple[Tuned, dict[str, Result]]:
    """Load and configure what the local file alone wants; return its plan, and the results of what is switched off."""
    tuned = Tuned("", config, runner.meters)
    if runner.look(tuned.spoken_of(), tuned.switched_off()):
        tuned.renew()
    results: dict[str, Result] = {}
    for name, chosen in tuned.plan.meters.items():
        runner.configure(name, chosen.options)
        if not chosen.enabled:
            results[name] = Result(DISABLED)
    return tuned, results


def contents() -> dict[str, list[str]]:
    """Return what this build of the agent holds, for comparing a frozen one with its source."""
    from wakeful_agent import actions, watches

    return {
        "meters": [*(meter.name for meter in meters.METERS), *(entry.name for entry in meters.OPTIONAL)],
        "probes": [one.name for one in PROBES],
        "actions": actions.names(),
        "watches": watches.names(),
    }


def lock(folders: Folders) -> None:
    """Keep a second agent from running from the same state folder; held until the process ends.

    What the agent before told of itself is taken away here, since nobody else knows that no agent tells anything now.
    """
    os.makedirs(folders.state, mode=0o700, exist_ok=True)
    handle = os.open(folders.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.read(handle, 32).decode("ascii", "replace").strip()
        os.close(handle)
        raise Locked(
            f"another wakeful-agent{f' (process {holder})' if holder else ''} runs from {folders.state}. "
            "Stop it first, or give this one folders of its own with CONFIG_DIR and STATE_DIR"
        ) from None
    if os.path.lexists(folders.status):
        os.unlink(folders.status)
    os.ftruncate(handle, 0)
    os.write(handle, f"{os.getpid()}\n".encode())


def write_log(log: Log, path: str, size_mb: float) -> None:
    """Lead the log, standard output and standard error into a file of bounded size; raise ConfigErrors if it cannot."""
    from wakeful_agent.host.log_file import LogFile

    try:
        log.write_to(LogFile(path, int(size_mb * 1024 * 1024)))
    except OSError as error:
        problem = Problem(path, 0, f"the log_file cannot be written: {error.strerror}", "check its folder and owner")
        raise ConfigErrors([problem]) from None


def _identity(place: Place) -> Identity:
    identity = load_identity(place.folders)
    if identity is None:
        raise ConfigErrors([Problem(place.folders.identity, 0, NOT_ENROLLED, HOW_TO_ENROL)])
    return identity


def _reload(place: Place, showing: Showing) -> Config:
    config = read_config(place).config
    read_way(place, config)
    showing.configure(config.metrics_listen)
    return config


def _facts(host: Host) -> dict[str, Any]:
    facts = system_facts(host, now_ms())
    facts["user"] = user_names(host).get(os.getuid(), str(os.getuid()))
    return facts
