"""The agents' door: push and enrolment as a bare WSGI callable in front of the pages; everything else passes through.

It stands before Flask because it is asked a thousand times as often as everything else together.
"""

from __future__ import annotations

import json
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from wakeful_collector import enrolment
from wakeful_collector.ingest import answers, inflating
from wakeful_collector.ingest.answers import Reply
from wakeful_collector.ingest.rates import Rates
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.web.agent_api_http import GZIP_FROM_BYTES, body_of, gzipped
from wakeful_wire import limits, packing
from wakeful_wire.enroll import parse_enroll_request
from wakeful_wire.errors import WireError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wakeful_collector.ingest.door import Door

    Environ = dict[str, Any]
    StartResponse = Callable[..., Any]
    Application = Callable[[Environ, StartResponse], Iterable[bytes]]

log = logging.getLogger("wakeful.web")

PUSH_PATH = "/api/v1/push"
ENROLL_PATH = "/api/v1/enroll"
ENROLL_BYTES_MAX = 64 * 1024
ENROLMENTS_PER_SECOND = 5.0
ENROLMENTS_BURST = 200.0
MISSES_PER_SECOND = 0.2
MISSES_BURST = 20.0
_STATUS = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_JSON = ("Content-Type", "application/json")
_FIXED = (_JSON, ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"))


class AgentApi:
    """Answers `POST /api/v1/push` and `POST /api/v1/enroll`, and hands every other request to `application`.

    `address_of` tells from a request's environment where it comes from.
    """

    def __init__(
        self,
        door: Door,
        application: Application,
        clock_ms: Callable[[], int],
        address_of: Callable[[Environ], str],
    ) -> None:
        self.door = door
        self.application = application
        self.clock_ms = clock_ms
        self._address_of = address_of
        self._enrolments = Rates(ENROLMENTS_PER_SECOND, ENROLMENTS_BURST)
        self._misses = Rates(MISSES_PER_SECOND, MISSES_BURST)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a WSGI request."""
        take = {PUSH_PATH: self._push, ENROLL_PATH: self._enroll}.get(environ["PATH_INFO"])
        if take is None:
            return self.application(environ, start_response)
        try:
            reply = take(environ) if environ["REQUEST_METHOD"] == "POST" else _only_post()
        except Exception:
            log.exception("a request of an agent could not be answered")
            reply = answers.refused(WireError("internal", "the collector's own log says what went wrong", 500))
        return _answer(environ, start_response, reply)

    def _push(self, environ: Environ) -> Reply:
        now_ms = self.clock_ms()
        agent = self.door.authenticate(environ.get("HTTP_AUTHORIZATION", ""), now_ms)
        if isinstance(agent, Reply):
            return agent
        try:
            body = body_of(environ, limits.PACKED_BYTES_MAX)
        except WireError as error:
            return self.door.refuse(agent.id, error, now_ms)
        return self.door.take(agent, body, environ.get("HTTP_CONTENT_ENCODING", ""), now_ms)

    def _enroll(self, environ: Environ) -> Reply:
        now_ms = self.clock_ms()
        address = self._address_of(environ)
        wait_seconds = self._enrolments.wait_seconds(address, now_ms) or self._misses.empty_seconds(address, now_ms)
        if wait_seconds:
            return answers.again(
                429, "too_often", "too many enrolments from this address; come again later", wait_seconds
            )
        try:
            request = parse_enroll_request(_document(environ))
            answer = enrolment.enroll(self.door.data, request, address, now_ms)
        except WireError as error:
            self._misses.wait_seconds(address, now_ms)
            return self.door.refuse(f"enrolment from {address}", error, now_ms)
        except StoreError as error:
            return answers.unable(error)
        return Reply(200, json.dumps(answer._asdict()).encode("ascii"))


def _document(environ: Environ) -> Any:
    if environ.get("HTTP_TRANSFER_ENCODING"):  # whoever may send this in pieces, and hold a thread by it
        raise WireError("length_required", "an enrolment must say how long it is (Content-Length)", 411)
    body = body_of(environ, ENROLL_BYTES_MAX)
    if environ.get("HTTP_CONTENT_ENCODING", "") == "gzip":
        body = inflating.inflate(body, ENROLL_BYTES_MAX)
    return packing.parse_json(body)


def _only_post() -> Reply:
    return answers.refused(WireError("method_not_allowed", "only POST is answered here", 405))


def _answer(environ: Environ, start_response: StartResponse, reply: Reply) -> Iterable[bytes]:
    body = reply.body
    headers = [*_FIXED]
    if reply.retry_seconds:
        headers.append(("Retry-After", str(reply.retry_seconds)))
    if reply.status == 401:
        headers.append(("WWW-Authenticate", "Bearer"))
    if reply.status == 405:
        headers.append(("Allow", "POST"))
    if len(body) >= GZIP_FROM_BYTES and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        body = gzipped(body)
        headers += [("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding")]
    headers.append(("Content-Length", str(len(body))))
    start_response(_STATUS[reply.status], headers)
    return (body,)
