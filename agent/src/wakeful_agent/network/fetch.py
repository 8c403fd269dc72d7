"""One HTTP request and its whole answer: http, https, or over a unix socket; bounded in time and size."""

from __future__ import annotations

from time import monotonic

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.place import Place, Url, join, parse_url
from wakeful_agent.network.response import BadResponse, Reader, read_response
from wakeful_wire import __version__
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping

BODY_BYTES_MAX = 4 * 1024 * 1024
_MOVED = {301, 302, 303, 307, 308}
_OWN = {"host", "user-agent", "connection", "content-length"}


class Fetched(NamedTuple):
    """An answer: header names in lower case, the time it took, and when the certificate ends (https only)."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float
    certificate_expires_ms: int | None = None


def fetch(  # noqa: PLR0913 - what a request can have, all but the URL by name
    url: str,
    *,
    socket_path: str | None = None,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    timeout_seconds: float = 10.0,
    most: int = BODY_BYTES_MAX,
    ca_file: str | None = None,
    fingerprint: str | None = None,
    redirects: int = 0,
) -> Fetched:
    """Ask for `url` (over the unix socket `socket_path`, where the URL's host is only a name) and return the answer.

    Certificates are always verified. At most `redirects` are followed, and `headers` are not told to another place.
    Raises Absent, Denied, Late, Malformed (no HTTP, or a body of more than `most` bytes) or HostError.
    """
    begun = monotonic()
    place = parse_url(url)
    told = dict(headers or {})
    while True:
        left = timeout_seconds - (monotonic() - begun)
        end = Place("unix", path=socket_path) if socket_path else Place("tcp", place.host, place.port)
        dialogue = Dialogue(end, max(left, 0.001), place.scheme == "https" and not socket_path, ca_file, fingerprint)
        with dialogue:
            dialogue.send(request_of(place, method, told, body))
            found = _read(dialogue, method, most)
        if found.status not in _MOVED or redirects <= 0 or socket_path or "location" not in found.headers:
            return found._replace(seconds=monotonic() - begun)
        redirects -= 1
        before, place = place, join(place, found.headers["location"])
        if (before.scheme, before.host, before.port) != (place.scheme, place.host, place.port):
            told = {}
        if found.status in {301, 302, 303} and method != "HEAD":
            method, body = "GET", b""


def _read(dialogue: Dialogue, method: str, most: int) -> Fetched:
    try:
        response = read_response(Reader(dialogue.some, most), method == "HEAD")
    except BadResponse as error:
        raise Malformed(f"{dialogue.place.text}: {error}") from None
    return Fetched(response.status, response.headers, response.body, 0.0, dialogue.certificate_expires_ms)


def request_of(url: Url, method: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """Return a request as it is sent; raise HostError when a header holds what none can hold."""
    lines = [
        f"{method} {url.target} HTTP/1.1",
        f"Host: {url.authority}",
        f"User-Agent: wakeful-agent/{__version__}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items() if name.lower() not in _OWN),
    ]
    if body or method in {"POST", "PUT"}:
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line or not line.isascii() for line in lines):
        raise HostError("a header of the request holds what no header can hold")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body
