"""Which headers go through: the client's to the upstream, the upstream's to the client."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_HOPS = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""What is meant for the next machine only (RFC 9110, 7.6.1)."""

_OURS = frozenset(
    (
        "authorization",
        "content-length",
        "cookie",
        "expect",
        "forwarded",
        "host",
        "origin",
        "referer",
        "x-api-key",
        "x-csrf-token",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-real-ip",
    )
)
"""What was said to us: who asks, by which name, from which page. A foreign Host or Origin is refused by Ollama."""

_NOT_FOR_CLIENTS = frozenset(
    (
        "accept-ch",
        "alt-svc",
        "clear-site-data",
        "content-security-policy",
        "date",
        "nel",
        "report-to",
        "reporting-endpoints",
        "server",
        "service-worker-allowed",
        "set-cookie",
        "strict-transport-security",
        "x-content-type-options",
        "x-lighttpd-send-file",
        "x-sendfile",
        "x-sendfile2",
    )
)
"""What would speak for the collector: no upstream rules over its cookies, its pages, or the files of a web server
before it."""

_NOT_FOR_CLIENTS_BEGIN = ("wakeful-", "x-accel-")
"""Our own word for the machine's state, and orders to an nginx before the collector."""

_VALUE = re.compile(r"[ \t\x21-\x7e\x80-\xff]*")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_LENGTH = re.compile(r"[0-9]{1,18}")


def request_headers(environ: Mapping[str, Any], host: str, upstream_key: str) -> dict[str, str]:
    """Return the headers for the upstream at `host`; `upstream_key` is the upstream's own, empty for none."""
    named = {item.strip().lower() for item in environ.get("HTTP_CONNECTION", "").split(",")}
    dropped = _HOPS | _OURS | named
    headers = {"Host": host}
    for key, value in environ.items():
        name = key[5:].replace("_", "-").lower()
        if key.startswith("HTTP_") and name not in dropped and not name.startswith("wakeful-"):
            headers[name.title()] = value
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    if upstream_key:
        headers["Authorization"] = f"Bearer {upstream_key}"
    return headers


def answer_headers(headers: Iterable[tuple[str, str]], prefix: str, url: str) -> list[tuple[str, str]]:
    """Return an upstream's headers for the client; a redirect to the upstream itself leads through `prefix`.

    What is no header, or would break the answer's frame, is left out: the server would refuse the whole answer.
    """
    listed = [(name, _line(value)) for name, value in headers]
    dropped = set(_HOPS | _NOT_FOR_CLIENTS)
    for name, value in listed:
        if name.lower() == "connection":
            dropped |= {item.strip().lower() for item in value.split(",")}
    length = length_of(listed)
    dropped.add("content-length")
    kept = [(name, value) for name, value in listed if name.lower() not in dropped and _is_fit(name, value)]
    kept += [("Content-Length", length)] if length else []
    return [(name, _led(value, prefix, url) if name.lower() == "location" else value) for name, value in kept]


def length_of(headers: Iterable[tuple[str, str]]) -> str:
    """Return the one length that an answer's headers say its body has; empty where they say none that holds."""
    found = [(name.lower(), value.strip()) for name, value in headers]
    lengths = {item.strip() for name, value in found if name == "content-length" for item in value.split(",")}
    if len(lengths) != 1 or any(name == "transfer-encoding" for name, _ in found):
        return ""
    length = lengths.pop()
    return length if _LENGTH.fullmatch(length) else ""


def _is_fit(name: str, value: str) -> bool:
    is_ours = name.lower().startswith(_NOT_FOR_CLIENTS_BEGIN)
    return not is_ours and bool(_NAME.fullmatch(name) and _VALUE.fullmatch(value))


def _line(value: str) -> str:
    return value.replace("\r", " ").replace("\n", " ")


def _led(location: str, prefix: str, url: str) -> str:
    parts, own = urlsplit(location), urlsplit(url)
    if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        return location
    if not parts.path.startswith("/"):
        return location
    return prefix + parts.path + (f"?{parts.query}" if parts.query else "")
