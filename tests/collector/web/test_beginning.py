"""What of a request must be there before a thread sees it."""

from __future__ import annotations

import pytest

from wakeful_collector.web.beginning import BODY_BYTES_MAX, HEAD_BYTES_MAX, Beginning

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


def post(length: int, more: bytes = b"") -> bytes:
    return b"POST /sign-in HTTP/1.1\r\nHost: x\r\ncontent-LENGTH: %d\r\n%s\r\n" % (length, more)


@pytest.mark.parametrize("request_", [GET, post(5) + b"12345", post(0), GET + GET, post(3) + b"123GET /next HT"])
def test_a_request_is_whole_with_its_last_byte_and_not_before(request_: bytes) -> None:
    needed = (
        len(GET) if request_.startswith(GET) else request_.index(b"\r\n\r\n") + 4 + int(request_.split(b"H: ")[1][:1])
    )
    begun = Beginning(request_[:1])
    for at in range(1, needed):
        assert not begun.is_whole(), request_[:at]
        begun.add(request_[at : at + 1])
    assert begun.is_whole()
    assert Beginning(request_).is_whole()


@pytest.mark.parametrize(
    "head",
    [
        post(BODY_BYTES_MAX + 1),
        post(5, b"Content-Length: 6\r\n"),
        post(5, b"Transfer-Encoding: chunked\r\n"),
        b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    ],
)
def test_a_body_that_is_large_or_odd_is_left_to_the_parser(head: bytes) -> None:
    begun = Beginning(head[:-1])
    assert not begun.is_whole()
    begun.add(head[-1:])
    assert begun.is_whole()


@pytest.mark.parametrize(
    "odd",
    [
        b"\x16\x03\x01\x02\x00\x01\r\n",
        b"GET /\r\n",
        b"GET / HTTP/2.0\r\n",
        b"hello there\r\n",
        # gunicorn's fast parser waits for more of these, in the thread that reads them.
        b"GET / HTTP/1.2\r\n",
        b"GET  / HTTP/1.1\r\n",
        b"GET /\xff HTTP/1.1\r\n",
        b"\r\nPOST / \r\n",
        b"GET / HTTP/1.1\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nX: x\n",
    ],
)
def test_what_is_no_request_is_odd_at_once_and_never_whole(odd: bytes) -> None:
    begun = Beginning(odd[:-1])
    assert not begun.is_odd
    begun.add(odd[-1:])
    for more in (b"", b"Host: x\r\n\r\n"):
        begun.add(more)
        assert (begun.is_odd, begun.is_whole()) == (True, False)
    whole = Beginning(odd + b"\r\n")
    assert (whole.is_odd, whole.is_whole()) == (True, False)


def test_a_body_and_an_empty_line_before_a_request_are_not_odd() -> None:
    begun = Beginning(b"\r\n")
    begun.add(post(4) + b"a\nb")
    assert (begun.is_odd, begun.is_whole()) == (False, False)
    begun.add(b"\n")
    assert (begun.is_odd, begun.is_whole()) == (False, True)


def test_noughts_before_a_length_change_nothing() -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 000000000005\r\n\r\n"
    assert not Beginning(head).is_whole()
    assert Beginning(head + b"12345").is_whole()


def test_a_head_has_a_bound() -> None:
    begun = Beginning(b"GET / HTTP/1.1\r\nX: " + b"x" * (HEAD_BYTES_MAX - 40))
    assert not begun.is_too_long()
    begun.add(b"x" * 100)
    assert begun.is_too_long()
    assert not begun.is_whole()
    assert not Beginning(post(BODY_BYTES_MAX) + b"x" * HEAD_BYTES_MAX).is_too_long()


def test_it_says_when_the_client_waits_to_be_asked() -> None:
    assert Beginning(post(5, b"Expect: 100-Continue\r\n")).expects
    assert not Beginning(post(5)).expects
    assert not Beginning(post(BODY_BYTES_MAX + 1, b"Expect: 100-continue\r\n")).expects
    long = Beginning(post(5, b"Expect: 100-continue\r\n").replace(b"/sign-in", b"/ollama/api/chat"))
    assert (long.is_whole(), long.expects) == (True, False)
