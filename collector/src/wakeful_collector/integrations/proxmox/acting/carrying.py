"""Carrying one request out: sent once, its task followed to the end, and what may have happened never guessed.

A journal is told before the request leaves and when its task is known, so that whoever comes after a crash knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.acting import searching, tasks
from wakeful_collector.integrations.proxmox.acting.tasks import FAILED, OK, UNKNOWN, Outcome, Patience
from wakeful_collector.integrations.proxmox.acting.upids import parsed
from wakeful_collector.integrations.proxmox.link.errors import PveError

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.acting.looking import Api
    from wakeful_collector.integrations.proxmox.acting.tasks import Progress

BUSY_TRIES = 4
BUSY_PAUSE_SECONDS = 2.0
"""The lock of a file is held for moments; Proxmox itself waits 10 s for it before it says so."""

_MAY_HAVE_ARRIVED = frozenset({502, 504, 596, 597, 598, 599})


class Journal(Protocol):
    """Whoever writes down what happens; each call returns when that is durable."""

    def sending(self, request: Request) -> None:
        """A request leaves now."""

    def sent(self, upid: str) -> None:
        """It was answered; `upid` is empty where it became no task."""

    def refused(self) -> None:
        """It was answered, and nothing came of it."""

    def progressed(self, progress: Progress) -> None:
        """Its task went on."""

    def is_stopped(self) -> bool:
        """Tell whether somebody wants it to end."""

    def known_tasks(self) -> Collection[str]:
        """Return tasks that belong to something else."""


def carry(
    api: Api, request: Request, journal: Journal, login: str = "", pause_seconds: float = BUSY_PAUSE_SECONDS
) -> Outcome:
    """Send a request once and follow what becomes of it; raises nothing of the cluster's.

    `login` is who asks, as tasks name it: where an answer was lost, its task is looked for. Only a request that was
    refused because of a lock of moments is sent again.
    """
    patience = Patience(request.seconds, is_stopped=journal.is_stopped)
    tried: set[str] = set()
    outcome = _once(api, request, journal, login, patience, tried)
    for _ in range(BUSY_TRIES - 1):
        is_busy = outcome.state == FAILED and "can't lock file" in outcome.exitstatus
        if not is_busy or journal.is_stopped():
            break
        tried.add(outcome.upid)
        patience.pause(pause_seconds)
        outcome = _once(api, request, journal, login, patience, tried)
    return outcome


def _once(
    api: Api, request: Request, journal: Journal, login: str, patience: Patience, tried: Collection[str]
) -> Outcome:
    sent_ms = clock.now_ms()
    journal.sending(request)
    try:
        answer = send(api, request)
    except PveError as error:
        if not may_have_arrived(error):
            journal.refused()
            return Outcome(FAILED, str(error))
        known = {*journal.known_tasks(), *tried}
        found = searching.search(api, request, login, sent_ms, known)  # None where there is a doubt
        if found is None:
            return Outcome(UNKNOWN, f"no answer came: {error}")
        answer = found
    upid = answer if parsed(answer) is not None else ""
    journal.sent(upid)
    if not upid:
        return _without_task(request, answer)
    return tasks.follow(api, upid, patience, journal.progressed)


def _without_task(request: Request, answer: Any) -> Outcome:
    """Return what an answer without a task means: done, for what is done at once, but for nothing else.

    A backup of a guest that has just moved away is answered "OK" by the node it was on, and is none.
    """
    if isinstance(answer, str) and answer.startswith("UPID:"):
        return Outcome(UNKNOWN, f"its task has a name that cannot be read: {answer[:200]}")
    if isinstance(answer, str) and answer:
        return Outcome(FAILED, f"no task was begun: it answered {answer[:200]!r}")
    at_once = request.method == "PUT" or request.path.endswith("/config") or not searching.kinds(request)
    return Outcome(OK, "OK") if at_once else Outcome(UNKNOWN, "it answered without a task")


def send(api: Api, request: Request) -> Any:
    """Send a request, and return what it is answered. Raises PveError."""
    verb = {"POST": api.post, "PUT": api.put, "DELETE": api.delete}[request.method]
    return verb(request.path, **request.form)


def may_have_arrived(error: PveError) -> bool:
    """Tell whether a request that ended so may have been carried out nevertheless."""
    return error.uncertain or error.kind == "garbled" or error.status in _MAY_HAVE_ARRIVED
