"""One request that a machine serves, from its lease to the last byte: wait, connect, ask, pass on, write down."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.approach import Approach
from wakeful_collector.integrations.ollama.beats import Beats
from wakeful_collector.integrations.ollama.bodies import ClientGone
from wakeful_collector.integrations.ollama.corking import cork
from wakeful_collector.integrations.ollama.dialects import Form, Refusal, Shape, error_piece, told_piece
from wakeful_collector.integrations.ollama.forwarding import answer_headers, request_headers
from wakeful_collector.integrations.ollama.leasing import Refused
from wakeful_collector.integrations.ollama.reply import UNBUFFERED
from wakeful_collector.integrations.ollama.tallying import Tally
from wakeful_collector.integrations.ollama.upstream import Died, Upstream
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.store.gateway_history import Request
from wakeful_collector.web.kit import BrokenOff

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from urllib3.response import BaseHTTPResponse

    from wakeful_collector.integrations.ollama.addressing import Place
    from wakeful_collector.integrations.ollama.bodies import Body
    from wakeful_collector.integrations.ollama.callers import Caller
    from wakeful_collector.integrations.ollama.idle_connections import IdleConnections
    from wakeful_collector.integrations.ollama.leasing import Ticket
    from wakeful_collector.integrations.ollama.reply import Reply
    from wakeful_collector.integrations.ollama.settings import Machine

log = logging.getLogger("wakeful.gateway")

TOLD_BYTES_MAX = 64 * 1024
"""How much of an upstream's error is repeated to a client whose answer has begun."""

CLIENT_GONE = 499
"""The status that is written down where the client left before there was one."""

_STREAMS = {"application/x-ndjson": Form.LINES, "text/event-stream": Form.EVENTS}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was let in: what it asks, of which machine, who asks, and since when."""

    environ: dict[str, Any]
    place: Place
    caller: Caller
    machine: Machine
    body: Body
    model: str
    upstream_key: str
    at_ms: int
    began_seconds: float

    @property
    def method(self) -> str:
        """Return the request's method."""
        return str(self.environ["REQUEST_METHOD"])

    def row(self, status: int, outcome: str, **more: Any) -> Request:
        """Return the row of the history."""
        took_ms = round((clock.monotonic_seconds() - self.began_seconds) * 1000)
        named = (self.at_ms, self.machine.name, self.caller.name, self.method, self.place.path, self.model)
        return Request(*named, status, outcome, took_ms=took_ms, bytes_in=self.body.read_bytes, **more)


class Conversation:
    """Serves a request that holds a ticket; `gone` may be called by any thread, once the client has hung up."""

    def __init__(self, data: Path, asked: Asked, ticket: Ticket, reply: Reply, idle: IdleConnections) -> None:
        self.data = data
        self.asked = asked
        self.ticket = ticket
        self.reply = reply
        self._outcome = "cancelled"
        self._status = 0
        self._waited_ms = 0
        self._first_byte_ms: int | None = None
        self._client = asked.environ.get("gunicorn.socket")
        self._gone = threading.Event()
        self._upstream = Upstream(asked.machine.url, idle, asked.machine.fingerprint)
        self._tally = Tally()
        every, plain = asked.machine.keepalive_seconds, asked.machine.keepalive_plain
        self._beats = Beats(reply, every, plain=plain, now_seconds=asked.began_seconds)

    def gone(self) -> None:
        """Let go of the upstream: nobody listens any more."""
        self._gone.set()
        self._upstream.abort()

    def run(self) -> Iterator[bytes]:
        """Yield the answer; raise Refusal, ClientGone, or BrokenOff where it cannot be ended well."""
        approach = Approach(self.ticket, self.reply, self._beats, self._gone)
        try:
            try:
                yield from approach.wait()
                yield from approach.connect(self.data, self._upstream)
            finally:
                self._waited_ms = self._since_ms(self.asked.began_seconds) if approach.has_waited else 0
            yield from self._exchange()
        except Refused as refused:
            self.reply.state = self.ticket.look.state or self.reply.state
            refusal = Refusal(refused.status, refused.code, refused.message, refused.retry_seconds)
            self._status, self._outcome = refusal.status, refusal.code
            raise refusal from None
        except Refusal as refusal:
            self._status, self._outcome = refusal.status, refusal.code
            raise
        finally:
            self.asked.body.close()
            self._upstream.close()
            self._end()

    def _end(self) -> None:
        try:
            self.ticket.end(self._row())
        except StoreError as error:  # the client has its answer; that it cannot be written down is no fault of it
            log.warning("the end of a request could not be written down: %s", error)

    def _exchange(self) -> Iterator[bytes]:
        sent = clock.monotonic_seconds()
        try:
            answer = yield from self._answer()
            self.asked.body.close()
            if self.reply.is_begun and answer.status >= 300:
                yield self._told(answer)
                return
            form = _form_of(answer)
            first = b"" if form in _STREAMS.values() else self._upstream.read()
        except Died as died:
            raise self._broken(died) from None
        self._status = answer.status
        own = self.reply.shape.form
        cork(self._client, True)
        try:
            self._begin(answer, form)
            yield b""  # sends the head: together with the first piece, or alone if that takes long
            yield from self._pieces(first, sent, own if self.reply.is_early else form)
        finally:
            cork(self._client, False)

    def _answer(self) -> Generator[bytes, None, BaseHTTPResponse]:
        """Send the request and return the answer's head, keeping the client's connection alive meanwhile."""
        self._send()
        while not self._upstream.is_ready(self._beats.wait_seconds()):
            yield from self._beats.due()
        return self._upstream.answer()

    def _send(self) -> None:
        asked, body = self.asked, self.asked.body
        headers = request_headers(asked.environ, self._upstream.host, asked.upstream_key)
        if self._beats.is_on:  # a packed answer has no room for what keeps a connection alive
            headers["Accept-Encoding"] = "identity"
        pieces = body.pieces() if body.is_chunked or body.has_length else None
        self._upstream.send(asked.method, asked.place.target, headers, pieces, body.length_bytes)

    def _begin(self, answer: BaseHTTPResponse, form: Form) -> None:
        if self.reply.is_begun:
            return
        asked = self.asked
        headers = answer_headers(answer.headers.items(), asked.place.prefix, asked.machine.url)
        if form is not Form.OTHER:
            headers.append(UNBUFFERED)
        self.reply.begin(answer.status, headers)

    def _pieces(self, piece: bytes, sent: float, form: Form) -> Generator[bytes, None, None]:
        """Pass on what comes as it comes, beginning with `piece` if that was read already."""
        try:
            piece = piece or self._upstream.read()
            while piece:
                if self._first_byte_ms is None:
                    self._first_byte_ms = self._since_ms(sent)
                self._tally.take(piece)
                yield piece
                if self._tally.size_bytes == len(piece):
                    cork(self._client, False)
                piece = self._upstream.read()
        except Died as died:
            yield self._last_words(self._broken(died), form)
            return
        self._outcome = "ok" if self._status < 400 else "refused"

    def _last_words(self, refusal: Refusal, form: Form) -> bytes:
        """Return what ends an answer that broke off; raise BrokenOff where nothing would be understood."""
        self._outcome = refusal.code
        at_end = self._tally.ends_line if form is Form.LINES else self._tally.ends_event
        if form not in _STREAMS.values() or not at_end:
            raise BrokenOff(refusal.message)
        return error_piece(Shape(self.reply.shape.dialect, form), refusal)

    def _told(self, answer: BaseHTTPResponse) -> bytes:
        """Return an upstream's error as the end of an answer that was begun early."""
        self._status, self._outcome = answer.status, "refused"
        body = b""
        while len(body) < TOLD_BYTES_MAX and (piece := self._upstream.read()):
            body += piece
        self._tally.take(body)
        return told_piece(self.reply.shape, body, answer.status)

    def _broken(self, died: Died) -> Refusal:
        if self._gone.is_set():
            raise ClientGone("the client hung up") from died
        return Refusal(502, "broken", f"{self.asked.machine.name} broke off: {died}")

    def _row(self) -> Request:
        prompt, completion = self._tally.tokens()
        return self.asked.row(
            self._status or CLIENT_GONE,
            self._outcome,
            waited_ms=self._waited_ms,
            first_byte_ms=self._first_byte_ms,
            bytes_out=self._tally.size_bytes,
            prompt_tokens=prompt,
            completion_tokens=completion,
        )

    def _since_ms(self, at_seconds: float) -> int:
        return round((clock.monotonic_seconds() - at_seconds) * 1000)


def _form_of(answer: BaseHTTPResponse) -> Form:
    """Return what an upstream's answer consists of; OTHER when nothing may be added to it."""
    is_packed = answer.headers.get("Content-Encoding", "identity").strip().lower() != "identity"
    if is_packed or "Content-Length" in answer.headers:
        return Form.OTHER
    return _STREAMS.get(answer.headers.get("Content-Type", "").partition(";")[0].strip().lower(), Form.OTHER)
