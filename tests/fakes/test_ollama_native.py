"""The fake Ollama against the facts, by the official `ollama` client: sections 2.1 to 2.4."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import ollama as official
import pytest

from .ollama import Model
from .ollama_clients import PROMPT, answering, ask, native, paced

if TYPE_CHECKING:
    from pathlib import Path

    from .ollama import Ollama


@pytest.fixture
def client(upstream: Ollama) -> official.Client:
    return native(upstream.url)


def refused(call: Any) -> tuple[int, str]:
    with pytest.raises(official.ResponseError) as caught:
        list(call())
    return caught.value.status_code, caught.value.error


# 2.1 what runs no model


def test_the_lists(client: official.Client) -> None:
    models = client.list().models
    assert {model.model for model in models} == {"gem:latest", "thinker:1b", "embedder:latest"}
    assert all(model.digest and model.size and model.modified_at and model.details for model in models)
    assert client.ps().models == []


def test_show(client: official.Client) -> None:
    shown = client.show("gem")
    assert shown.modelinfo is not None
    assert shown.modelinfo["gemma3.context_length"] == 2048
    assert shown.capabilities == ["completion"]
    assert refused(lambda: client.show("nope")) == (404, "model 'nope:latest' not found")


def test_copy_and_delete(upstream: Ollama, client: official.Client) -> None:
    assert client.copy("gem", "other/gem:two").status == "success"
    assert "other/gem:two" in {model.model for model in client.list().models}
    assert client.delete("other/gem:two").status == "success"
    assert refused(lambda: client.delete("other/gem:two")) == (404, "model 'other/gem:two' not found")
    assert refused(lambda: client.copy("nope", "x")) == (404, 'model "nope" not found')
    assert [json.loads(visit.body) for visit in upstream.seen("/api/delete")] == [{"model": "other/gem:two"}] * 2


def test_delete_without_its_body(upstream: Ollama) -> None:
    answer = ask(upstream.url, "DELETE", "/api/delete")
    assert (answer.status, answer.json()) == (400, {"error": "missing request body"})


def test_heads_and_texts(upstream: Ollama) -> None:
    root = ask(upstream.url, "GET", "/")
    assert (root.status, root.headers["content-type"], root.body) == (
        200,
        "text/plain; charset=utf-8",
        b"Ollama is running",
    )
    for path in ("/", "/api/version", "/api/tags"):
        answer = ask(upstream.url, "HEAD", path)
        assert (answer.status, answer.body) == (200, b"")
    assert set(ask(upstream.url, "GET", "/api/version").json()) == {"version"}
    assert set(ask(upstream.url, "GET", "/api/status").json()["cloud"]) == {"disabled", "source"}


def test_wrong_methods_and_paths(upstream: Ollama) -> None:
    wrong = ask(upstream.url, "GET", "/api/generate")
    assert (wrong.status, wrong.headers["allow"], wrong.headers["content-type"]) == (405, "POST", "text/plain")
    nowhere = ask(upstream.url, "GET", "/api/nowhere")
    assert (nowhere.status, nowhere.body) == (404, b"404 page not found")
    double = ask(upstream.url, "GET", "//api//tags")
    assert (double.status, double.headers["location"]) == (307, "/api/tags")


# 2.2 streaming


def test_generate_streams_lines(upstream: Ollama, client: official.Client) -> None:
    parts = list(client.generate("gem", "one two", stream=True))
    assert "".join(part.response for part in parts) == "You said: one two"
    assert [part.done for part in parts] == [False] * (len(parts) - 1) + [True]
    last = parts[-1]
    assert (last.done_reason, last.prompt_eval_count, last.eval_count) == ("stop", 2, 4)
    assert last.total_duration
    with answering(upstream.url, "POST", "/api/generate", {"model": "gem", "prompt": "x"}) as answer:
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        lines = answer.read().split(b"\n")
    assert lines.pop() == b""
    assert all(json.loads(line)["model"] == "gem" for line in lines)


def test_without_a_stream_it_is_one_document(upstream: Ollama, client: official.Client) -> None:
    whole = client.generate("gem", "one two")
    assert (whole.response, whole.done) == ("You said: one two", True)
    [visit] = upstream.seen("/api/generate")
    assert visit.json()["stream"] is False
    assert (visit.header("content-type"), visit.header("accept")) == ("application/json", "application/json")
    answer = ask(upstream.url, "POST", "/api/generate", {"model": "gem", "prompt": "x", "stream": False})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_pieces_come_when_they_are_made(upstream: Ollama, client: official.Client) -> None:
    paced(upstream, 5, 0.1)
    came = [time.monotonic() for _ in client.chat("gem", PROMPT, stream=True)]
    assert came[3] - came[0] > 0.2


def test_chat_thinks_and_calls_tools(client: official.Client) -> None:
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


def test_structured_output_and_bounds(client: official.Client) -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}, "name": {"type": "string"}}}
    assert json.loads(client.chat("gem", PROMPT, format=schema).message.content or "") == {"age": 7, "name": "word"}
    assert json.loads(client.generate("gem", "x", format="json").response)
    short = client.generate("gem", "a b c d", options={"num_predict": 2})
    assert (short.response, short.done_reason, short.eval_count) == ("You said:", "length", 2)


def test_embeddings(client: official.Client) -> None:
    made = client.embed("embedder", ["one", "two"])
    assert len(made.embeddings) == 2
    assert made.embeddings[0] != made.embeddings[1]
    assert len(client.embed("embedder", "one", dimensions=4).embeddings[0]) == 4
    assert client.embeddings("embedder", "one").embedding == pytest.approx(made.embeddings[0])


# 2.1 pull, push, create, blobs


def test_pull(upstream: Ollama, client: official.Client) -> None:
    frames = list(client.pull("tiny", stream=True))
    assert frames[0].status == "pulling manifest"
    assert [frame.completed for frame in frames if frame.completed][-1] == frames[1].total
    assert frames[-1].status == "success"
    assert client.show("tiny").capabilities == ["completion"]
    assert client.pull("tiny").status == "success"


def test_a_pull_of_nothing_is_an_error_inside_a_200(upstream: Ollama, client: official.Client) -> None:
    status, text = refused(lambda: client.pull("nothing", stream=True))
    assert (status, text) == (-1, "pull model manifest: file does not exist")
    assert upstream.seen("/api/pull")[0].status == 200
    assert refused(lambda: client.pull("nothing"))[0] == 500


def test_push(client: official.Client) -> None:
    client.copy("gem", "me/gem")
    assert [frame.status for frame in client.push("me/gem", stream=True)][-1] == "success"
    assert "not authorized" in refused(lambda: client.push("gem", stream=True))[1]
    assert refused(lambda: client.push("nope"))[0] == 500


def test_blobs_and_create(upstream: Ollama, client: official.Client, tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(b"GGUF" + bytes(3_000_000))
    digest = client.create_blob(file)
    assert client.create_blob(file) == digest
    sent, again = upstream.seen(f"/api/blobs/{digest}", "POST")
    assert (sent.status, sent.body_bytes, again.status) == (201, 3_000_004, 200)
    made = list(client.create("mine", files={"model.gguf": digest}, system="be brief", stream=True))
    assert made[-1].status == "success"
    assert "be brief" in ask(upstream.url, "POST", "/api/show", {"model": "mine"}).json()["system"]
    assert client.create("also", from_="mine").status == "success"
    missing = f"sha256:{'0' * 64}"
    assert "file does not exist" in refused(lambda: client.create("bad", files={"x": missing}, stream=True))[1]


def test_blobs_that_do_not_fit(upstream: Ollama) -> None:
    digest = f"sha256:{hashlib.sha256(b'x').hexdigest()}"
    got = f"sha256:{hashlib.sha256(b'y').hexdigest()}"
    wrong = ask(upstream.url, "POST", f"/api/blobs/{digest}", b"y")
    assert (wrong.status, wrong.json()["error"]) == (400, f'digest mismatch, expected "{digest}", got "{got}"')
    assert ask(upstream.url, "HEAD", f"/api/blobs/{digest}").status == 404
    assert ask(upstream.url, "POST", f"/api/blobs/{digest}", iter([b"", b"x"])).status == 201, "chunked"
    assert ask(upstream.url, "HEAD", f"/api/blobs/{digest}").status == 200
    assert ask(upstream.url, "HEAD", "/api/blobs/sha256:12").status == 400


# 2.3 load, unload, keep_alive


def test_load_and_unload(upstream: Ollama, client: official.Client) -> None:
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


def test_the_life_of_a_loaded_model(upstream: Ollama, client: official.Client) -> None:
    client.generate("gem", "x", keep_alive="300ms")
    assert upstream.running() == ["gem:latest"]
    time.sleep(0.2)
    client.ps()
    client.list()
    time.sleep(0.15)
    assert upstream.running() == [], "polling extends no life"
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
def test_durations_that_are_none(upstream: Ollama, value: Any, text: str) -> None:
    answer = ask(upstream.url, "POST", "/api/generate", {"model": "gem", "keep_alive": value})
    assert (answer.status, answer.json()) == (400, {"error": text})


def test_a_cold_model_loads_in_its_first_request(upstream: Ollama, client: official.Client) -> None:
    upstream.manners.load_seconds = 0.3
    began = time.monotonic()
    client.generate("gem", "x")
    cold = time.monotonic() - began
    client.generate("gem", "x")
    assert cold > 0.3 > time.monotonic() - began - cold


# 2.4 errors


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("generate", {"model": "nope", "prompt": "x"}, 404, "model 'nope' not found"),
        ("chat", {"model": "nope", "messages": PROMPT}, 404, "model 'nope' not found"),
        ("generate", {"model": ""}, 404, "model '' not found"),
        ("chat", {"model": ""}, 400, "model is required"),
        ("generate", {"model": "gem", "prompt": "x", "think": True}, 400, '"gem" does not support thinking'),
        ("chat", {"model": "gem", "messages": PROMPT, "tools": [{}]}, 400, "gem:latest does not support tools"),
        ("generate", {"model": 5}, 400, "cannot unmarshal number into Go struct field GenerateRequest.model of type"),
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
def test_errors(upstream: Ollama, path: str, body: Any, status: int, text: str) -> None:
    answer = ask(upstream.url, "POST", f"/api/{path}", body)
    assert answer.status == status
    assert text in answer.json()["error"]
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_a_prompt_that_is_too_long(upstream: Ollama) -> None:
    body = {"model": "gem", "prompt": "x " * 3000, "truncate": False}
    answer = ask(upstream.url, "POST", "/api/generate", body)
    assert answer.status == 400
    assert json.loads(answer.json()["error"])["error"]["type"] == "exceed_context_size_error"


def test_the_body_is_json_whatever_its_type_is_called(upstream: Ollama) -> None:
    body = json.dumps({"model": "gem", "prompt": "x", "stream": False, "unknown": 1}).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded"):
        assert ask(upstream.url, "POST", "/api/generate", body, {"Content-Type": kind}).status == 200


def test_a_full_queue(upstream: Ollama, client: official.Client) -> None:
    paced(upstream, 10, 0.05)
    upstream.manners.parallel, upstream.manners.queue = 1, 1
    threads = [threading.Thread(target=lambda: client.generate("gem", "x")) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    assert refused(lambda: client.generate("gem", "x")) == (
        503,
        "server busy, please try again.  maximum pending requests exceeded",
    )
    for thread in threads:
        thread.join()
    assert upstream.runner.active_most == 1


def test_a_failure_on_the_way_is_a_last_line(upstream: Ollama, client: official.Client) -> None:
    upstream.fail("error", after=2, text="the runner has died")
    parts = []
    with pytest.raises(official.ResponseError, match="the runner has died"):
        parts += [part for part in client.generate("gem", "x y z", stream=True) if parts.append(part)]
    assert [part.response for part in parts] == ["You", " said:"]
    upstream.fail("error", after=2)
    assert refused(lambda: client.generate("gem", "x"))[0] == 500
    assert upstream.seen()[0].status == 200


def test_a_server_that_dies_on_the_way(upstream: Ollama, client: official.Client) -> None:
    import httpx

    for kind in ("cut", "reset"):
        upstream.fail(kind, after=2)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            list(client.generate("gem", "x y z", stream=True))
    assert [visit.outcome for visit in upstream.seen()] == ["broken", "broken"]
    upstream.shut()
    with pytest.raises(ConnectionError):
        client.generate("gem", "x")
    upstream.reboot()
    assert client.generate("gem", "x").done


def test_a_client_that_goes_cancels(upstream: Ollama, client: official.Client) -> None:
    paced(upstream, 1000, 0.02)
    with answering(upstream.url, "POST", "/api/generate", {"model": "gem", "prompt": "x"}) as answer:
        answer.read1(100)
    [visit] = upstream.wait_for("cancelled", "/api/generate", seconds=2)
    assert visit.sent_bytes < 50_000
    assert upstream.active() == 0
    upstream.manners.token_seconds = 0
    assert client.generate("gem", "x").done, "the next one is served"


def test_a_client_that_goes_while_a_model_loads(upstream: Ollama) -> None:
    upstream.manners.load_seconds = 30
    with pytest.raises(TimeoutError):
        ask(upstream.url, "POST", "/api/generate", {"model": "gem", "prompt": "x"}, seconds=0.2)
    upstream.wait_for("cancelled", "/api/generate", seconds=2)
    assert upstream.running() == []


def test_more_can_be_pulled(upstream: Ollama, client: official.Client) -> None:
    upstream.shelf.remote["big:7b"] = Model("big:7b", size=1 << 32)
    upstream.fail("cut", after=3)
    with pytest.raises(Exception, match="peer closed"):
        list(client.pull("big:7b", stream=True))
    assert client.pull("big:7b").status == "success"
