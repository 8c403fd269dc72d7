"""What `doctor` looks at, one thing after the other: settings, the way to the collector, the agent's own files."""

from __future__ import annotations

import fcntl
import os
from shlex import quote

from wakeful_agent import askable, bootstrap
from wakeful_agent.config import Config, ConfigErrors
from wakeful_agent.watch import DOWN, UNKNOWN
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

    from wakeful_agent.bootstrap import Place
    from wakeful_agent.transport.link import Way

GOOD, MIND, BAD = "ok", "mind", "bad"
SKEW_SECONDS = 60.0
SKEW_SECONDS_MAX = 600.0
BACKLOG_SECONDS = 600.0
CERTIFICATE_DAYS = 14
DAY_MS = 86_400_000
MIB = 1024 * 1024
SPOOL_MIB_LEAST = 8


class Check(NamedTuple):
    """One thing looked at: its state (ok, mind, bad), what was found and the way out."""

    name: str
    state: str
    text: str
    fix: str = ""


def all_checks(place: Place) -> Iterator[Check]:
    """Yield every check but that of the rights; later ones are left out where they make no sense without earlier."""
    config = None
    try:
        loaded = bootstrap.read_config(place)
    except ConfigErrors as errors:
        for problem in errors.problems:
            yield Check("settings", BAD, str(problem._replace(hint="")), problem.hint)
    else:
        config = loaded.config
        yield Check("settings", GOOD, f"{place.folders.file} and the environment are right")
        for problem in loaded.warnings:
            yield Check("settings", MIND, str(problem._replace(hint="")), problem.hint)
        first, *others = askable.summary(config.orders)
        yield Check("policy", MIND if config.orders.policy.void else GOOD, "\n     ".join([first, *others]))
        yield from _watches(place, config)
        yield from _enrolment(place, config)
    yield from _state(place, config)


def _watches(place: Place, config: Config) -> Iterator[Check]:
    for name, sight in bootstrap.look_at_watches(place, config):
        text = " ".join(filter(None, (f"{sight.state}:" if sight.state else "", sight.detail))).rstrip(":")
        hint = "nothing is repaired while that cannot be told" if sight.state == UNKNOWN else ""
        yield Check(f"watch {name}", MIND if sight.state in (UNKNOWN, DOWN) else GOOD, text, hint)


def _enrolment(place: Place, config: Config) -> Iterator[Check]:
    try:
        way = bootstrap.read_way(place, config)
    except ConfigErrors as errors:
        for problem in errors.problems:
            name = "token" if problem.file.endswith("TOKEN") else "enrolment"
            yield Check(name, BAD, str(problem._replace(hint="")), problem.hint)
        return
    yield Check("enrolment", GOOD, f"enrolled at {way.url}")
    yield from _way(way, config.request_timeout_seconds)


def _way(way: Way, timeout_seconds: float) -> Iterator[Check]:
    hints = {
        "dns": "check the address, /etc/resolv.conf, and that this machine's DNS answers",
        "port": "check the address, whether the collector runs, and firewalls in between",
        "tls": "set ca_file in agent.toml, or enrol with --fingerprint",
    }
    for step in bootstrap.steps(way, timeout_seconds):
        if not step.good:
            yield Check(step.name, BAD, step.text, hints[step.name])
            return
        days = None if step.expires_ms is None else (step.expires_ms - bootstrap.now_ms()) // DAY_MS
        state = MIND if days is not None and days < CERTIFICATE_DAYS else GOOD
        until = "" if days is None else f" and ends in {days} days"
        yield Check(step.name, state, step.text + until, "renew it on the collector" if state == MIND else "")
    yield from _collector(way, timeout_seconds)


def _collector(way: Way, timeout_seconds: float) -> Iterator[Check]:
    finding = bootstrap.look(way, timeout_seconds)
    if not finding.reached:
        yield Check("collector", BAD, finding.text, "pushes wait in the spool and nothing is lost within its bounds")
    elif not finding.token_good:
        hint = "enrol again: wakeful-agent enroll URL --invite wk_inv_... --again"
        yield Check("token", BAD, f"the collector does not take it: {finding.text}", hint)
    else:
        yield Check("token", GOOD, f"{finding.text}, and nobody else can read the token")
    if finding.size_trouble:
        hint = "let the proxy take requests of 2 MiB (nginx: client_max_body_size 2m; in its http or server block)"
        yield Check("size", BAD, finding.size_trouble, hint)
    ahead = finding.clock_ahead_seconds
    if ahead is None:
        return
    text = f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the collector's"
    if abs(ahead) <= SKEW_SECONDS:
        yield Check("clock", GOOD, text)
    else:
        yield Check("clock", MIND if abs(ahead) < SKEW_SECONDS_MAX else BAD, text, "set it: timedatectl set-ntp true")


def _state(place: Place, config: Config | None) -> Iterator[Check]:
    folders = place.folders
    if not os.path.isdir(folders.state):
        yield Check("state", MIND, f"{folders.state} does not exist yet; the agent makes it at its first start")
        return
    yield running(place)
    if not os.access(folders.state, os.W_OK):
        yield Check(
            "state", BAD, f"{folders.state} cannot be written by this user", "check its owner, or set STATE_DIR"
        )
    yield _disk(folders.state, config.spool_size_mb if config else SPOOL_MIB_LEAST)
    waiting, aside, oldest_ms = _spool(folders.spool)
    age_seconds = (bootstrap.now_ms() - oldest_ms) / 1000 if waiting else 0.0
    text = f"{waiting} pushes wait" + (f", the oldest for {age_seconds:.0f} s" if waiting else "")
    yield Check("spool", MIND if age_seconds > BACKLOG_SECONDS else GOOD, text)
    if aside:
        text = f"{aside} files that could not be read or were refused lie in {folders.spool}/aside"
        yield Check("aside", MIND, text, "the log and `agent.push_refused` events say why; look, then delete them")


def running(place: Place) -> Check:
    """Return whether an agent runs, and as whom: where that is somebody else, rights looked at here are not its own."""
    folders = f"CONFIG_DIR={quote(place.folders.config)} STATE_DIR={quote(place.folders.state)}"
    try:
        pid = _holder(place.folders.lock)
    except PermissionError:
        hint = f"its user and root can tell: sudo env {folders} wakeful-agent doctor"
        return Check("agent", MIND, "whether it runs is hidden from this user", hint)
    if pid is None:
        return Check("agent", BAD, "it does not run", "start it: wakeful-agent run (or its service)")
    user = bootstrap.user_of(place, pid)
    own = bootstrap.user_of(place, os.getpid())
    if user and user != own:
        hint = f"what it may do is told by: sudo -u {user} env {folders} wakeful-agent doctor"
        return Check("agent", MIND, f"it runs as {user}, and this is {own}: the rights below are not the agent's", hint)
    return Check("agent", GOOD, "it runs" + (f" as {user}" if user else ""))


def _disk(folder: str, wanted_mib: float) -> Check:
    space = os.statvfs(folder)
    free_mib = space.f_bavail * space.f_frsize / MIB
    text = f"{free_mib:.0f} MiB are free for the spool, which may take {wanted_mib:g} MiB"
    hint = "make room there, set a smaller spool.size_mb, or move it with STATE_DIR"
    spent = space.f_files and not space.f_favail  # btrfs counts no inodes at all
    if free_mib < SPOOL_MIB_LEAST or spent:
        return Check("disk", BAD, "no inodes are free for the spool" if spent else text, hint)
    return Check("disk", MIND, text, hint) if free_mib < wanted_mib else Check("disk", GOOD, text)


def _holder(path: str) -> int | None:
    """Return the process that holds the lock; 0 when it does not say, None when nobody does. Raises PermissionError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:
        raise
    except OSError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        told = os.read(handle, 32).decode("ascii", "replace").strip()
        return int(told) if told.isdecimal() else 0
    finally:
        os.close(handle)
    return None


def _spool(folder: str) -> tuple[int, int, int]:
    """Return how many pushes wait, how many files lie aside, and the time of the oldest push."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".push"))
        aside = len(os.listdir(os.path.join(folder, "aside")))
    except OSError:
        return 0, 0, 0
    first = names[0].partition(".")[0] if names else "0"
    return len(names), aside, int(first) if first.isdecimal() else 0
