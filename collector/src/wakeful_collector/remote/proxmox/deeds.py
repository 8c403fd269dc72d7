"""A deed followed to its end: how far it is and what its log says, as it happens; then the exit code."""

from __future__ import annotations

from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import FAILED, OK, REFUSED, TIMED_OUT, UNREACHABLE, Failure
from wakeful_collector.remote.moments import seconds_of, span
from wakeful_collector.remote.table import Cell, Styled

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Mapping

    from wakeful_collector.remote.session import Session

Record = dict[str, Any]

WAIT_SECONDS = 3_600
"""How long a deed is waited for when nothing else is said: a backup takes its time, and Ctrl-C only stops looking."""

ASKED_SECONDS_MAX = 20
"""How long one request waits for news, so that no proxy in between loses patience."""

AGAIN_SECONDS = 0.3

PENDING = {"asked", "running"}
_EXITS = {"ok": OK, "refused": REFUSED}
_STYLES = {"ok": "good", "failed": "bad", "refused": "bad", "lost": "bad", "running": "warn", "asked": "dim"}


def add_waiting(parser: argparse.ArgumentParser) -> None:
    """Add --wait and --no-wait."""
    parser.add_argument(
        "--wait",
        type=seconds_of,
        default=WAIT_SECONDS,
        metavar="TIME",
        help=f"how long to follow it (default: {span(WAIT_SECONDS)}); it goes on when nobody looks",
    )
    parser.add_argument("--no-wait", action="store_const", dest="wait", const=0, help="ask, and do not follow")


def state_cell(state: object) -> Cell:
    """Return a deed's state as it is shown."""
    return Styled(str(state), _STYLES.get(str(state), ""))


def one(session: Session, number: object) -> Record:
    """Return the deed with that id; raise Failure."""
    return _one(session, {"id": number}, 0)


def _one(session: Session, asked: Record, patience_seconds: float) -> Record:
    found = asking.result_of(session, "proxmox.deed", asked, patience_seconds).get("deed")
    if not isinstance(found, dict):
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no deed", "are versions far apart?")
    return found


def ended(session: Session, deed: Record, wait_seconds: float) -> Record:
    """Return a deed as it stands at its end, or once patience is over; what happens meanwhile is told as it does."""
    teller = Teller(session)

    def look(known: Record, left_seconds: float) -> Record:
        patience = max(1, min(ASKED_SECONDS_MAX, int(left_seconds)))
        asked = {"id": known.get("id"), "wait_seconds": patience, "seen": known.get("revision") or 0}
        return _one(session, asked, patience)

    with only_looking(session, f"wakeful proxmox deeds {deed.get('id')} --wait"):
        return followed(deed, look, teller.tell, wait_seconds, lambda found: str(found.get("state")) not in PENDING)


@contextmanager
def only_looking(session: Session, again: str) -> Iterator[None]:
    """Say to whoever presses Ctrl-C that it goes on, and how to look again."""
    try:
        yield
    except KeyboardInterrupt:
        if not session.json:
            session.err.line()
            session.err.line(f"It goes on; look again with: {again}")
        raise


def followed(
    found: Record,
    look: Callable[[Record, float], Record],
    tell: Callable[[Record], None],
    wait_seconds: float,
    is_over: Callable[[Record], bool],
) -> Record:
    """Look again and again until it is over or patience is; a collector that is away meanwhile is waited out.

    `look` gets what is known and how long patience lasts; it may wait itself for what is new.
    """
    deadline = monotonic() + wait_seconds
    tell(found)
    asked = 0.0
    while not is_over(found) and (left := deadline - monotonic()) > 0:
        sleep(max(0.0, min(AGAIN_SECONDS - (monotonic() - asked), left)))
        asked = monotonic()
        try:
            found = look(found, deadline - asked)
        except Failure as problem:
            if problem.exit_code != UNREACHABLE:
                raise
            continue
        tell(found)
    return found


class Teller:
    """Tells on standard error how a deed goes on: new lines of its log once, and how far it is."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._began = monotonic()
        self._seen: list[str] = []
        self._is_over = False

    def tell(self, deed: Mapping[str, Any]) -> None:
        """Tell what is new."""
        if self._session.json:
            return
        err = self._session.err
        lines = log_of(deed)
        for line in fresh(self._seen, lines):
            err.line("  ", Styled(line, "dim"))
        self._seen = lines or self._seen
        err.passing()
        if str(deed.get("state")) in PENDING:
            err.passing(f"{deed.get('state')}{_percent(deed)}, {span(monotonic() - self._began)}")


def fresh(before: list[str], now: list[str]) -> list[str]:
    """Return the lines that a log gained; both are its last lines, so the first of them may have gone."""
    for shared in range(min(len(before), len(now)), 0, -1):
        if before[-shared:] == now[:shared]:
            return now[shared:]
    return now


def log_of(deed: Mapping[str, Any]) -> list[str]:
    """Return the last lines of a deed's log."""
    found = deed.get("log")
    return [str(line) for line in found] if isinstance(found, list) else []


def exit_code(deed: Mapping[str, Any], wait_seconds: float) -> int:
    """Return the exit code that a deed's state means to somebody who waited so long."""
    state = str(deed.get("state"))
    if state in PENDING:
        return TIMED_OUT if wait_seconds else OK
    return _EXITS.get(state, FAILED)


def told(session: Session, deed: Mapping[str, Any]) -> None:
    """Say what became of a deed."""
    state, said = str(deed.get("state")), str(deed.get("summary") or "")
    whom = f"{deed.get('name')} ({deed.get('vmid')})" if deed.get("name") else str(deed.get("vmid") or "")
    what = f"{deed.get('title') or deed.get('deed')} {whom}".rstrip()
    session.out.line(state_cell(state), f" {said or what}")
    if state in PENDING:
        session.out.line("  ", Styled(f"wakeful proxmox deeds {deed.get('id')} --wait", "dim"))


def _percent(deed: Mapping[str, Any]) -> str:
    share = deed.get("progress")
    return f" {share * 100:.0f} %" if isinstance(share, (int, float)) and not isinstance(share, bool) else ""
