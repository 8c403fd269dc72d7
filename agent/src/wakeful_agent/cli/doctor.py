"""`wakeful-agent doctor`: what is wrong, and the way out."""

from __future__ import annotations

import fcntl
import os

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import FAILURE, OK
from wakeful_agent.cli.place import here, painted, show_json
from wakeful_agent.config import Config, ConfigErrors
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Iterator

    from wakeful_agent.bootstrap import Place

GOOD, MIND, BAD = "ok", "mind", "bad"
SKEW_SECONDS = 60.0
BACKLOG_SECONDS = 600.0


class Check(NamedTuple):
    """One thing looked at: its state (ok, mind, bad), what was found and the way out."""

    name: str
    state: str
    text: str
    fix: str = ""


def main(chosen: argparse.Namespace) -> int:
    """Print every check; 1 when one is bad."""
    place = here()
    checks = [*_configuration(place), *_state(place), _rights(place)]
    good = all(check.state != BAD for check in checks)
    if chosen.json:
        show_json({"ok": good, "checks": [check._asdict() for check in checks]})
        return OK if good else FAILURE
    for check in checks:
        print(painted(f"{check.state:<4} {check.name}: {check.text}", check.state != BAD))
        if check.fix:
            print(f"     {check.fix}")
    print(
        "Nothing is wrong." if good else "Mend what is bad from the top; later troubles often come from earlier ones."
    )
    return OK if good else FAILURE


def _configuration(place: Place) -> Iterator[Check]:
    try:
        config = bootstrap.read_config(place).config
    except ConfigErrors as errors:
        for problem in errors.problems:
            yield Check("settings", BAD, str(problem._replace(hint="")), problem.hint)
        return
    yield Check("settings", GOOD, f"{place.folders.file} and the environment are right")
    yield from _collector(place, config)


def _collector(place: Place, config: Config) -> Iterator[Check]:
    try:
        way = bootstrap.read_way(place, config)
    except ConfigErrors as errors:
        for problem in errors.problems:
            yield Check("enrolment", BAD, str(problem._replace(hint="")), problem.hint)
        return
    yield Check("enrolment", GOOD, f"enrolled at {way.url}")
    finding = bootstrap.look(way, config.request_timeout_seconds)
    if not finding.reached:
        yield Check("collector", BAD, finding.text, "pushes wait in the spool and nothing is lost within its bounds")
    elif not finding.token_good:
        hint = "enrol again: wakeful-agent enroll URL --invite wk_inv_... --again"
        yield Check("collector", BAD, f"it does not take this agent's token: {finding.text}", hint)
    else:
        yield Check("collector", GOOD, finding.text)
    if finding.size_trouble:
        hint = "let the proxy take requests of 2 MiB (nginx: client_max_body_size 2m; in its http or server block)"
        yield Check("size", BAD, finding.size_trouble, hint)
    ahead = finding.clock_ahead_seconds
    if ahead is not None and abs(ahead) > SKEW_SECONDS:
        text = f"this machine's clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} the collector's"
        yield Check("clock", MIND if abs(ahead) < 600 else BAD, text, "set it: timedatectl set-ntp true")


def _state(place: Place) -> Iterator[Check]:
    folders = place.folders
    if not os.path.isdir(folders.state):
        yield Check("state", MIND, f"{folders.state} does not exist yet; the agent makes it at its first start")
        return
    if _runs(folders.lock):
        yield Check("agent", GOOD, "it runs")
    else:
        yield Check("agent", BAD, "it does not run", "start it: wakeful-agent run (or its service)")
    if not os.access(folders.state, os.W_OK):
        yield Check(
            "state", BAD, f"{folders.state} cannot be written by this user", "check its owner, or set STATE_DIR"
        )
    waiting, aside, oldest_ms = _spool(folders.spool)
    age_seconds = (bootstrap.now_ms() - oldest_ms) / 1000 if waiting else 0.0
    text = f"{waiting} pushes wait" + (f", the oldest for {age_seconds:.0f} s" if waiting else "")
    yield Check("spool", MIND if age_seconds > BACKLOG_SECONDS else GOOD, text)
    if aside:
        text = f"{aside} files that could not be read or were refused lie in {folders.spool}/aside"
        yield Check("aside", MIND, text, "the log and `agent.push_refused` events say why; look, then delete them")


def _runs(path: str) -> bool:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def _spool(folder: str) -> tuple[int, int, int]:
    """Return how many pushes wait, how many files lie aside, and the time of the oldest push."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".push"))
        aside = len(os.listdir(os.path.join(folder, "aside")))
    except OSError:
        return 0, 0, 0
    first = names[0].partition(".")[0] if names else "0"
    return len(names), aside, int(first) if first.isdecimal() else 0


def _rights(place: Place) -> Check:
    found = bootstrap.probe(place)
    lacking = [item.name for item in found if not item.available]
    text = f"not here, or not permitted: {', '.join(lacking)}" if lacking else "everything can be read"
    return Check("rights", GOOD, text, "`wakeful-agent probe` says what would grant each" if lacking else "")
