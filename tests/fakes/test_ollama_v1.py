"""The fake Ollama's `/v1` against the facts, by the official `openai` client, and its guards by hand."""

from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING, Any

import openai
import pytest

from .ollama.guard import allowed_host, allowed_origin
from .ollama_clients import PROMPT, ask, compatible, native

if TYPE_CHECKING:
    from .ollama import Ollama


@pytest.fixture
def client(upstream: Ollama) -> Any:
    return compatible(upstream.url, max_retries=0)


def test_chat(client: Any) -> None:
    whole = client.chat.completions.create(model="gem", messages=PROMPT)
    assert whole.choices[0].message.content == "You said: the quick brown fox"
    assert (whole.choices[0].finish_reason, whole.usage.total_tokens) == ("stop", 10)


def test_chat_streams(upstream: Ollama, client: Any) -> None:
    options = {"include_usage": True}
    chunks = list(client.chat.completions.create(model="gem", messages=PROMPT, stream=True, stream_options=options))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks[:-1]) == "You said: the quick brown fox"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.completion_tokens == 6
    answer = ask(upstream.url, "POST", "/v1/chat/completions", {"model": "gem", "messages": PROMPT, "stream": True})
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.body.endswith(b"data: [DONE]\n\n")
    assert json.loads(answer.body.split(b"\n\n")[-3][6:])["choices"][0]["delta"] == {}


def test_tools_and_json(client: Any) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    tool = {"type": "function", "function": {"name": "weather", "parameters": schema}}
    called = client.chat.completions.create(model="thinker:1b", messages=PROMPT, tools=[tool]).choices[0]
    assert called.finish_reason == "tool_calls"
    assert json.loads(called.message.tool_calls[0].function.arguments) == {"city": "word"}
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    made = client.chat.completions.create(model="gem", messages=PROMPT, response_format=form)
    assert json.loads(made.choices[0].message.content) == {"city": "word"}


def test_completions(client: Any) -> None:
    assert client.completions.create(model="gem", prompt="a b").choices[0].text == "You said: a b"
    chunks = list(client.completions.create(model="gem", prompt="a b", max_tokens=2, stream=True))
    assert "".join(chunk.choices[0].text for chunk in chunks) == "You said:"
    assert chunks[-1].choices[0].finish_reason == "length"


def test_responses(client: Any) -> None:
    assert client.responses.create(model="gem", input="hey").output_text == "You said: hey"
    events = list(client.responses.create(model="gem", input="hey", stream=True))
    assert [events[0].type, events[-1].type] == ["response.created", "response.completed"]
    assert "".join(event.delta for event in events if event.type == "response.output_text.delta") == "You said: hey"
    assert [event.sequence_number for event in events] == list(range(len(events)))


def test_messages(upstream: Ollama) -> None:
    body: dict[str, Any] = {"model": "gem", "max_tokens": 100, "messages": PROMPT}
    whole = ask(upstream.url, "POST", "/v1/messages", body).json()
    assert whole["content"] == [{"type": "text", "text": "You said: the quick brown fox"}]
    streamed = ask(upstream.url, "POST", "/v1/messages", {**body, "stream": True})
    names = [line[7:] for line in streamed.body.decode().splitlines() if line.startswith("event: ")]
    assert [names[0], names[1], *names[-3:]] == [
        "message_start",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert b"[DONE]" not in streamed.body
    refused = ask(upstream.url, "POST", "/v1/messages", {**body, "model": "nope"})
    assert refused.status == 404
    assert refused.json()["error"] == {"type": "not_found_error", "message": "model 'nope' not found"}
    assert refused.json()["type"] == "error"
    assert refused.json()["request_id"]
    assert ask(upstream.url, "POST", "/v1/messages", {"model": "gem", "messages": PROMPT}).status == 400


def test_embeddings_in_both_forms(client: Any) -> None:
    packed = client.embeddings.create(model="embedder", input=["a", "b"]).data
    plain = client.embeddings.create(model="embedder", input=["a", "b"], encoding_format="float").data
    assert packed[1].embedding == pytest.approx(plain[1].embedding)
    with pytest.raises(openai.BadRequestError, match="Invalid value for 'encoding_format' = hex"):
        client.embeddings.create(model="embedder", input="a", encoding_format="hex")


def test_models(client: Any) -> None:
    assert {model.id for model in client.models.list()} == {"gem:latest", "thinker:1b", "embedder:latest"}
    assert client.models.retrieve("gem").id == "gem"


def test_errors_have_the_shape_of_openai(upstream: Ollama, client: Any) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="nope", messages=PROMPT)
    error = {"message": "model 'nope' not found", "type": "not_found_error", "param": None, "code": None}
    assert caught.value.body == error
    upstream.fail("busy")
    with pytest.raises(openai.InternalServerError) as busy:
        client.completions.create(model="gem", prompt="x")
    assert (busy.value.status_code, busy.value.body["type"]) == (503, "api_error")
    upstream.fail("error")
    answer = ask(upstream.url, "POST", "/v1/completions", {"model": "gem", "prompt": "x", "stream": True})
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/json"


def test_a_failure_on_the_way_is_an_empty_piece_and_no_end(upstream: Ollama, client: Any) -> None:
    upstream.fail("error", after=2)
    chunks = list(client.chat.completions.create(model="gem", messages=PROMPT, stream=True))
    assert [chunk.model for chunk in chunks] == ["gem", "gem", ""]
    assert chunks[-1].choices[0].finish_reason is None


def test_a_client_that_retries(upstream: Ollama) -> None:
    upstream.fail("busy", times=2)
    client = compatible(upstream.url)
    assert client.completions.create(model="gem", prompt="x").choices[0].text == "You said: x"
    counts = [visit.header("x-stainless-retry-count") for visit in upstream.seen("/v1/completions")]
    assert counts == ["0", "1", "2"]


# The guards.


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:11434", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:11434", True),
        ("10.1.2.3", True),
        ("192.168.1.9:80", True),
        ("0.0.0.0", True),
        ("box.local", True),
        ("box.internal:11434", True),
        ("a.localhost", True),
        (socket.gethostname(), True),
        ("", True),
        ("8.8.8.8", False),
        ("wakeful.example.org", False),
        ("collector:8800", False),
        ("localhost.example.org", False),
    ],
)
def test_hosts(upstream: Ollama, host: str, allowed: bool) -> None:
    assert allowed_host(host) is allowed
    answer = ask(upstream.url, "GET", "/api/tags", headers={"Host": host})
    assert answer.status == (200 if allowed else 403)
    assert allowed or answer.body == b""


def test_a_server_that_listens_everywhere_looks_at_no_host(upstream: Ollama) -> None:
    upstream.hostname = "0.0.0.0"
    assert ask(upstream.url, "GET", "/api/tags", headers={"Host": "wakeful.example.org"}).status == 200


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("http://localhost", True),
        ("https://127.0.0.1:3000", True),
        ("app://obsidian.md", True),
        ("vscode-webview://abc", True),
        ("http://wakeful.example.org", False),
        ("null", False),
        ("http://localhost.example.org", False),
    ],
)
def test_origins(upstream: Ollama, origin: str, allowed: bool) -> None:
    answer = ask(upstream.url, "POST", "/api/show", {"model": "gem"}, {"Origin": origin})
    assert (answer.status, allowed or answer.body) == ((200, True) if allowed else (403, b""))


def test_the_origin_of_its_own_page(upstream: Ollama) -> None:
    assert allowed_origin("http://box.local:11434", "box.local:11434")
    preflight = {"Origin": "http://localhost", "Access-Control-Request-Method": "POST"}
    answer = ask(upstream.url, "OPTIONS", "/api/chat", headers=preflight)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (204, "http://localhost")


# How it reads the wire.


def test_what_is_no_request(upstream: Ollama) -> None:
    lines = (
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nBad Name: x\r\n\r\n",
        b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc",
        b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n",
    )
    for text in lines:
        with socket.create_connection(("127.0.0.1", upstream.port), 5) as channel:
            channel.sendall(text)
            assert channel.recv(100).startswith(b"HTTP/1.1 400 "), text


def test_a_client_that_waits_to_be_asked_for_its_body(upstream: Ollama) -> None:
    with socket.create_connection(("127.0.0.1", upstream.port), 5) as channel:
        head = b"POST /api/show HTTP/1.1\r\nHost: localhost\r\nContent-Length: 15\r\nExpect: 100-continue\r\n\r\n"
        channel.sendall(head)
        assert channel.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        channel.sendall(b'{"model":"gem"}')
        assert channel.recv(100).startswith(b"HTTP/1.1 200 ")
        channel.sendall(head.replace(b"/show", b"/nowhere"))
    visit = upstream.wait_for("served", "/api/nowhere")[0]
    assert (visit.status, visit.body_bytes) == (404, 0)


def test_one_connection_serves_many(upstream: Ollama) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=5)
    for _ in range(3):
        connection.request("POST", "/api/show", json.dumps({"model": "gem"}))
        assert connection.getresponse().read()
    channel = connection.sock
    assert channel is not None
    assert upstream.turning.run(lambda: len(upstream.connections)) == 1
    connection.close()


def test_a_frozen_machine(upstream: Ollama) -> None:
    upstream.freeze()
    with pytest.raises(TimeoutError):
        ask(upstream.url, "GET", "/", seconds=0.3)
    upstream.thaw()
    assert native(upstream.url).list().models
