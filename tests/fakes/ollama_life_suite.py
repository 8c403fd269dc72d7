"""What an Ollama does, asked by the official `ollama` client: models in memory, errors, failures, clients that go."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import ollama as official
import pytest

from .ollama_clients import PROMPT, native, paced, refused

if TYPE_CHECKING:
    from .ollama import Ollama
    from .ollama_clients import Hand


class LifeSuite:
    """`/api`: sections 2.3 and 2.4 of the facts."""

    @pytest.fixture
    def client(self, hand: Hand) -> official.Client:
        return native(hand.url, hand.key)

    def test_load_and_unload(self, upstream: Ollama, client: official.Client) -> None:
        assert client.generate("gem").done_reason == "load"
        assert upstream.running() == ["gem:latest"]
        assert client.generate("gem", keep_alive=0).done_reason == "unload"
        assert upstream.running() == []
        assert client.chat("gem", keep_alive=-1).done_reason == "load"
        [row] = client.ps().models
        assert row.expires_at is not None
        assert row.expires_at.year > 2300
        assert client.chat("gem", keep_alive="0s").done_reason == "unload"
        assert client.ps().models == []

    def test_the_life_of_a_loaded_model(self, upstream: Ollama, client: official.Client) -> None:
        client.generate("gem", "x", keep_alive="1s")
        assert upstream.running() == ["gem:latest"]
        until = time.monotonic() + 20
        while client.ps().models:
            client.list()
            assert time.monotonic() < until, "polling extends no life"
            time.sleep(0.05)
        client.generate("gem", "x", keep_alive=0)
        assert upstream.running() == []
        assert upstream.runner.loads == ["gem:latest", "gem:latest"]

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            ("xx", 'time: invalid duration "xx"'),
            ("5", 'time: missing unit in duration "5"'),
            (True, "Unsupported type: 'bool'"),
        ],
    )
    def test_durations_that_are_none(self, hand: Hand, value: Any, text: str) -> None:
        answer = hand.ask("POST", "/api/generate", {"model": "gem", "keep_alive": value})
        assert (answer.status, answer.json()) == (400, {"error": text})

    def test_a_cold_model_loads_in_its_first_request(self, upstream: Ollama, client: official.Client) -> None:
        upstream.manners.load_seconds = 0.3
        began = time.monotonic()
        client.generate("gem", "x")
        assert time.monotonic() - began >= 0.3
        client.generate("gem", "x")
        assert upstream.runner.loads == ["gem:latest"]

    @pytest.mark.parametrize(
        ("path", "body", "status", "text"),
        [
            ("generate", {"model": "nope", "prompt": "x"}, 404, "model 'nope' not found"),
            ("chat", {"model": "nope", "messages": PROMPT}, 404, "model 'nope' not found"),
            ("generate", {"model": ""}, 404, "model '' not found"),
            ("chat", {"model": ""}, 400, "model is required"),
            ("generate", {"model": "gem", "prompt": "x", "think": True}, 400, '"gem" does not support thinking'),
            ("chat", {"model": "gem", "messages": PROMPT, "tools": [{}]}, 400, "gem:latest does not support tools"),
            (
                "generate",
                {"model": 5},
                400,
                "cannot unmarshal number into Go struct field GenerateRequest.model of type",
            ),
            ("chat", {"model": "gem", "messages": "x"}, 400, "cannot unmarshal string into Go struct field"),
            ("generate", b"", 400, "missing request body"),
            ("generate", b"nonsense", 400, "invalid character 'n' looking for beginning of value"),
            ("generate", b'{"model": "gem"', 400, "unexpected EOF"),
            ("chat", b"[]", 400, "json: cannot unmarshal array into Go value of type api.ChatRequest"),
            ("embed", {"model": "gem", "input": "x"}, 501, "support embeddings"),
            ("embeddings", {"model": "gem", "prompt": "x"}, 500, "support embeddings"),
            ("embed", {"model": "embedder", "input": 5}, 400, "invalid input type"),
            ("chat", {"model": "embedder", "messages": PROMPT}, 400, '"embedder" does not support chat'),
        ],
    )
    def test_errors(self, hand: Hand, path: str, body: Any, status: int, text: str) -> None:
        answer = hand.ask("POST", f"/api/{path}", body)
        assert answer.status == status
        assert text in answer.json()["error"]
        assert answer.headers["content-type"] == "application/json; charset=utf-8"

    def test_a_prompt_that_is_too_long(self, hand: Hand) -> None:
        body = {"model": "gem", "prompt": "x " * 3000, "truncate": False}
        answer = hand.ask("POST", "/api/generate", body)
        assert answer.status == 400
        assert json.loads(answer.json()["error"])["error"]["type"] == "exceed_context_size_error"

    def test_the_body_is_json_whatever_its_type_is_called(self, hand: Hand) -> None:
        body = json.dumps({"model": "gem", "prompt": "x", "stream": False, "unknown": 1}).encode()
        for kind in ("text/plain", "application/x-www-form-urlencoded"):
            assert hand.ask("POST", "/api/generate", body, {"Content-Type": kind}).status == 200

    def test_a_full_queue(self, upstream: Ollama, client: official.Client) -> None:
        paced(upstream, 1000, 0.05)
        upstream.manners.parallel, upstream.manners.queue = 1, 1
        threads = [threading.Thread(target=lambda: client.generate("gem", "x")) for _ in range(2)]
        until = time.monotonic() + 20
        for number, thread in enumerate(threads):
            thread.start()
            while (upstream.active(), upstream.runner.waiting) != (1, number):
                assert time.monotonic() < until
                time.sleep(0.01)
        assert refused(lambda: client.generate("gem", "x")) == (
            503,
            "server busy, please try again.  maximum pending requests exceeded",
        )
        upstream.manners.token_seconds = 0
        for thread in threads:
            thread.join()
        assert upstream.runner.active_most == 1

    def test_a_failure_on_the_way_is_a_last_line(self, upstream: Ollama, client: official.Client) -> None:
        upstream.fail("error", after=2, text="the runner has died")
        parts = []
        with pytest.raises(official.ResponseError, match="the runner has died"):
            parts += [part for part in client.generate("gem", "x y z", stream=True) if parts.append(part)]
        assert [part.response for part in parts] == ["You", " said:"]
        upstream.fail("error", after=2)
        assert refused(lambda: client.generate("gem", "x"))[0] == 500
        assert upstream.seen()[0].status == 200

    def test_a_client_that_goes_cancels(self, hand: Hand, upstream: Ollama, client: official.Client) -> None:
        paced(upstream, 1000, 0.02)
        with hand.answering("POST", "/api/generate", {"model": "gem", "prompt": "x"}) as answer:
            answer.read1(100)
        [visit] = upstream.wait_for("cancelled", "/api/generate")
        assert visit.sent_bytes < 50_000
        assert upstream.active() == 0
        upstream.manners.token_seconds = 0
        assert client.generate("gem", "x").done, "the next one is served"

    def test_a_client_that_goes_while_a_model_loads(self, hand: Hand, upstream: Ollama) -> None:
        upstream.manners.load_seconds = 30
        with pytest.raises(TimeoutError):
            hand.ask("POST", "/api/generate", {"model": "gem", "prompt": "x"}, seconds=1)
        upstream.wait_for("cancelled", "/api/generate")
        assert upstream.running() == []
