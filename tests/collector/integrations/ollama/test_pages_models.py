"""What the last answers say of a machine's models: hostile text, any shape, bounded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wakeful_collector.integrations.ollama import pages_models
from wakeful_collector.store.gateway_answers import Answer

AT_MS = 1_795_000_000_000


def answer(document: Any, path: str = "/api/tags") -> Answer:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Answer("gpu", path, 200, "application/json", body, AT_MS)


def test_models_are_read_with_what_they_are_and_whether_they_talk() -> None:
    details = {"parameter_size": "8.0B", "quantization_level": "Q4_K_M"}
    rows = [
        {"name": "qwen3:8b", "size": 5_225_388_164, "details": details, "capabilities": ["completion", "tools"]},
        {"name": "Bge-m3", "size": 1_157_672_605, "details": {}, "capabilities": ["embedding"]},
        {"name": "old:latest", "details": None},
    ]
    found = pages_models.models(answer({"models": rows}), None)
    assert [(one.name, one.talks) for one in found.has] == [("Bge-m3", False), ("old:latest", True), ("qwen3:8b", True)]
    assert found.has[2] == pages_models.Model("qwen3:8b", 5_225_388_164, "8.0B", "Q4_K_M", True)
    assert (found.has_ms, found.loaded, found.loaded_ms) == (AT_MS, (), None)


@pytest.mark.parametrize(
    ("text", "until_ms"),
    [
        ("2026-11-18T11:11:40.123456789Z", AT_MS + 300_123),
        ("2026-11-18T12:06:40+01:00", AT_MS),
        ("2319-01-01T00:00:00Z", None),
        ("2026-11-18T11:06:40", None),
        ("soon", None),
        (7, None),
        (None, None),
    ],
)
def test_when_a_model_leaves_the_memory(text: Any, until_ms: int | None) -> None:
    rows = [{"name": "m", "size": 10, "size_vram": 8, "context_length": 4_096, "expires_at": text}]
    (loaded,) = pages_models.models(None, answer({"models": rows}, "/api/ps")).loaded
    assert loaded == pages_models.Loaded("m", 10, 8, 4_096, until_ms)


@pytest.mark.parametrize(
    "document",
    [b"", b"\xff", b"[1]", b'{"models": 7}', b'{"models": [7, {}, {"name": 7}, {"name": ""}]}', b"[" * 100_000],
)
def test_what_does_not_fit_is_left_out(document: bytes) -> None:
    found = pages_models.models(answer(document), answer(document))
    assert (found.has, found.loaded) == ((), ())
    assert found.has_ms == AT_MS, "it was seen all the same"


def test_numbers_and_texts_are_bounded() -> None:
    rows = [{"name": "x" * 9_999, "size": -1, "details": {"parameter_size": ["8"]}}] * 9_999
    found = pages_models.models(answer({"models": rows}), None).has
    assert len(found) == pages_models.MODELS_MAX
    assert (len(found[0].name), found[0].size_bytes, found[0].parameters) == (200, None, "")
    for size in (True, 1 << 70, "7", 1.5):
        assert pages_models.models(answer({"models": [{"name": "m", "size": size}]}), None).has[0].size_bytes is None
