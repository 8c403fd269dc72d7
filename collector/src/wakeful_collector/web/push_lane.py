"""A push as bytes on a kept-alive connection: read when it is as plain as agents send it, answered without ceremony."""

from __future__ import annotations

from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.web.agent_api_http import GZIP_FROM_BYTES, gzipped

if TYPE_CHECKING:
    from wakeful_collector.ingest.answers import Reply

BODY_BYTES_MAX = 32 * 1024
INFLATED_BYTES_MAX = 256 * 1024
"""What is larger once inflated is read by a thread: the event loop must not wait for it."""

_REQUEST_LINE = b"POST /api/v1/push HTTP/1.1"
_PLAIN = frozenset((b"host", b"user-agent", b"accept", b"content-type"))
_READ = frozenset((b"authorization", b"content-encoding", b"content-length", b"connection", b"accept-encoding"))
_STATUS_LINE = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode("ascii") for status in HTTPStatus}
_FIXED = (
    b"Connection: keep-alive\r\nContent-Type: application/json\r\nCache-Control: no-store\r\n"
    b"X-Content-Type-Options: nosniff\r\n"
)
_date: tuple[int, bytes] = (0, b"")


class LaneRequest(NamedTuple):
    """A whole push request."""

    authorization: str
    encoding: str
    takes_gzip: bool
    body: bytes


def read_request(data: bytes) -> LaneRequest | None:
    """Return the push that `data` is, from its first byte to its last.

    None for everything a general HTTP parser should look at: another request, half a one, two of them, a header that
    agents do not send, one said twice, a transfer coding, any oddity.
    """
    head, found, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    if not found or lines[0] != _REQUEST_LINE:
        return None
    if head.count(b"\n") != len(lines) - 1 or head.count(b"\r") != len(lines) - 1:  # others may see more lines in it
        return None
    said: dict[bytes, bytes] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(b": ")
        name = name.lower()
        if not colon or name in said or (name not in _READ and name not in _PLAIN) or not value.isascii():
            return None
        said[name] = value
    length = said.get(b"content-length", b"")
    # A gzip member ends with the size of its content (RFC 1952); the door inflates no more than that bound anyway.
    inflated = int.from_bytes(body[-4:], "little") if said.get(b"content-encoding") else len(body)
    plain = (
        length.isdigit()
        and len(length) <= 6
        and int(length) == len(body) <= BODY_BYTES_MAX
        and said.get(b"connection", b"keep-alive").lower() == b"keep-alive"
        and b"host" in said
        and inflated <= INFLATED_BYTES_MAX
        and all(0x20 <= byte < 0x7F for byte in said.get(b"authorization", b""))
    )
    if not plain:
        return None
    return LaneRequest(
        said.get(b"authorization", b"").decode("ascii"),
        said.get(b"content-encoding", b"").decode("ascii"),
        b"gzip" in said.get(b"accept-encoding", b""),
        body,
    )


def render(reply: Reply, takes_gzip: bool, now_ms: int) -> bytes:
    """Return the bytes of an answer that keeps the connection."""
    body = reply.body
    extra = b""
    if reply.retry_seconds:
        extra += b"Retry-After: %d\r\n" % reply.retry_seconds
    if reply.status == HTTPStatus.UNAUTHORIZED:
        extra += b"WWW-Authenticate: Bearer\r\n"
    if takes_gzip and len(body) >= GZIP_FROM_BYTES:
        body = gzipped(body)
        extra += b"Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n"
    return b"".join(
        (
            _STATUS_LINE[reply.status],
            _date_line(now_ms // 1000),
            _FIXED,
            extra,
            b"Content-Length: %d\r\n\r\n" % len(body),
            body,
        )
    )


def _date_line(second: int) -> bytes:
    global _date  # noqa: PLW0603 - one line a second, shared by all answers
    if _date[0] != second:
        _date = (second, f"Date: {formatdate(second, usegmt=True)}\r\n".encode("ascii"))
    return _date[1]
