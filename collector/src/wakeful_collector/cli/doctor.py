"""doctor: look at everything that can be wrong with a collector, and say the way out of each."""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector import clock, config
from wakeful_collector.cli.output import coloured, plain, say, say_json
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import size_text
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import audit, channels, deliveries, gateway, heartbeats, traffic
from wakeful_collector.serving import certificate, place
from wakeful_collector.serving.sockets import CannotListenError, listen_on

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from wakeful_collector.cli.parts import Subparsers
    from wakeful_collector.config import Settings

OK, WARN, FAIL = "ok", "warn", "fail"
LATE_INTERVALS = 4
LATE_SECONDS_MIN = 90.0
FREE_SHARE_WARN, FREE_SHARE_FAIL = 0.10, 0.02
CERTIFICATE_DAYS_WARN, CERTIFICATE_DAYS_FAIL = 21.0, 0.0
CLOCK_STARTS_MS = 1_750_000_000_000  # before this was written: a clock that says less is wrong


class Finding(NamedTuple):
    """What one look found: `state` is ok, warn or fail; `fix` is empty when nothing is to be done."""

    state: str
    subject: str
    text: str
    fix: str = ""


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    doctor = subparsers.add_parser(
        "doctor",
        parents=[common],
        help="look for what is wrong, and say how to mend it",
        **explained(
            "Looks at settings, clock, data folder, databases, disk, jobs, machines of the gateway, address and "
            "certificate: a line each, with the way out below it. It changes nothing, and ends with 1 where something "
            "failed.",
            "wakeful-collector doctor --data ./var",
            "wakeful-collector doctor --quick",
        ),
    )
    doctor.add_argument("--quick", action="store_true", help="leave out the integrity check of the databases")
    doctor.add_argument("--json", action="store_true", help="print JSON")
    doctor.set_defaults(run=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    findings = list(examine(arguments.quick))
    failed = any(finding.state == FAIL for finding in findings)
    if arguments.json:
        say_json({"ok": not failed, "findings": [finding._asdict() for finding in findings]})
    else:
        for finding in findings:
            said = plain(f"{finding.subject}: {finding.text}")  # errors repeat what others sent
            say(f"{coloured(finding.state.ljust(4), finding.state)}  {said}")
            if finding.fix:
                say(f"      {plain(finding.fix)}")
    return 1 if failed else 0


def examine(quick: bool) -> Iterator[Finding]:
    """Look at everything; nothing that one look meets keeps the next from being made."""
    try:
        settings = config.load(os.environ)
    except config.ConfigErrors as errors:
        for problem in errors.problems:
            yield Finding(FAIL, "settings", f"{problem.where}: {problem.message}", problem.hint)
        return
    yield Finding(OK, "settings", "are right")
    for problem in config.unknown_variables(os.environ):
        yield Finding(WARN, "settings", f"{problem.where} {problem.message}", problem.hint)
    looks: list[Callable[[Settings], Iterator[Finding]]] = [_clock, _folder]
    if (settings.data / "state.db").exists():
        looks += [_room, _worker, _messages] if quick else [_integrity, _trail, _room, _worker, _messages]
        looks += [_gateway] if (settings.data / "gateway.db").exists() else []
    looks += [_listening, _certificate]
    for look in looks:
        try:
            yield from look(settings)
        except (StoreError, OSError, ValueError) as error:
            yield Finding(FAIL, look.__name__.strip("_"), str(error))


def _clock(_settings: Settings) -> Iterator[Finding]:
    now_ms = clock.now_ms()
    if now_ms < CLOCK_STARTS_MS:
        yield Finding(FAIL, "clock", f"says {clock.rfc3339(now_ms)}", "set it: timedatectl set-ntp true")
    else:
        yield Finding(OK, "clock", clock.rfc3339(now_ms))


def _folder(settings: Settings) -> Iterator[Finding]:
    data = settings.data
    if not data.is_dir():
        yield Finding(WARN, "data folder", f"{data} does not exist yet", "wakeful-collector serve makes it")
        return
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        yield Finding(FAIL, "data folder", f"{data} can be read by others (mode {mode:o})", f"run: chmod 700 {data}")
    elif not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            FAIL, "data folder", f"{data} cannot be written by this user", "run doctor as the collector's user"
        )
    else:
        yield Finding(OK, "data folder", f"{data}, private and writable")
    for path in sorted(data.glob("*.db")):
        if path.stat().st_mode & 0o077:
            yield Finding(FAIL, "data folder", f"{path} can be read by others", f"run: chmod 600 {path}")


def _integrity(settings: Settings) -> Iterator[Finding]:
    from wakeful_collector.read import health

    problems = health.integrity(settings.data)
    for problem in problems:
        fix = "stop the collector, keep a copy of the folder, and bring back a backup: wakeful-collector restore FILE"
        yield Finding(FAIL, "databases", problem, fix)
    if not problems:
        yield Finding(OK, "databases", "are sound")


def _trail(settings: Settings) -> Iterator[Finding]:
    trail = audit.verify(settings.data)
    if trail.first_broken is None:
        yield Finding(OK, "audit trail", f"{trail.rows} rows, none changed or removed")
    else:
        fix = "somebody wrote into state.db; compare it with a backup"
        yield Finding(FAIL, "audit trail", f"row {trail.first_broken} was changed, or rows before it were removed", fix)


def _room(settings: Settings) -> Iterator[Finding]:
    usage = shutil.disk_usage(settings.data)
    share = usage.free / usage.total
    text = f"{size_text(usage.free)} free ({share:.0%}) where {settings.data} lies"
    fix = "free some space, or keep less: retention_* in collector.toml"
    full_since_ms = traffic.condition(settings.data).full_since_ms
    if full_since_ms is not None:
        yield Finding(FAIL, "disk", f"full since {clock.rfc3339(full_since_ms)}; pushes are refused", fix)
    elif share < FREE_SHARE_FAIL:
        yield Finding(FAIL, "disk", text, fix)
    else:
        yield Finding(WARN, "disk", text, fix) if share < FREE_SHARE_WARN else Finding(OK, "disk", text)
    yield _forecast(settings)


def _forecast(settings: Settings) -> Finding:
    from wakeful_collector.read import health

    forecast = health.forecast(settings.data, settings, clock.now_ms())
    text = (
        f"{size_text(forecast.bytes_now)} of history now, {size_text(forecast.bytes_per_day)} more a day, "
        f"{size_text(forecast.bytes_expected)} once the retention is filled"
    )
    if forecast.fits:
        return Finding(OK, "forecast", text)
    return Finding(WARN, "forecast", f"{text}: more than there is", "free some space, or keep less: retention_*")


def _worker(settings: Settings) -> Iterator[Finding]:
    if place.running(settings.data) is None:
        yield Finding(
            WARN, "worker", "the collector does not run from this folder", "start it: wakeful-collector serve"
        )
        return
    beats = heartbeats.of_all(settings.data)
    if "worker" not in beats:
        yield Finding(FAIL, "worker", "has never been alive", "start it: wakeful-collector serve (or worker)")
    for name, beat in beats.items():
        age_seconds = (clock.now_ms() - beat.at_ms) / 1000
        late = age_seconds > max(LATE_SECONDS_MIN, LATE_INTERVALS * beat.interval_seconds)
        subject = "worker" if name == "worker" else f"job {name}"
        if beat.detail.get("error"):
            yield Finding(FAIL, subject, f"failed: {beat.detail['error']}", "the collector's log says more")
        elif not beat.at_ms:
            yield Finding(WARN, subject, "has not come through yet", "look again in a minute")
        elif late:
            fix = "the collector's log says why; wakeful-collector serve restarts it"
            yield Finding(FAIL, subject, f"last came through {clock.rfc3339(beat.at_ms)}", fix)
        else:
            yield Finding(OK, subject, f"alive {max(age_seconds, 0):.0f} s ago")


def _messages(settings: Settings) -> Iterator[Finding]:
    counted = deliveries.counts(settings.data)
    unread = [one.name for one in channels.channels(settings.data) if not channels.is_readable(settings.data, one.id)]
    if unread:
        fix = "bring back vault.key, or give their addresses again on the settings page"
        yield Finding(FAIL, "channels", f"the addresses of {', '.join(unread)} cannot be read with this key", fix)
    if counted.get("dead"):
        fix = "the settings page, or /api/v1/deliveries?state=dead, says why and tries them again"
        yield Finding(WARN, "messages", f"{counted['dead']} were given up and reached nobody", fix)
    else:
        yield Finding(OK, "messages", f"{counted.get('delivered', 0)} delivered, {counted.get('waiting', 0)} waiting")


def _gateway(settings: Settings) -> Iterator[Finding]:
    """Look at the machines of the gateway; where there are none there is nothing to say."""
    from wakeful_collector.integrations.ollama import sealed

    machines, states = gateway.machines(settings.data), gateway.states(settings.data)
    unread = [one.name for one in machines if not sealed.is_readable(settings.data, one.name)]
    if unread:
        fix = "bring back vault.key, or give their passwords again on the gateway's pages"
        yield Finding(FAIL, "gateway", f"the secrets of {', '.join(unread)} cannot be read with this key", fix)
    for one in machines:
        state = states.get(one.name)
        if state is not None and state.state == "unreachable":
            fix = f"its page says what was tried: /integrations/ollama/{one.name}"
            yield Finding(WARN, "gateway", f"{one.name} is not there: {state.reason}", fix)
    if machines:
        told = sorted(f"{one.name} {states[one.name].state}" for one in machines if one.name in states)
        yield Finding(OK, "gateway", ", ".join(told) or "nobody has looked at its machines yet")


def _listening(settings: Settings) -> Iterator[Finding]:
    running = place.running(settings.data)
    if running is not None:
        yield Finding(OK, "address", f"listening on {running.address} (process {running.pid})")
        return
    try:
        listen_on(settings.listen).close()
    except CannotListenError as error:
        yield Finding(FAIL, "address", str(error))
    else:
        yield Finding(OK, "address", f"{settings.listen} is free")


def _certificate(settings: Settings) -> Iterator[Finding]:
    if settings.tls_certificate is None:
        return
    days = certificate.days_left(settings.tls_certificate, clock.now_ms())
    text = f"{settings.tls_certificate} is valid for {days:.0f} more days"
    fix = "renew it, then send SIGHUP to the collector"
    if days <= CERTIFICATE_DAYS_FAIL:
        yield Finding(FAIL, "certificate", f"{settings.tls_certificate} has expired", fix)
    elif days < CERTIFICATE_DAYS_WARN:
        yield Finding(WARN, "certificate", text, fix)
    else:
        yield Finding(OK, "certificate", text)
