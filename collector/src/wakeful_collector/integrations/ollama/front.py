"""The door of the gateway, before the pages: a WSGI application that answers `/ollama` and hands on everything else."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import addressing, leasing, permitting, sealed, seen, settings
from wakeful_collector.integrations.ollama.bodies import Body, ClientGone, Peeked
from wakeful_collector.integrations.ollama.callers import Callers
from wakeful_collector.integrations.ollama.conversation import Asked, Conversation
from wakeful_collector.integrations.ollama.dialects import Form, Refusal, Shape, dialect_of, form_of
from wakeful_collector.integrations.ollama.forwarding import answer_headers, request_headers
from wakeful_collector.integrations.ollama.hangups import Hangups
from wakeful_collector.integrations.ollama.idle_connections import IdleConnections
from wakeful_collector.integrations.ollama.reply import Reply
from wakeful_collector.integrations.ollama.states import SERVING, State
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import gateway
from wakeful_collector.web.kit import CROWDED, BrokenOff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integration import AddressOf, Application
    from wakeful_collector.integrations.ollama.addressing import Place
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_machines import MachineRow

log = logging.getLogger("wakeful.gateway")

CROWDED_SECONDS = 5
BUSY_SECONDS = 5
NOTHING = "there is no default machine; name one as in /ollama/MACHINE, or set one up at /integrations/ollama"


class _Names:
    """The machines' names, as something a name can be in; `row` is the machine that was found last."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.row: MachineRow | None = None

    def __contains__(self, name: object) -> bool:
        self.row = gateway.machine(self._data, str(name))
        return self.row is not None

    def default(self) -> MachineRow | None:
        """Return the machine that is meant where none is named."""
        name = gateway.default_name(self._data)
        return None if name is None else gateway.machine(self._data, name)


class Front:
    """Answers for the gateway."""

    def __init__(self, settings: Settings, application: Application, address_of: AddressOf) -> None:
        self.settings = settings
        self.data = settings.data
        self.application = application
        self._callers = Callers(settings, application, address_of)
        self._hangups = Hangups()
        self._idle = IdleConnections()
        self._counts = seen.Counts()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer a WSGI request; the answer begins when it is iterated over."""
        if not addressing.is_ours(environ["PATH_INFO"]):
            return self.application(environ, start_response)
        return self._answer(environ, start_response)

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        reply = Reply(start_response, Shape(dialect_of(""), Form.OTHER))
        try:
            names = _Names(self.data)
            place = addressing.place_of(environ, names)
            reply.shape = Shape(dialect_of(place.path), Form.OTHER)
            yield from self._admitted(environ, place, names, reply)
        except Refusal as refusal:
            yield reply.refuse(refusal)
        except StoreError as error:
            log.warning("a request to the gateway could not be written down: %s", error)
            yield reply.refuse(Refusal(503, "store", "the collector cannot write to its disk now", BUSY_SECONDS))
        except ClientGone as gone:
            raise BrokenOff(str(gone)) from None
        except (BrokenOff, GeneratorExit):
            raise
        except Exception:
            log.exception("a request to the gateway failed")
            yield reply.refuse(Refusal(500, "internal", "the collector could not answer this; its log says why"))

    def _admitted(self, environ: dict[str, Any], place: Place, names: _Names, reply: Reply) -> Iterator[bytes]:
        at_ms, began = clock.now_ms(), clock.monotonic_seconds()
        caller = self._callers.admit(environ, at_ms)
        row = names.row or names.default()
        if row is None:
            raise Refusal(404, "no_machine", NOTHING)
        machine = settings.made(row)
        _check_way(environ)
        if environ.get(CROWDED):
            said = "too many requests are under way in this process of the collector"
            raise Refusal(503, "full", said, CROWDED_SECONDS)
        key = sealed.upstream_key(self.data, machine.name) if row.sealed else ""
        if seen.is_polled(environ["REQUEST_METHOD"], place.path):
            yield self._polled(environ, place, machine, key, reply)
            return
        body = Body(environ)
        asked = Asked(environ, place, caller, machine, body, "", key, at_ms, began)
        try:
            yield from self._served(asked, reply)
        finally:
            body.close()

    def _served(self, asked: Asked, reply: Reply) -> Iterator[bytes]:
        """Yield what the machine answers, once it is awake and it is this request's turn."""
        try:
            asked, form = self._looked_into(asked)
            name = asked.caller.name
            note = f"{asked.method} {asked.place.path} from {asked.caller.address}"
            ticket = leasing.desk(self.data).enter(asked.machine, name, name, note, asked.model, asked.at_ms)
        except leasing.Refused as refused:
            leasing.record(self.data, asked.row(refused.status, refused.code))
            raise Refusal(refused.status, refused.code, refused.message, refused.retry_seconds) from None
        except Refusal as refusal:
            if refusal.code == "forbidden":
                leasing.record(self.data, asked.row(refusal.status, refusal.code))
            raise
        reply.shape = reply.shape._replace(form=form)
        with ticket:  # whatever happens before the conversation looks after it: a lost one is renewed for ever
            conversation = Conversation(self.data, asked, ticket, reply, self._idle)
            with self._hangups.watched(asked.environ.get("gunicorn.socket"), conversation.gone):
                yield from conversation.run()

    def _looked_into(self, asked: Asked) -> tuple[Asked, Form]:
        """Return the request with its model's name, and what its answer will consist of."""
        method, path = asked.method, asked.place.path
        peeked = asked.body.peek() if _says_model(asked) else Peeked()
        limit = gateway.limit(self.data, asked.caller.name)
        asked = replace(asked, model=peeked.model)
        if limit.models:
            model = permitting.check(method, path, asked.environ, asked.body, limit.permits)
            asked = replace(asked, model=model)
        return asked, form_of(method, path, peeked.stream) if peeked.is_known else Form.OTHER

    def _polled(self, environ: dict[str, Any], place: Place, machine: Machine, key: str, reply: Reply) -> bytes:
        """Return an answer that takes no lease: the machine's own where it is awake, else what it said last."""
        method, now_ms = environ["REQUEST_METHOD"], clock.now_ms()
        row = gateway.state(self.data, machine.name)
        reply.state = State.ASLEEP if row is None else row.state
        live = None
        if reply.state in SERVING:
            headers = {**request_headers(environ, "", key), "Accept-Encoding": "identity"}
            live = seen.live(machine.url, method, place.target, headers, machine.fingerprint)
        said = live or seen.last(self.data, machine.name, place.path, now_ms)
        try:
            if live is None:
                self._counts.add(self.data, machine.name)
            elif place.target == place.path:
                seen.remember(self.data, machine.name, place.path, live)
        except StoreError as error:
            log.warning("what a machine said could not be kept: %s", error)
        return _told(said, method, place, machine, reply)


def create(settings: Settings, application: Application, address_of: AddressOf) -> Application:
    """Return the application that answers for the gateway and hands everything else to `application`."""
    return Front(settings, application, address_of)


def _check_way(environ: dict[str, Any]) -> None:
    """Raise Refusal for what cannot be passed on: an echo, which would show the upstream's key; a tunnel; packing."""
    method, packing = environ["REQUEST_METHOD"], environ.get("HTTP_TRANSFER_ENCODING", "")
    if method in {"TRACE", "CONNECT"}:
        raise Refusal(501, "not_passed_on", f"the method {method} is not passed on")
    if packing.lower() not in {"", "chunked"}:
        raise Refusal(501, "not_passed_on", "of transfer codings, only chunked is understood here")


def _says_model(asked: Asked) -> bool:
    """Tell whether the body is JSON that may say a model and whether to stream; a blob or a recording is not."""
    path = asked.place.path
    if asked.method not in {"POST", "DELETE"} or asked.environ.get("CONTENT_TYPE", "").startswith("multipart/"):
        return False
    is_raw = path.startswith(("/api/blobs/", "/v1/audio/"))
    return path.startswith(("/api/", "/v1/")) and not is_raw


def _told(said: seen.Said, method: str, place: Place, machine: Machine, reply: Reply) -> bytes:
    if said.is_live:
        headers = answer_headers(said.headers, place.prefix, machine.url)
    else:
        headers = [("Content-Type", said.content_type), ("Cache-Control", "no-store")]
        headers += [("Wakeful-Seen", clock.rfc3339(said.at_ms))] if said.at_ms else []
    if method != "HEAD" or not said.is_live:
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        headers.append(("Content-Length", str(len(said.body))))
    reply.begin(said.status, headers)
    return b"" if method == "HEAD" else said.body
