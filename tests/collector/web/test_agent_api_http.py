from __future__ import annotations

import gzip
import io
import socket
import struct

import pytest

from wakeful_collector.web.agent_api_http import body_of, gzipped
from wakeful_wire.errors import WireError


def _environ(body: bytes, **more: str) -> dict[str, object]:
    return {"wsgi.input": io.BytesIO(body), **more}


def test_bodies_are_read_by_their_length_or_in_chunks() -> None:
    assert body_of(_environ(b"body+next", CONTENT_LENGTH="4"), 10) == b"body"
    assert body_of(_environ(b"body", HTTP_TRANSFER_ENCODING="chunked"), 4) == b"body"
    assert body_of(_environ(b"body"), 10) == b""
    assert body_of(_environ(b"", CONTENT_LENGTH=""), 10) == b""


@pytest.mark.parametrize(
    ("body", "more", "status"),
    [
        (b"body", {"CONTENT_LENGTH": "11"}, 413),
        (b"body", {"CONTENT_LENGTH": "9" * 5_000}, 413),
        (b"body", {"CONTENT_LENGTH": "-1"}, 400),
        (b"body", {"CONTENT_LENGTH": "\u0664"}, 400),
        (b"body", {"CONTENT_LENGTH": "5"}, 400),
        (b"x" * 11, {"HTTP_TRANSFER_ENCODING": "chunked"}, 413),
    ],
)
def test_bodies_are_bounded(body: bytes, more: dict[str, str], status: int) -> None:
    with pytest.raises(WireError) as caught:
        body_of(_environ(body, **more), 10)
    assert caught.value.status == status


def test_packing_is_gzip() -> None:
    assert gzip.decompress(gzipped(b"x" * 100)) == b"x" * 100


def test_a_connection_that_breaks_is_a_body_cut_short() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(server.getsockname())
        taken, _ = server.accept()
        with taken, taken.makefile("rb") as stream:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            with pytest.raises(WireError, match="the connection broke") as caught:
                body_of({"wsgi.input": stream, "CONTENT_LENGTH": "5"}, 10)
    assert (caught.value.code, caught.value.status) == ("cut_short", 400)
