"""The door for /gateway/ollama/: what older clients send made into Ollama's own requests, and handed to the gateway.

They post to five routes, stream only when they say so, and read errors under `detail`. Everything else is the
gateway's: waking, waiting, streaming, limits.
"""

from __future__ import annotations

import io
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from wakeful_collector import clock
from wakeful_collector.accounts import keys
from wakeful_collector.integrations.ollama import bodies, settings
from wakeful_collector.integrations.ollama import compat_words as words
from wakeful_collector.integrations.ollama.compat_claims import sign_of_life
from wakeful_collector.integrations.ollama.environment import KEY_CHARACTERS_MAX
from wakeful_collector.integrations.ollama.reply import phrase
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import gateway
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from wakeful_collector.accounts import Principal
    from wakeful_collector.config import Settings
    from wakeful_collector.integration import AddressOf, Application, Environ

log = logging.getLogger("wakeful.gateway")

PREFIX = "/gateway/ollama/"
BODY_BYTES_MAX = 64 * 1024 * 1024
"""Requests carry pictures; files travel by the gateway's own door."""

ERROR_BYTES_MAX = 64 * 1024
SCOPE = "gateway"


_KEPT = frozenset({"wakeful-state", "retry-after", "x-should-retry", "www-authenticate"})


class Route(NamedTuple):
    """What a route means: the method and path there, fields a body must have, and whether it streams unless told."""

    method: str
    path: str
    required: tuple[str, ...]
    stream: bool | None = None


ROUTES = {
    "generate": Route("POST", "/api/generate", ("model", "prompt"), False),
    "chat": Route("POST", "/api/chat", ("model", "messages"), False),
    "pull": Route("POST", "/api/pull", ("name",), True),
    "delete": Route("DELETE", "/api/delete", ("name",)),
    "show": Route("POST", "/api/show", ("name",)),
}


class Unfit(Exception):
    """A request that is answered here: `document` with `status`."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        super().__init__(str(document))
        self.status = status
        self.document = document


def create(chosen: Settings, application: Application, address_of: AddressOf) -> Application:
    """Return an application that answers for the older routes through `application`, and hands on everything else."""

    def answer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        if not str(environ.get("PATH_INFO", "")).startswith(PREFIX):
            return application(environ, start_response)
        return told(environ, start_response)

    def told(environ: Environ, start_response: Any) -> Iterator[bytes]:
        try:
            _check_door(chosen, environ)
            route = _route(str(environ["PATH_INFO"]).removeprefix(PREFIX), str(environ.get("REQUEST_METHOD", "")))
            address = address_of(environ)
            machine = _machine(chosen, _principal(chosen, environ, address), address)
            with bodies.held(_length(environ)) as has_room:
                body = _body(environ, route, has_room)
                inner = _made(environ, f"/ollama/{machine}{route.path}", route, body)
                yield from _Answer(start_response, route, str(body.get("name") or body.get("model"))).of(
                    application, inner
                )
        except Unfit as unfit:
            yield from _said(start_response, unfit.status, unfit.document)
        except StoreError as error:  # the gateway behind tells its own
            log.warning("a request of an older client could not be let in: %s", error)
            yield from _said(start_response, 503, {"detail": "the collector cannot write to its disk now"})

    return answer


def _check_door(chosen: Settings, environ: Environ) -> None:
    host = str(environ.get("HTTP_HOST", ""))
    if not kit.host_allowed(host, chosen):
        raise Unfit(421, {"detail": f"this collector does not answer to the host name {host[:100]!r} (hosts_allowed)"})
    if environ.get(kit.CROWDED):
        raise Unfit(503, {"detail": "too many requests are under way in this process of the collector"})


def _route(name: str, method: str) -> Route:
    route = ROUTES.get(name)
    if route is None:
        raise Unfit(404, {"detail": "Not Found"})
    if method != "POST":
        raise Unfit(405, {"detail": "Method Not Allowed"})
    return route


def _principal(chosen: Settings, environ: Environ, address: str) -> Principal:
    """Return who asks, before anything of the body is read."""
    bearer = str(environ.get("HTTP_AUTHORIZATION", ""))
    key = bearer[7:].strip() if bearer[:7].lower() == "bearer " else str(environ.get("HTTP_X_API_KEY", ""))
    found = keys.principal_of_key(chosen.data, key[:KEY_CHARACTERS_MAX], address, clock.now_ms())
    if found is None:
        raise Unfit(401, {"detail": "Invalid or missing API Key"})
    if not found.may(SCOPE):
        raise Unfit(403, {"detail": f"this needs the scope {SCOPE}"})
    return found


def _machine(chosen: Settings, principal: Principal, address: str) -> str:
    name = gateway.default_name(chosen.data)
    machine = None if name is None else settings.machine(chosen.data, name)
    if machine is None:
        raise Unfit(404, {"detail": "no machine is the default one"})
    sign_of_life(chosen.data, machine, principal.name, address, clock.now_ms())
    return machine.name


def _body(environ: Environ, route: Route, has_room: bool) -> dict[str, Any]:
    """Return the request's body as Ollama is to be sent it."""
    if not has_room:
        raise Unfit(503, {"detail": "the collector holds too many large requests at this moment"})
    raw = environ["wsgi.input"].read(_length(environ))
    if len(raw) > BODY_BYTES_MAX:
        raise Unfit(413, {"detail": f"the body has more than {BODY_BYTES_MAX} bytes"})
    try:
        body = msgspec.json.decode(raw)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Unfit(422, {"detail": [{"type": "json_invalid", "loc": ["body"], "msg": "JSON decode error"}]})
    if "name" in route.required and not body.get("name") and body.get("model"):
        body["name"] = body["model"]
    lacking = [name for name in route.required if name not in body]
    if lacking:
        raise Unfit(422, words.missing(*lacking))
    if "name" in route.required:
        body.setdefault("model", body["name"])
    if route.stream is not None:
        body.setdefault("stream", route.stream)
    return body


def _length(environ: Environ) -> int:
    text = str(environ.get("CONTENT_LENGTH") or "")
    if not text:
        return BODY_BYTES_MAX + 1 if environ.get("wsgi.input_terminated") else 0
    length = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else BODY_BYTES_MAX + 1
    if length > BODY_BYTES_MAX:
        raise Unfit(413, {"detail": f"the body has more than {BODY_BYTES_MAX} bytes"})
    return length


def _made(environ: Environ, path: str, route: Route, body: dict[str, Any]) -> Environ:
    raw = msgspec.json.encode(body)
    inner = {name: value for name, value in environ.items() if name not in {"HTTP_TRANSFER_ENCODING", "HTTP_EXPECT"}}
    return inner | {
        "PATH_INFO": path,
        "RAW_URI": path,
        "QUERY_STRING": "",
        "REQUEST_METHOD": route.method,
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(raw)),
        "wsgi.input": io.BytesIO(raw),
        "wsgi.input_terminated": True,
    }


class _Answer:
    """One answer on its way: what worked is passed on as it comes, what did not is told as older clients read it."""

    def __init__(self, start_response: Any, route: Route, model: str) -> None:
        self._start = start_response
        self._route = route
        self._model = model
        self._held: tuple[int, list[tuple[str, str]]] | None = None

    def of(self, application: Application, inner: Environ) -> Iterator[bytes]:
        """Yield the answer of `application`, and close it whatever happens."""
        result = application(inner, self._begin)
        gathered = b""
        try:
            for chunk in result:
                if self._held is None:
                    yield chunk
                else:
                    gathered += chunk[: ERROR_BYTES_MAX - len(gathered)]
        finally:
            close = getattr(result, "close", None)
            if close is not None:
                close()
        if self._held is not None:
            status, headers = self._held
            yield from _said(self._start, *self._told(status, gathered), headers)

    def _begin(self, status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        code = int(status[:3])
        if code >= HTTPStatus.BAD_REQUEST or self._route.method == "DELETE":
            self._held = code, headers
            return None
        return self._start(status, headers, *more)

    def _told(self, status: int, body: bytes) -> tuple[int, dict[str, Any]]:
        error = _error(body)
        if status < HTTPStatus.BAD_REQUEST and error is None:
            return 200, {"success": True, "mensaje": f"The model '{self._model}' was deleted"}
        # A status of 200 with an error in the body: it was sent to keep the connection while the machine woke.
        status = status if status >= HTTPStatus.BAD_REQUEST else HTTPStatus.SERVICE_UNAVAILABLE
        return status, {"detail": error or body.decode("utf-8", "replace").strip() or phrase(status)}


def _error(body: bytes) -> str | None:
    try:
        document = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        return None
    said = document.get("error") if isinstance(document, dict) else None
    return said if isinstance(said, str) else None


def _said(
    start_response: Any, status: int, document: dict[str, Any], headers: Iterable[tuple[str, str]] = ()
) -> list[bytes]:
    body = msgspec.json.encode(document) + b"\n"
    kept = [one for one in headers if one[0].lower() in _KEPT]
    kept += [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
    kept += [("X-Content-Type-Options", "nosniff")]
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        kept.append(("Allow", "POST"))
    start_response(f"{status} {phrase(status)}", kept)
    return [body]
