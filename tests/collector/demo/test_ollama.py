"""The make-believe Ollama: hangs up while it sleeps, lists, talks as a stream and in one piece."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
import urllib3

from wakeful_collector.demo import ollama

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def upstream() -> Iterator[ollama.Upstream]:
    """A machine that is awake."""
    made = ollama.Upstream()
    made.wake(0)
    yield made
    made.close()


def ask(upstream: ollama.Upstream, method: str, path: str, **more: Any) -> urllib3.BaseHTTPResponse:
    return urllib3.request(method, upstream.url + path, timeout=20, retries=False, **more)


def test_it_hangs_up_while_it_sleeps_and_answers_once_it_is_up() -> None:
    made = ollama.Upstream()
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask(made, "GET", "/")
    made.wake(0.3)
    made.wake(60)
    assert not made.is_up
    time.sleep(0.35)
    assert ask(made, "GET", "/").data == b"Ollama is running"
    made.sleep()
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask(made, "GET", "/api/version")
    made.close()


@pytest.mark.parametrize(
    ("method", "path", "status", "said"),
    [
        ("HEAD", "/", 200, b""),
        ("GET", "/api/version", 200, b"version"),
        ("GET", "/api/tags", 200, b"qwen3:8b"),
        ("GET", "/v1/models", 200, b"nomic-embed-text"),
        ("GET", "/nothing", 404, b"404 page not found"),
        ("POST", "/nothing", 404, b"404 page not found"),
        ("POST", "/api/chat", 404, b"not found"),
    ],
)
def test_what_clients_poll_and_what_is_not_there(
    upstream: ollama.Upstream, method: str, path: str, status: int, said: bytes
) -> None:
    answer = ask(upstream, method, path)
    assert answer.status == status
    assert said in answer.data


def test_it_talks_word_by_word_and_keeps_the_model_in_memory(upstream: ollama.Upstream) -> None:
    assert ask(upstream, "GET", "/api/ps").json() == {"models": []}
    begun = time.monotonic()
    answer = ask(upstream, "POST", "/api/chat", json={"model": "qwen3:8b", "messages": []}, preload_content=False)
    frames = [json.loads(line) for line in answer.read().splitlines()]
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    assert "".join(frame["message"]["content"] for frame in frames) == ollama.SAID[0]
    assert frames[-1]["done"] is True
    assert frames[-1]["eval_count"] == len(frames) - 1
    assert time.monotonic() - begun > len(frames) / ollama.WORDS_A_SECOND * 0.9
    (running,) = ask(upstream, "GET", "/api/ps").json()["models"]
    assert running["name"] == "qwen3:8b"


def test_in_one_piece_and_to_the_older_verb_it_says_the_next_thing(upstream: ollama.Upstream) -> None:
    asked = {"model": "nomic-embed-text", "prompt": "x", "stream": False}
    first = ask(upstream, "POST", "/api/generate", json=asked).json()
    second = ask(upstream, "POST", "/api/chat", json=asked | {"model": "llama3.2:3b"}).json()
    assert first["response"] == ollama.SAID[0]
    assert second["message"]["content"] == ollama.SAID[1]
    assert ask(upstream, "POST", "/api/show", json={"model": "qwen3:8b"}).json()["details"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"model": 7}'])
def test_what_it_cannot_read_names_no_model(upstream: ollama.Upstream, body: bytes) -> None:
    assert ask(upstream, "POST", "/api/chat", body=body).status == 404


def test_who_goes_away_in_the_middle_harms_nobody(upstream: ollama.Upstream) -> None:
    answer = ask(upstream, "POST", "/api/chat", json={"model": "qwen3:8b"}, preload_content=False)
    assert answer.read(10)
    answer.close()
    time.sleep(0.3)
    assert ask(upstream, "GET", "/").status == 200
