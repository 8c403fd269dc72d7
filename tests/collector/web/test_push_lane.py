from __future__ import annotations

import gzip

import pytest

from wakeful_collector.ingest.answers import Reply
from wakeful_collector.web import push_lane
from wakeful_collector.web.push_lane import BODY_BYTES_MAX, LaneRequest, read_request, render

HEAD = (
    b"POST /api/v1/push HTTP/1.1\r\nHost: x\r\nUser-Agent: wakeful-agent/1\r\nAuthorization: Bearer t\r\n"
    b"Content-Type: application/json\r\nContent-Encoding: gzip\r\nAccept-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
)


BODY = (1).to_bytes(4, "little")
"""As short as a body can be: a gzip member's end says that one byte was packed."""


def test_what_is_large_once_inflated_is_left_to_a_thread() -> None:
    assert read_request(HEAD + push_lane.INFLATED_BYTES_MAX.to_bytes(4, "little")) is not None
    assert read_request(HEAD + (push_lane.INFLATED_BYTES_MAX + 1).to_bytes(4, "little")) is None
    plain = HEAD.replace(b"Content-Encoding: gzip\r\n", b"")
    assert read_request(plain + b"\xff\xff\xff\xff") is not None


def test_a_plain_push_is_read() -> None:
    assert read_request(HEAD + BODY) == LaneRequest("Bearer t", "gzip", True, BODY)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        HEAD,
        HEAD[:50],
        HEAD + b"bod",
        HEAD + BODY + b" and more",
        HEAD.replace(b"POST", b"GET") + BODY,
        HEAD.replace(b"HTTP/1.1", b"HTTP/1.0") + BODY,
        HEAD.replace(b"/push", b"/push?x=1") + BODY,
        HEAD.replace(b"Host: x\r\n", b"") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\r\nHost: y") + BODY,
        HEAD.replace(b"Host: x", b"Host : x") + BODY,
        HEAD.replace(b"Host: x", b"Host:x") + BODY,
        HEAD.replace(b"Host: x", b"Host: \xff") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\nTransfer-Encoding: chunked") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\rConnection: close") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\r\n folded") + BODY,
        HEAD.replace(b"Content-Length: 4", b"Content-Length: +4") + BODY,
        HEAD.replace(b"Content-Length: 4", b"Content-Length: 4\r\nContent-Length: 4") + BODY,
        HEAD.replace(b"Content-Length: 4", b"Content-Length: 4\r\nTransfer-Encoding: chunked") + BODY,
        HEAD.replace(b"Content-Length: 4", b"Transfer-Encoding: chunked") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\r\nConnection: close") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\r\nExpect: 100-continue") + BODY,
        HEAD.replace(b"Host: x", b"Host: x\r\nX-Forwarded-For: 1.2.3.4") + BODY,
        HEAD.replace(b"Bearer t", b"Bearer \x01") + BODY,
        HEAD.replace(b": 4", b": %d" % (BODY_BYTES_MAX + 1)) + bytes(BODY_BYTES_MAX + 1),
    ],
)
def test_whatever_is_not_plain_is_left_to_the_general_parser(data: bytes) -> None:
    assert read_request(data) is None


def test_an_answer_keeps_the_connection() -> None:
    content = render(Reply(200, b'{"sequence":1}'), False, 1_795_000_000_000)
    head, _, body = content.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nDate: Wed, 18 Nov 2026 11:06:40 GMT\r\nConnection: keep-alive\r\n")
    assert b"Content-Length: 14" in head
    assert body == b'{"sequence":1}'


def test_a_refusal_says_when_to_come_again_and_how_to_sign_in() -> None:
    assert b"Retry-After: 7\r\n" in render(Reply(429, b"{}", 7), False, 0)
    assert b"WWW-Authenticate: Bearer\r\n" in render(Reply(401, b"{}"), False, 0)


def test_a_long_answer_is_packed_for_who_takes_it() -> None:
    long = Reply(200, b"x" * 5_000)
    head, _, body = render(long, True, 0).partition(b"\r\n\r\n")
    assert b"Content-Encoding: gzip" in head
    assert gzip.decompress(body) == long.body
    assert b"Content-Encoding" not in render(long, False, 0)
