"""Gathering what can be seen of a machine."""

from __future__ import annotations

import json
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import looking
from wakeful_collector.read import gateway

from ....fakes.ollama import ollama
from .machines import add
from .test_probing import saying

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ....fakes.ollama import Ollama

GPU = [["hw.gpu.utilization", {"gpu": "0", "task": "general"}]]


@pytest.fixture
def server() -> Iterator[Ollama]:
    with ollama() as running:
        yield running


def test_whether_it_answers(data: Path, server: Ollama) -> None:
    box = add(data, server.url)
    assert looking.answers(box, "")
    server.shut()
    assert not looking.answers(box, "")


def test_a_loaded_model_and_a_busy_gpu_are_reasons(data: Path, server: Ollama, machine: Callable[..., Any]) -> None:
    host = machine("box")
    box = add(data, server.url, host=host.id)
    silent = ("its agent tells nothing: whether it is idle is not known",)
    assert looking.reasons(data, box, "", clock.now_ms()) == silent, "it was never heard"
    now_ms = clock.now_ms()
    host.push([[now_ms - 1_000, [0.9]]], now_ms, GPU)
    assert looking.reasons(data, box, "", now_ms) == ("its GPU is at 90%",)
    body = json.dumps({"model": "gem", "keep_alive": -1}).encode()
    urllib.request.urlopen(f"{server.url}/api/generate", body, timeout=10).close()
    told = looking.reasons(data, box, "", now_ms)
    assert told[0].startswith("gem:latest is kept loaded for ever")
    assert told[1:] == ("its GPU is at 90%",)
    running = gateway.answer(data, "box", "/api/ps")
    assert running is not None, "what was seen is what pollers are told"
    assert [one["name"] for one in json.loads(running.body)["models"]] == ["gem:latest"]
    gone = add(data, server.url, host="00000000-0000-4000-8000-000000000000")
    assert looking.reasons(data, gone, "", now_ms)[1:] == silent


def test_a_look_that_failed_is_a_reason(data: Path, server: Ollama) -> None:
    box = add(data, server.url)
    server.shut()
    assert looking.reasons(data, box, "", 0) == ("its loaded models cannot be seen: Connection refused",)
    for status, told in (("500 No", "/api/ps answers 500"), ("200 OK", "no list of models")):
        answer = f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\n[]".encode()
        with saying(lambda channel, answer=answer: channel.sendall(answer)) as url:
            assert looking.reasons(data, add(data, url), "", 0) == (f"its loaded models cannot be seen: {told}",)


def test_a_service_that_is_no_ollama_has_no_loaded_models(data: Path) -> None:
    with saying(lambda channel: channel.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")) as url:
        assert looking.reasons(data, add(data, url), "", 0) == ()


def test_what_pollers_are_told_is_kept(data: Path, server: Ollama) -> None:
    box = add(data, server.url)
    before = clock.now_ms()
    assert looking.refresh(data, box, "token") == 5
    tags = gateway.answer(data, "box", "/api/tags")
    assert tags is not None
    assert {one["name"] for one in json.loads(tags.body)["models"]} == {"gem:latest", "thinker:1b", "embedder:latest"}
    assert (tags.status, tags.content_type) == (200, "application/json; charset=utf-8")
    assert before <= tags.at_ms <= clock.now_ms()
    assert {visit.header("authorization") for visit in server.seen()} == {"Bearer token"}
    assert server.running() == [], "nobody's life was extended"


def test_what_is_no_answer_is_not_kept(data: Path, server: Ollama) -> None:
    box = add(data, server.url)
    looking.refresh(data, box, "")
    known = gateway.answer(data, "box", "/api/tags")
    server.shut()
    time.sleep(0.01)
    assert looking.refresh(data, box, "") == 0
    assert gateway.answer(data, "box", "/api/tags") == known
    with saying(lambda channel: channel.sendall(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")) as url:
        assert looking.refresh(data, add(data, url), "") == 0
    assert gateway.answer(data, "box", "/api/tags") == known
