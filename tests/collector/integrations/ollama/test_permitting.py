"""What a key that may use some models only may ask."""

from __future__ import annotations

import io
from typing import Any

import pytest

from wakeful_collector.integrations.ollama.bodies import Body
from wakeful_collector.integrations.ollama.dialects import Refusal
from wakeful_collector.integrations.ollama.permitting import USES, check


def checked(method: str, path: str, content: bytes = b'{"model": "good"}', **headers: str) -> str:
    said: dict[str, Any] = {"wsgi.input": io.BytesIO(content), "CONTENT_LENGTH": str(len(content))}
    return check(method, path, headers, Body(said), lambda model: model == "good")


@pytest.mark.parametrize("path", sorted(USES))
def test_permitted_models_may_be_used_everywhere(path: str) -> None:
    assert checked("POST", path) == "good"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/generate"),
        ("POST", "/api//generate"),
        ("POST", "/api/generate/"),
        ("POST", "/api/%67enerate"),
        ("POST", "/api/pull"),
        ("POST", "/api/create"),
        ("DELETE", "/api/delete"),
        ("POST", "/api/blobs/sha256:0"),
        ("POST", "/v1/audio/transcriptions"),
        ("GET", "/api/status"),
    ],
)
def test_nothing_else_may_be_asked(method: str, path: str) -> None:
    with pytest.raises(Refusal) as caught:
        checked(method, path)
    assert caught.value.status == 403


@pytest.mark.parametrize(
    "content",
    [
        b'{"model": "bad"}',
        b'{"model": "good", "MODEL": "bad"}',
        b'{"Model": "bad", "model": "good"}',
        b'{"model": "good", "name": "bad"}',
        b'{"mod\\u0065l": "bad"}',
        b'{"model": "bad", "model": "good"}',
        b'{"model": "bad", "model": null, "name": "good"}',
        b'{"Model": "bad", "Model": null, "model": "good"}',
        b'{"messages": []}',
        b'{"model": ""}',
        b'{"model": {"a": 1}}',
    ],
)
def test_no_other_model_gets_through_however_it_is_written(content: bytes) -> None:
    with pytest.raises(Refusal) as caught:
        checked("POST", "/api/chat", content)
    assert (caught.value.status, caught.value.code) == (403, "forbidden")


def test_what_is_packed_cannot_be_looked_into() -> None:
    with pytest.raises(Refusal, match="unpacked"):
        checked("POST", "/api/chat", HTTP_CONTENT_ENCODING="zstd")
    assert checked("POST", "/api/chat", HTTP_CONTENT_ENCODING="identity") == "good"


def test_what_only_one_reader_of_json_takes_is_refused() -> None:
    with pytest.raises(Refusal) as caught:
        checked("POST", "/api/chat", b'{"model": "good", "seed": ' + b"1" * 5_000 + b"}")
    assert (caught.value.status, caught.value.code) == (400, "not_json")
