"""Which requests may take minutes."""

from __future__ import annotations

import pytest

from wakeful_collector.web.kit_long import begins_long, is_long


@pytest.mark.parametrize(
    ("path", "is_so"),
    [
        ("/ollama", True),
        ("/ollama/", True),
        ("/ollama/api/chat", True),
        ("/ollama/box/v1/models", True),
        ("/gateway/ollama/chat", True),
        ("/%6fllama/api/chat", True),
        ("/gateway/oll%61ma/chat", True),
        ("/gateway/arrancar", False),
        ("/ollamas", False),
        ("/integrations/ollama", False),
        ("/", False),
    ],
)
def test_the_gateways_paths_are_long(path: str, is_so: bool) -> None:
    assert is_long(path) is is_so


@pytest.mark.parametrize("path", ["/ollama", "/ollama/api/chat", "/gateway/ollama/chat"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_long_request_is_known_by_its_first_bytes(method: str, path: str) -> None:
    assert begins_long(f"{method} {path} HTTP/1.1\r\nHost: x".encode())


@pytest.mark.parametrize(
    "data", [b"", b"GET / HTTP/1.1", b"GET /ollamas HTTP/1.1", b"/ollama/x", b"GET /o", b"\x16\x03"]
)
def test_what_only_looks_like_one_takes_the_ordinary_way(data: bytes) -> None:
    assert not begins_long(data)
