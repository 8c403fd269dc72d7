from __future__ import annotations

import pytest

from wakeful_agent.network.response import BadResponse, Reader, Response, read_response, read_tunnel


def reader_of(content: bytes, step: int = 7) -> Reader:
    blocks = [content[place : place + step] for place in range(0, len(content), step)]
    return Reader(lambda: blocks.pop(0) if blocks else b"")


@pytest.mark.parametrize("step", [1, 3, 1000])
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", (200, b"hi", True)),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi", (200, b"hi", False)),
        (b"HTTP/1.0 200 OK\nContent-Length: 2\n\nhi", (200, b"hi", False)),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 0\r\n\r\n", (200, b"", True)),
        (b"HTTP/1.1 204 No\r\n\r\n", (204, b"", True)),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", (503, b"", True)),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
            (200, b"abc0123456789", True),
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", (200, b"to the end", False)),
    ],
)
def test_an_answer_is_read(content: bytes, expected: tuple[int, bytes, bool], step: int) -> None:
    response = read_response(reader_of(content, step))
    assert (response.status, response.body, response.keep) == expected


def test_headers_are_lower_case() -> None:
    assert read_response(reader_of(b"HTTP/1.1 204 x\r\nRetry-After:  5 \r\n\r\n")) == Response(
        204, {"retry-after": "5"}, b"", True
    )


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"HTTP/1.1 200",
        b"SSH-2.0-x\r\n",
        b"HTTP/1.1 2x0 OK\r\n",
        b"HTTP/1.1 20\r\n",
        HEAD + b"nocolon\r\n\r\n",
        HEAD + b"X: " + b"y" * 9000 + b"\r\n\r\n",
        HEAD + b"y" * 30000,
        HEAD + b"X: y\r\n" * 101 + b"\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999\r\n\r\n",
        HEAD + b"Content-Length: 2000000\r\n\r\n",
        HEAD + b"Content-Length: 5\r\n\r\nabc",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nFFFFFF\r\n",
        HEAD + b"\r\n" + b"x" * 1_100_000,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 11,
    ],
)
@pytest.mark.parametrize("step", [1000, 100_000])
def test_what_is_no_bounded_answer_is_refused(content: bytes, step: int) -> None:
    with pytest.raises(BadResponse):
        read_response(reader_of(content, step))


def test_chunks_are_bounded_together() -> None:
    chunk = b"80000\r\n" + b"x" * 0x80000 + b"\r\n"
    with pytest.raises(BadResponse, match="more than"):
        read_response(reader_of(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 3, 65_536))


def test_a_proxys_yes_has_no_body() -> None:
    reader = reader_of(b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", 1)
    assert read_tunnel(reader) == 200
    assert reader.started


def test_cookies_are_kept_apart() -> None:
    answer = b"HTTP/1.1 204 No\r\nSet-Cookie: a=1; path=/\r\nset-cookie: b=2\r\nX-One: 1\r\nX-One: 2\r\n\r\n"
    parts = [answer]
    response = read_response(Reader(lambda: parts.pop() if parts else b""))
    assert response.headers["set-cookie"] == "a=1; path=/\nb=2"
    assert response.headers["x-one"] == "2"
