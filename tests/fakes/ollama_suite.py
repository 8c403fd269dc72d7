"""What an Ollama does, asked by the official `ollama` client: lists, streams, models as things.

The fake passes it alone, and through the gateway; every test begins with a fake that is as at the beginning.
"""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from .ollama_clients import PROMPT, native, paced, refused

if TYPE_CHECKING:
    from pathlib import Path

    import ollama as official

    from .ollama import Ollama
    from .ollama_clients import Hand


class NativeSuite:
    """`/api`: sections 2.1 and 2.2 of the facts."""

    @pytest.fixture
    def client(self, hand: Hand) -> official.Client:
        return native(hand.url, hand.key)

    def test_the_lists(self, client: official.Client) -> None:
        models = client.list().models
        assert {model.model for model in models} == {"gem:latest", "thinker:1b", "embedder:latest"}
        assert all(model.digest and model.size and model.modified_at and model.details for model in models)
        assert client.ps().models == []

    def test_show(self, client: official.Client) -> None:
        shown = client.show("gem")
        assert shown.modelinfo is not None
        assert shown.modelinfo["gemma3.context_length"] == 2048
        assert shown.capabilities == ["completion"]
        assert refused(lambda: client.show("nope")) == (404, "model 'nope:latest' not found")

    def test_copy_and_delete(self, upstream: Ollama, client: official.Client) -> None:
        assert client.copy("gem", "other/gem:two").status == "success"
        assert "other/gem:two" in {model.model for model in client.list().models}
        assert client.delete("other/gem:two").status == "success"
        assert refused(lambda: client.delete("other/gem:two")) == (404, "model 'other/gem:two' not found")
        assert refused(lambda: client.copy("nope", "x")) == (404, 'model "nope" not found')
        assert [json.loads(visit.body) for visit in upstream.seen("/api/delete")] == [{"model": "other/gem:two"}] * 2

    def test_delete_without_its_body(self, hand: Hand) -> None:
        answer = hand.ask("DELETE", "/api/delete")
        assert (answer.status, answer.json()) == (400, {"error": "missing request body"})

    def test_heads_and_texts(self, hand: Hand) -> None:
        root = hand.ask("GET", "/")
        assert (root.status, root.headers["content-type"], root.body) == (
            200,
            "text/plain; charset=utf-8",
            b"Ollama is running",
        )
        for path in ("/", "/api/version", "/api/tags"):
            answer = hand.ask("HEAD", path)
            assert (answer.status, answer.body) == (200, b"")
        assert set(hand.ask("GET", "/api/version").json()) == {"version"}
        assert set(hand.ask("GET", "/api/status").json()["cloud"]) == {"disabled", "source"}

    def test_wrong_methods_and_paths(self, hand: Hand) -> None:
        wrong = hand.ask("GET", "/api/generate")
        assert (wrong.status, wrong.headers["allow"], wrong.headers["content-type"]) == (405, "POST", "text/plain")
        nowhere = hand.ask("GET", "/api/nowhere")
        assert (nowhere.status, nowhere.body) == (404, b"404 page not found")
        double = hand.ask("GET", "//api//tags")
        assert (double.status, double.headers["location"]) == (307, urlsplit(hand.url).path + "/api/tags")

    def test_generate_streams_lines(self, hand: Hand, client: official.Client) -> None:
        parts = list(client.generate("gem", "one two", stream=True))
        assert "".join(part.response for part in parts) == "You said: one two"
        assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
        last = parts[-1]
        assert (last.done_reason, last.prompt_eval_count, last.eval_count) == ("stop", 2, 4)
        assert last.total_duration
        with hand.answering("POST", "/api/generate", {"model": "gem", "prompt": "x"}) as answer:
            assert answer.headers["Content-Type"] == "application/x-ndjson"
            lines = answer.read().split(b"\n")
        assert lines.pop() == b""
        assert all(json.loads(line)["model"] == "gem" for line in lines)

    def test_without_a_stream_it_is_one_document(self, hand: Hand, upstream: Ollama, client: official.Client) -> None:
        whole = client.generate("gem", "one two")
        assert (whole.response, whole.done) == ("You said: one two", True)
        [visit] = upstream.seen("/api/generate")
        assert visit.json()["stream"] is False
        assert (visit.header("content-type"), visit.header("accept")) == ("application/json", "application/json")
        answer = hand.ask("POST", "/api/generate", {"model": "gem", "prompt": "x", "stream": False})
        assert answer.headers["content-type"] == "application/json; charset=utf-8"

    def test_pieces_come_when_they_are_made(self, upstream: Ollama, client: official.Client) -> None:
        paced(upstream, 5, 0.2)
        came = [time.monotonic() for _ in client.chat("gem", PROMPT, stream=True)]
        [visit] = upstream.wait_for("served", "/api/chat")
        assert came[0] < visit.ended - 0.2, "the first came before the last was made"

    def test_chat_thinks_and_calls_tools(self, client: official.Client) -> None:
        parts = list(client.chat("thinker:1b", PROMPT, stream=True))
        assert "".join(part.message.thinking or "" for part in parts) == "Let me think. "
        assert "".join(part.message.content or "" for part in parts) == "You said: the quick brown fox"

        def weather(city: str) -> str:
            """Tell the weather.

            Args:
                city: where
            """
            return city

        called = client.chat("thinker:1b", PROMPT, tools=[weather], think=False).message.tool_calls
        assert called is not None
        assert (called[0].function.name, called[0].function.arguments) == ("weather", {"city": "word"})
        answered = [*PROMPT, {"role": "tool", "content": "sun", "tool_name": "weather"}]
        assert client.chat("thinker:1b", answered, tools=[weather]).message.content == "You said: sun"

    def test_structured_output_and_bounds(self, client: official.Client) -> None:
        schema = {"type": "object", "properties": {"age": {"type": "integer"}, "name": {"type": "string"}}}
        assert json.loads(client.chat("gem", PROMPT, format=schema).message.content or "") == {"age": 7, "name": "word"}
        assert json.loads(client.generate("gem", "x", format="json").response)
        short = client.generate("gem", "a b c d", options={"num_predict": 2})
        assert (short.response, short.done_reason, short.eval_count) == ("You said:", "length", 2)

    def test_embeddings(self, client: official.Client) -> None:
        made = client.embed("embedder", ["one", "two"])
        assert len(made.embeddings) == 2
        assert made.embeddings[0] != made.embeddings[1]
        assert len(client.embed("embedder", "one", dimensions=4).embeddings[0]) == 4
        assert client.embeddings("embedder", "one").embedding == pytest.approx(made.embeddings[0])

    def test_pull(self, client: official.Client) -> None:
        frames = list(client.pull("tiny", stream=True))
        assert frames[0].status == "pulling manifest"
        assert [frame.completed for frame in frames if frame.completed][-1] == frames[1].total
        assert frames[-1].status == "success"
        assert client.show("tiny").capabilities == ["completion"]
        assert client.pull("tiny").status == "success"

    def test_a_pull_of_nothing_is_an_error_inside_a_200(self, upstream: Ollama, client: official.Client) -> None:
        status, text = refused(lambda: client.pull("nothing", stream=True))
        assert (status, text) == (-1, "pull model manifest: file does not exist")
        assert upstream.seen("/api/pull")[0].status == 200
        assert refused(lambda: client.pull("nothing"))[0] == 500

    def test_push(self, client: official.Client) -> None:
        client.copy("gem", "me/gem")
        assert [frame.status for frame in client.push("me/gem", stream=True)][-1] == "success"
        assert "not authorized" in refused(lambda: client.push("gem", stream=True))[1]
        assert refused(lambda: client.push("nope"))[0] == 500

    def test_blobs_and_create(self, hand: Hand, upstream: Ollama, client: official.Client, tmp_path: Path) -> None:
        file = tmp_path / "model.gguf"
        file.write_bytes(b"GGUF" + bytes(3_000_000))
        digest = client.create_blob(file)
        assert client.create_blob(file) == digest
        sent, again = upstream.seen(f"/api/blobs/{digest}", "POST")
        assert (sent.status, sent.body_bytes, again.status) == (201, 3_000_004, 200)
        made = list(client.create("mine", files={"model.gguf": digest}, system="be brief", stream=True))
        assert made[-1].status == "success"
        assert "be brief" in hand.ask("POST", "/api/show", {"model": "mine"}).json()["system"]
        assert client.create("also", from_="mine").status == "success"
        missing = f"sha256:{'0' * 64}"
        assert "file does not exist" in refused(lambda: client.create("bad", files={"x": missing}, stream=True))[1]

    def test_blobs_that_do_not_fit(self, hand: Hand) -> None:
        digest = f"sha256:{hashlib.sha256(b'x').hexdigest()}"
        got = f"sha256:{hashlib.sha256(b'y').hexdigest()}"
        wrong = hand.ask("POST", f"/api/blobs/{digest}", b"y")
        assert (wrong.status, wrong.json()["error"]) == (400, f'digest mismatch, expected "{digest}", got "{got}"')
        assert hand.ask("HEAD", f"/api/blobs/{digest}").status == 404
        assert hand.ask("POST", f"/api/blobs/{digest}", iter([b"", b"x"])).status == 201, "chunked"
        assert hand.ask("HEAD", f"/api/blobs/{digest}").status == 200
        assert hand.ask("HEAD", "/api/blobs/sha256:12").status == 400
