"""What stands before and behind every request: host names, sizes, and the headers that keep browsers on our side."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, request
from isal import igzip

from wakeful_collector.web.kit_errors import error_answer, too_large
from wakeful_collector.web.kit_state import is_secure, settings

if TYPE_CHECKING:
    from wakeful_collector.config import Settings

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_ANY = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_OPEN_PATHS = ("/healthz", "/readyz")
_QUERY_CHARACTERS_MAX = 8_192
_GZIP_BYTES_MIN = 1_024
_TEXT_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml")

POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def register(app: Flask) -> None:
    """Guard every request of `app`."""
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = settings_of(app).body_bytes_max
    app.config["MAX_FORM_PARTS"] = 100
    app.before_request(_check_host)
    app.before_request(_check_bounds)
    app.after_request(_finish)


def settings_of(app: Flask) -> Settings:
    """Return the settings of `app` outside of a request."""
    with app.app_context():
        return settings()


def allowed(host: str, known: Settings) -> bool:
    """Tell whether the collector answers to the `Host` header `host`: DNS rebinding needs a name that it does not have.

    An address is no name: where the collector listens on all addresses, it answers to each of them.
    """
    name = host_name(host)
    if name is None:
        return False
    listens = known.listen_host().lower()
    names = {*LOOPBACK_NAMES, listens, *(item.lower() for item in known.hosts_allowed)}
    if known.public_url:
        names.add(urlsplit(known.public_url).hostname or "")
    if listens in _ANY:
        names.add(socket.gethostname().lower())
    return name in names or (listens in _ANY and _is_address(name))


def host_name(host: str) -> str | None:
    """Return the name in a `Host` header in lower case, without port, dot or brackets; None when it is none."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if name is None or parts.netloc != host or "@" in host:
        return None
    return name.rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _check_host() -> Response | None:
    host = request.headers.get("Host", "")
    if request.path in _OPEN_PATHS or allowed(host, settings()):
        return None
    message = (
        f"this collector does not answer to the host name {(host_name(host) or 'given')[:100]!r}; if it should, add the"
        " name to hosts_allowed in collector.toml (or WAKEFUL_HOSTS_ALLOWED) and start the collector again"
    )
    return error_answer(421, "host_not_allowed", message)


def _check_bounds() -> Response | None:
    if len(request.query_string) > _QUERY_CHARACTERS_MAX:
        return error_answer(400, "too_long", f"the query has more than {_QUERY_CHARACTERS_MAX} characters")
    if (request.content_length or 0) > settings().body_bytes_max:
        return error_answer(413, "too_large", too_large(settings().body_bytes_max))
    return None


def _finish(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if is_secure():
        answer.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.endpoint is not None and request.endpoint.rpartition(".")[2] == "static":
        versioned = "v" in request.args and answer.status_code < 400
        answer.headers["Cache-Control"] = "public, max-age=31536000, immutable" if versioned else "no-cache"
    return _packed(answer)


def _packed(answer: Response) -> Response:
    if not (answer.mimetype or "").startswith(_TEXT_TYPES) or answer.status_code in {204, 206, 304}:
        return answer
    answer.vary.add("Accept-Encoding")
    if "Content-Encoding" in answer.headers or not request.accept_encodings["gzip"] or request.method == "HEAD":
        return answer
    answer.direct_passthrough = False
    body = answer.get_data()
    if len(body) >= _GZIP_BYTES_MIN:
        answer.set_data(igzip.compress(body, compresslevel=2))
        answer.headers["Content-Encoding"] = "gzip"
        tag, _ = answer.get_etag()
        if tag is not None:
            answer.set_etag(tag, weak=True)
    return answer
