"""The desk of one process: its requests take a lease, wait for their turn and give it back; one thread watches for all.

Nobody polls for himself: the thread looks at `gateway.db` for everybody who waits, renews the leases of everybody who
is served, and clears away what killed processes left.
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, Self

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import admitting, outlook, persisted, settings
from wakeful_collector.integrations.ollama.admitting import Refused
from wakeful_collector.integrations.ollama.outlook import Prospect
from wakeful_collector.integrations.ollama.states import SERVING, State
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import gateway
from wakeful_collector.store import database, gateway_history, gateway_leases
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_leases import REQUEST, Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_history import Request

log = logging.getLogger("wakeful.gateway")

LEASE_SECONDS = 20.0
RENEW_SECONDS = 5.0
GLANCE_SECONDS = 0.05
TIDY_SECONDS = 1.0
REST_SECONDS = 1.0
MARGIN_SECONDS = 30.0
"""How much longer than wake, stop and pause together a request waits before it says that nobody looks after the
machine: the worker does not run."""

NOBODY = "nobody looks after the machine: is the collector's worker running?"

__all__ = ["Desk", "Look", "Refused", "Ticket", "desk", "record"]


class Look(NamedTuple):
    """How a request stands: the machine's state, whether it may go, how many wait before it, what it may expect."""

    state: str
    admitted: bool
    position: int
    reason: str
    prospect: Prospect


_WAITING = Look("", False, 0, "", Prospect(outlook.WAIT))


class Ticket:
    """One request's claim on its machine. Not thread-safe: it belongs to the thread that serves the request."""

    def __init__(self, at: Desk, machine: Machine, lease: Lease, look: Look) -> None:
        self.machine = machine
        self.lease = lease
        self.look = look
        self.refused: Refused | None = None
        self.changed = threading.Event()
        self._desk = at
        self._ended = False

    @property
    def id(self) -> str:
        """Return the id of the lease."""
        return self.lease.id

    def wait(self, timeout_seconds: float) -> Look:
        """Return how the request stands, at once when it may go, else after a change or `timeout_seconds`.

        Raises:
            Refused: it will not be served; the ticket has still to be ended.
        """
        if not self.look.admitted and self.refused is None:
            self.changed.wait(timeout_seconds)
            self.changed.clear()
        if self.refused is not None and not self.look.admitted:
            raise self.refused
        return self.look

    def end(self, request: Request | None = None) -> None:
        """Give the lease back, with the row of the request if there is one; only the first time does something."""
        if not self._ended:
            self._ended = True
            self._desk.end(self, request)

    def __enter__(self) -> Self:
        """Return the ticket."""
        return self

    def __exit__(self, *_: object) -> None:
        """Give the lease back."""
        self.end()


class Desk:
    """Where the requests of one process wait; `clock_ms` tells the time."""

    def __init__(self, data: Path, clock_ms: Callable[[], int] = clock.now_ms) -> None:
        self.data = data
        self.process = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._clock_ms = clock_ms
        self._tickets: dict[str, Ticket] = {}
        self._lock = threading.Lock()
        self._awaited = threading.Event()
        self._thread: threading.Thread | None = None
        self._version = -1
        self._tidied_ms = self._renewed_ms = 0

    def enter(self, machine: Machine, key: str, owner: str, note: str, model: str, now_ms: int) -> Ticket:
        """Return the ticket of a request, which may go at once where the machine is awake and nobody is before it.

        Raises:
            Refused: as `admitting.enter`.
        """
        expires_ms = now_ms + round(LEASE_SECONDS * 1000)
        one_id = secrets.token_hex(8)
        lease = Lease(one_id, machine.name, REQUEST, owner, key, note[:200], now_ms, None, expires_ms, self.process)
        with changing_gateway(self.data) as connection:
            admitted = admitting.enter(connection, machine, lease, model, now_ms)
        ticket = Ticket(self, machine, lease, _WAITING)
        if admitted:
            _admit(ticket, now_ms)
        with self._lock:
            self._tickets[one_id] = ticket
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="gateway-desk", daemon=True)
                self._thread.start()
        if not admitted:
            try:
                self._look([ticket], now_ms)
            except StoreError as error:  # its lease is taken: whoever lost the ticket now could never give it back
                log.warning("how a request stands could not be looked up: %s", error)
            ticket.changed.clear()
            self._awaited.set()
        return ticket

    def end(self, ticket: Ticket, request: Request | None) -> None:
        """End a ticket: its lease goes, its row is written, whoever is next may go. `Ticket.end` calls it once."""
        with self._lock:
            self._tickets.pop(ticket.id, None)
        now_ms = self._clock_ms()
        admitted: tuple[str, ...] = ()
        with changing_gateway(self.data) as connection:
            gateway_leases.end(connection, ticket.id)
            if request is not None:
                gateway_history.add(connection, request)
            if gateway_leases.is_awaited(connection):
                admitted = admitting.admit_everywhere(connection, now_ms)
        self._tell_admitted(admitted, now_ms)

    def _tell_admitted(self, ids: Iterable[str], now_ms: int) -> None:
        for one_id in ids:
            ticket = self._tickets.get(one_id)
            if ticket is not None:
                _admit(ticket, now_ms)

    def _watch(self) -> None:
        """Look after everybody, as long as the process lives; rest while nobody is here."""
        while True:
            is_waited = any(not one.look.admitted for one in list(self._tickets.values()))
            self._awaited.wait(GLANCE_SECONDS if is_waited else REST_SECONDS)
            self._awaited.clear()
            try:
                self.watch_once(self._clock_ms())
            except StoreError as error:
                log.warning("the leases could not be looked after: %s", error)
            except Exception:
                log.exception("the leases could not be looked after")

    def watch_once(self, now_ms: int) -> None:
        """Renew what is due, clear away what expired, and tell those who wait how they stand."""
        tickets = list(self._tickets.values())
        if not tickets:
            return
        if _is_due(self._renewed_ms, RENEW_SECONDS, now_ms):
            self._renew(tickets, now_ms)
            self._renewed_ms = now_ms
        if all(one.look.admitted for one in tickets):
            return
        is_tidying = _is_due(self._tidied_ms, TIDY_SECONDS, now_ms)
        if is_tidying:
            self._tidy(now_ms)
            self._tidied_ms = now_ms
        version = database.reader(self.data, "gateway").execute("PRAGMA data_version").fetchone()[0]
        if is_tidying or version != self._version:
            self._version = version
            # Whoever came during the above is looked at too: this version is never looked at again.
            self._look([one for one in list(self._tickets.values()) if not one.look.admitted], now_ms)

    def _renew(self, tickets: list[Ticket], now_ms: int) -> None:
        expires_ms = now_ms + round(LEASE_SECONDS * 1000)
        with changing_gateway(self.data) as connection:
            lost = gateway_leases.renew(connection, [one.id for one in tickets], expires_ms)
            for ticket in tickets:
                # This process stood still for long (a laptop's lid, a debugger): its requests are still there.
                if ticket.id in lost and ticket.id in self._tickets:
                    gateway_leases.take(connection, replace(ticket.lease, expires_ms=expires_ms))

    def _tidy(self, now_ms: int) -> None:
        with changing_gateway(self.data) as connection:
            gateway_leases.end_expired(connection, now_ms)
            admitted = admitting.admit_everywhere(connection, now_ms)
        self._tell_admitted(admitted, now_ms)

    def _look(self, waiting: list[Ticket], now_ms: int) -> None:
        """Tell everybody who waits how he stands."""
        with database.translated():
            connection = database.reader(self.data, "gateway")
            queues = gateway_leases.queues(connection, now_ms)
            admitted = gateway_leases.admitted(connection, [one.id for one in waiting])
        chances = {name: _chance(self.data, name, now_ms) for name in {one.machine.name for one in waiting}}
        for ticket in waiting:
            if ticket.id in admitted:
                _admit(ticket, admitted[ticket.id])
                continue
            state, chance, patience_seconds = chances[ticket.machine.name]
            line = queues.get(ticket.machine.name, [])
            place = line.index(ticket.id) if ticket.id in line else ticket.look.position
            waited_seconds = (now_ms - ticket.lease.begun_ms) / 1000
            look = Look(state, False, place, chance.reason, chance)
            is_news = (look.state, look.reason) != (ticket.look.state, ticket.look.reason)
            ticket.look = look
            if chance.verdict == outlook.REFUSE:
                _refuse(ticket, Refused("not_awake", chance.reason, 504, chance.retry_seconds))
            elif state not in SERVING and waited_seconds > patience_seconds:
                _refuse(ticket, Refused("not_awake", NOBODY, 504, 60))
            elif is_news:
                ticket.changed.set()


def desk(data: Path) -> Desk:
    """Return the desk of this process; a child has one of its own."""
    with _desks_lock:
        return _desks.setdefault(str(data), Desk(data))


def record(data: Path, request: Request) -> None:
    """Write the row of a request that took no ticket: refused at the door, or told what was seen last."""
    with changing_gateway(data) as connection:
        gateway_history.add(connection, request)


def _chance(data: Path, name: str, now_ms: int) -> tuple[str, Prospect, float]:
    """Return state and prospect of a machine, and how long a request waits for it at most."""
    machine = settings.machine(data, name)
    if machine is None:
        return "", Prospect(outlook.REFUSE, f"the machine {name} was removed"), 0.0
    policy = settings.policy(machine)
    known = persisted.read(gateway.state(data, name), machine, now_ms)
    patience_seconds = policy.boot_seconds + policy.stop_seconds + policy.cool_seconds + MARGIN_SECONDS
    return known.memory.state, persisted.prospect(known, machine, now_ms), patience_seconds


def _admit(ticket: Ticket, now_ms: int) -> None:
    ticket.lease = replace(ticket.lease, admitted_ms=now_ms)
    ticket.look = Look(State.AWAKE, True, 0, "", Prospect(outlook.SERVE))
    ticket.changed.set()


def _refuse(ticket: Ticket, refused: Refused) -> None:
    ticket.refused = refused
    ticket.changed.set()


def _is_due(at_ms: int, every_seconds: float, now_ms: int) -> bool:
    return not 0 <= now_ms - at_ms < every_seconds * 1000


def _forget_desks() -> None:  # pragma: no cover - runs in children that tests end by os._exit
    global _desks_lock  # noqa: PLW0603 - a lock that another thread held at the fork is held for ever
    _desks_lock = threading.Lock()
    _desks.clear()


_desks: dict[str, Desk] = {}
_desks_lock = threading.Lock()
os.register_at_fork(after_in_child=_forget_desks)
