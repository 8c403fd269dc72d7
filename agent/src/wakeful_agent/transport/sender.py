"""The thread that sends: the newest push first, then what waits, oldest first, at a bounded rate, without haste."""

from __future__ import annotations

from threading import Event, Thread
from time import monotonic

from wakeful_agent.network.http import Unreachable
from wakeful_agent.transport.backoff import Backoff, fraction, told_seconds
from wakeful_agent.transport.doubts import Doubts
from wakeful_agent.transport.reading import document, problem
from wakeful_wire import packing
from wakeful_wire.answer import Answer, parse_answer
from wakeful_wire.errors import WireError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.host.log import Log
    from wakeful_agent.network.http import Client
    from wakeful_agent.network.response import Response
    from wakeful_agent.transport.spool import Entry, Spool

PUSH_PATH = "/api/v1/push"
REFUSED_SECONDS = 300.0
GRACE_SECONDS = 0.4
LAST_TRY_SECONDS = 1.0
KNOWN_SCHEMAS_MAX = 256
SIZE_HINT = ": a proxy in between takes no request of this size; let it take 2 MiB (nginx: client_max_body_size 2m)"


class Listeners(NamedTuple):
    """Who is told, from the sender's thread: of an accepted push's answer, and of the code of a refused one."""

    answered: Callable[[Answer], None]
    refused: Callable[[str], None]


class Sender:
    """Empties the spool in a thread of its own; never ends by itself, whatever the collector answers."""

    def __init__(
        self, spool: Spool, client: Client, token: str, ears: Listeners, log: Log, drain_per_second: float = 20.0
    ) -> None:
        self._spool = spool
        self._client = client
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        self._ears = ears
        self._log = log
        self._backoff = Backoff()
        self._doubts = Doubts()
        self._known: set[str] = set()
        self._arrived = -1
        self._stop = Event()
        self._news = Event()
        self._thread = Thread(target=self._run, name="sender", daemon=True)
        self.drain_per_second = drain_per_second
        self.accepted = 0
        self.retried = 0
        self.trouble = ""
        """Why the last try failed; empty when it did not."""

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def nudge(self) -> None:
        """Say that there is a new push."""
        self._news.set()

    def stop(self) -> None:
        """Try the newest push once more if it was not tried yet, and end; takes less than 1.7 s."""
        self._stop.set()
        self._news.set()
        self._thread.join(GRACE_SECONDS)
        if self._thread.is_alive():
            self._client.abort()
            self._thread.join(LAST_TRY_SECONDS + 0.2)

    def _run(self) -> None:
        while not self._stop.is_set():
            self._news.clear()
            entry = self._next()
            if entry is None:
                self._doubts.keep(self._spool.names())
                self._news.wait(self._doubts.next_seconds(monotonic()))
                continue
            pause_seconds = self._guarded(entry)
            if pause_seconds:
                self._stop.wait(pause_seconds)
        newest = self._spool.newest()
        if newest is not None and self._arrived != self._spool.arrived:
            self._client.timeout_seconds = LAST_TRY_SECONDS
            self._guarded(newest)
        self._client.close()

    def _next(self) -> Entry | None:
        arrived, newest = self._spool.arrived, self._spool.newest()
        if newest is not None and self._arrived != arrived:
            self._arrived = arrived
            return newest
        return self._spool.oldest(self._doubts.passed_over(monotonic()))

    def _guarded(self, entry: Entry) -> float:
        """Send one push; return how long to wait. What nobody thought of is waited out like a failure."""
        try:
            return self._send(entry)
        except Exception as error:
            self._client.close()
            return self._failed(f"{type(error).__name__}: {error}")

    def _send(self, entry: Entry) -> float:
        content = self._spool.read(entry)
        if content is None:
            return 0.0
        named = entry.schema not in self._known
        body = self._with_series(entry, content) if named else content
        try:
            response = self._client.post(PUSH_PATH, body, self._headers)
            if not named and response.status == 409 and problem(response)[0] == "unknown_schema":
                self._known.discard(entry.schema)
                self.retried += 1
                response = self._client.post(PUSH_PATH, self._with_series(entry, content), self._headers)
        except Unreachable as error:
            return self._failed(str(error))
        return self._handle(entry, response)

    def _handle(self, entry: Entry, response: Response) -> float:
        status = response.status
        if status == 200:
            return self._accepted(entry, response)
        code, message = problem(response)
        told = f"the collector answered {status}" + (f" {code}: {message}" if code else "")
        if status in {400, 413, 422} and code:
            return self._give_up(entry, code, told)
        if status in {400, 413, 422}:
            told += SIZE_HINT if status == 413 else ", and not as a collector does: something in between"
            if self._doubts.refused(entry.name, monotonic(), self.accepted):
                return self._give_up(entry, f"http_{status}", told)
        if status in {401, 403}:
            refused = told if code else f"{told}: the token is unknown or revoked"
            self._failed(f"{refused}; enrol again with a new invite")
            return REFUSED_SECONDS * (0.5 + fraction() / 2)
        if code == "unknown_schema" and self._spool.schema(entry.schema) is None:
            # Nobody will ever know what its numbers mean, and what waits behind it would wait for ever.
            return self._give_up(entry, code, f"{told}. That list is lost here")
        asked = told_seconds(response.headers.get("retry-after")) if status in {429, 503} else None
        pause_seconds = self._failed(told)
        return pause_seconds if asked is None else max(asked, 0.1)

    def _give_up(self, entry: Entry, code: str, told: str) -> float:
        self._spool.put_aside(entry)
        self._log.say("warning", f"a push was refused for good and set aside in spool/aside: {told}")
        self._ears.refused(code)
        return 0.0

    def _accepted(self, entry: Entry, response: Response) -> float:
        try:
            answer = parse_answer(document(response), entry.sequence)
        except WireError as error:
            return self._failed(f"the collector's answer is not valid: {error.message}")
        self._spool.done(entry)
        self.accepted += 1
        self.trouble = ""
        self._backoff.worked()
        if len(self._known) >= KNOWN_SCHEMAS_MAX:
            self._known.clear()
        self._known.add(entry.schema)
        self._log.over("collector", f"the collector takes pushes again; {len(self._spool)} wait")
        self._ears.answered(answer)
        return 1.0 / self.drain_per_second if len(self._spool) else 0.0

    def _failed(self, text: str) -> float:
        self.retried += 1
        self.trouble = text
        self._log.trouble("collector", f"{text}. Pushes wait in the spool")
        return self._backoff.failed(fraction())

    def _with_series(self, entry: Entry, content: bytes) -> bytes:
        series = self._spool.schema(entry.schema)
        if series is None:
            return content
        return packing.pack_with(content, "series", series)
