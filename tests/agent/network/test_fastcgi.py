# The fixtures are what PHP-FPM 8.2 of Debian 12 answered.
import io
import pathlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.network.fastcgi import ANSWER_BYTES_MAX, RECORDS_MAX, ask, parse_cgi, read_answer, request

PAGES = pathlib.Path(__file__).parents[2] / "fixtures/php_fpm"
STATUS, NOT_FOUND = (PAGES / "status_json.bin").read_bytes(), (PAGES / "not_found.bin").read_bytes()


def taken(content):
    stream = io.BytesIO(content)

    def exactly(size):
        part = stream.read(size)
        if len(part) < size:
            raise HostError("closed")
        return part

    return read_answer(exactly)


def record(kind, content, padding=0):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), padding) + content + bytes(padding)


END = record(3, bytes(8))


def test_a_request_is_what_the_specification_says():
    assert request({"A": "b", "LONG": "x" * 200}) == (
        b"\x01\x01\x00\x01\x00\x08\x00\x00" + b"\x00\x01\x00\x00\x00\x00\x00\x00"
        b"\x01\x04\x00\x01\x00\xd5\x00\x00"
        + b"\x01\x01Ab"
        + b"\x04\x80\x00\x00\xc8LONG"
        + b"x" * 200
        + b"\x01\x04\x00\x01\x00\x00\x00\x00"
        + b"\x01\x05\x00\x01\x00\x00\x00\x00"
    )


def test_an_answer_of_the_real_thing():
    said = parse_cgi(taken(STATUS))
    assert said.status == 200
    assert said.headers["content-type"] == "application/json"
    assert said.body.startswith(b'{"pool":"www"')
    assert parse_cgi(taken(NOT_FOUND)).status == 404


def test_several_records_padding_and_kinds_nobody_knows():
    content = (
        record(6, b"Status: 500 No\n", 3) + record(11, b"?") + record(7, b"oh") + record(6, b"\nx") + END + b"more"
    )
    assert parse_cgi(taken(content)) == (500, {"status": "500 No"}, b"x")


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "does not speak FastCGI"),
        (record(3, b""), "in a form"),
        (record(3, b"\0\0\0\0\x02\0\0\0"), "is overloaded"),
        (record(3, b"\0\0\0\0\x09\0\0\0"), "refuses"),
        (record(7, b"no \x1bscript") + END, "says: no \ufffdscript"),
        (record(11, b"") * (RECORDS_MAX + 1), "records"),
        (record(6, b"x" * 65_535) * (ANSWER_BYTES_MAX // 65_535 + 2), "bytes"),
        (STATUS[:100], "closed"),
    ],
)
def test_answers_that_are_none(content, error):
    with pytest.raises(HostError, match=error):
        taken(content)


@pytest.mark.parametrize("output", [b"", b"no headers", b"Status: oops\r\n\r\n", b"Status: 20\r\n\r\n"])
def test_output_that_is_not_cgi(output):
    with pytest.raises(Malformed):
        parse_cgi(output)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_garbage_breaks_nothing(garbage, at):
    try:
        parse_cgi(taken(STATUS[:at] + garbage))
    except HostError:
        return


def test_over_a_socket(answered):
    end = answered(STATUS, "unix")
    assert ask(end.address, "/status", "json", 5).body.startswith(b'{"pool"')
    assert b"\x0b\x07SCRIPT_NAME/status" in end.asked[0]
    other = answered(b"SSH-2.0-OpenSSH\r\n")
    with pytest.raises(Malformed, match=f"{other.address} does not speak FastCGI"):
        ask(other.address, "/status", "json", 5)
