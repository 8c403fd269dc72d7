"""The official clients through the gateway: they cannot tell it from Ollama, and Ollama cannot tell it from them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import ollama as official
import pytest
from prometheus_client.parser import text_string_to_metric_families

from ..fakes.ollama import ollama
from ..fakes.ollama_clients import PROMPT, Hand, ask, compatible, native, paced
from ..fakes.ollama_life_suite import LifeSuite
from ..fakes.ollama_suite import NativeSuite
from ..fakes.ollama_v1_suite import V1Suite
from .gateway import Gateway, gateway
from .halves import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..fakes.ollama import Ollama

OURS = {"wakeful-state", "x-accel-buffering", "content-security-policy", "x-content-type-options", "server"}
"""Headers that the gateway adds."""


@pytest.fixture(scope="module")
def server() -> Iterator[Ollama]:
    with ollama() as running:
        yield running


@pytest.fixture(scope="module")
def door(server: Ollama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with one machine, the default, which is awake and never put to sleep."""
    with gateway(tmp_path_factory.mktemp("gateway") / "data") as made:
        made.add("box", url=server.url, default=True, wake="never")
        yield made


@pytest.fixture
def upstream(server: Ollama) -> Ollama:
    server.reset()
    return server


@pytest.fixture
def hand(door: Gateway, upstream: Ollama) -> Hand:
    return Hand(door.url(), door.key)


class TestNativeThroughTheGateway(NativeSuite):
    pass


class TestLifeThroughTheGateway(LifeSuite):
    pass


class TestV1ThroughTheGateway(V1Suite):
    pass


# Byte for byte.

CHAT = {"model": "gem", "messages": PROMPT}
EXCHANGES = [
    ("GET", "/", None),
    ("HEAD", "/api/tags", None),
    ("GET", "/api/tags", None),
    ("GET", "/api/ps", None),
    ("GET", "/api/version", None),
    ("GET", "/api/status", None),
    ("GET", "/v1/models", None),
    ("GET", "/v1/models/gem", None),
    ("GET", "/v1/models/nope", None),
    ("POST", "/api/generate", {"model": "gem", "prompt": "\u00fcber alles \u4f60\u597d"}),
    ("POST", "/api/generate", {"model": "gem", "prompt": "x", "stream": False}),
    ("POST", "/api/generate", {"model": "gem", "prompt": "x", "keep_alive": "xx"}),
    ("POST", "/api/generate", {"model": "gem"}),
    ("POST", "/api/chat", {**CHAT, "unknown": {"deep": [1, None, 2.5]}}),
    ("POST", "/api/chat", {"model": "nope"}),
    ("POST", "/api/embed", {"model": "embedder", "input": ["a", "b"]}),
    ("POST", "/api/embeddings", {"model": "gem", "prompt": "x"}),
    ("POST", "/api/show", {"model": "gem", "verbose": True}),
    ("POST", "/api/pull", {"model": "nothing"}),
    ("POST", "/api/pull", {"model": "tiny"}),
    ("POST", "/api/push", {"model": "nothing", "stream": False}),
    ("POST", "/api/create", {"model": "new", "from": "gem"}),
    ("POST", "/api/copy", {"source": "gem", "destination": "two"}),
    ("DELETE", "/api/delete", {"model": "gem"}),
    ("HEAD", f"/api/blobs/sha256:{'0' * 64}", None),
    ("POST", f"/api/blobs/sha256:{hashlib.sha256(bytes(70000)).hexdigest()}", bytes(70000)),
    ("POST", "/v1/chat/completions", CHAT),
    ("POST", "/v1/chat/completions", {**CHAT, "stream": True, "stream_options": {"include_usage": True}}),
    ("POST", "/v1/chat/completions", {**CHAT, "model": "nope", "stream": True}),
    ("POST", "/v1/completions", {"model": "gem", "prompt": "x", "stream": True}),
    ("POST", "/v1/responses", {"model": "gem", "input": "x", "stream": True}),
    ("POST", "/v1/messages", {**CHAT, "max_tokens": 9, "stream": True}),
    ("POST", "/v1/messages", CHAT),
    ("POST", "/v1/embeddings", {"model": "embedder", "input": "x"}),
    ("POST", "/api/nowhere", {"any": "thing"}),
    ("PUT", "/api/nowhere/%2e%2e/a%20b%2Fc?q=1&q=%C3%BC", b"raw"),
    ("GET", "/api/generate", None),
    ("POST", "/api/me", None),
]


@pytest.mark.parametrize(("method", "path", "body"), EXCHANGES)
def test_nothing_is_changed(hand: Hand, upstream: Ollama, method: str, path: str, body: Any) -> None:
    answer = hand.ask(method, path, body, {"Content-Type": "application/json", "X-Custom": "kept"})
    [visit] = [one for one in upstream.seen() if one.target == path and one.header("x-custom")]
    wait_for(lambda: visit.outcome == "served", 20)
    assert visit.body == (body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode())
    assert answer.status == visit.status
    assert hashlib.sha256(answer.body).digest() == visit.sent.digest()
    assert visit.header("content-type") == ("application/json" if body is not None else None) or body is None
    assert set(answer.headers) - OURS >= {"date"}
    if "content-length" in answer.headers and method != "HEAD":
        assert int(answer.headers["content-length"]) == len(answer.body)


def test_the_kinds_of_answers_are_the_same(hand: Hand, upstream: Ollama) -> None:
    for method, path, body in EXCHANGES:
        direct = ask(upstream.url, method, path, body)
        upstream.reset()
        through = hand.ask(method, path, body)
        upstream.reset()
        assert through.headers.get("content-type") == direct.headers.get("content-type"), (method, path)
        assert through.headers.get("allow") == direct.headers.get("allow"), (method, path)


def test_what_goes_upstream(hand: Hand, upstream: Ollama) -> None:
    secrets = {"Cookie": "session=abc", "Origin": "http://wakeful.example.org", "X-Api-Key": hand.key}
    answer = hand.ask("POST", "/api/show", {"model": "gem"}, {**secrets, "TE": "trailers", "Accept": "text/x"})
    assert answer.status == 200
    [visit] = upstream.seen("/api/show")
    assert visit.header("host") == upstream.url.removeprefix("http://")
    assert visit.header("accept") == "text/x"
    for name in ("authorization", "cookie", "origin", "x-api-key", "te", "x-forwarded-for"):
        assert visit.header(name) is None, name
    assert hand.key not in str(visit.headers)


def test_a_machine_can_have_a_key_of_its_own(door: Gateway, upstream: Ollama) -> None:
    door.add("locked", url=upstream.url, wake="never", upstream_key="their-own-key")
    try:
        assert native(door.url("locked"), door.key).list().models
        assert Hand(door.url("locked"), door.key).ask("POST", "/api/show", {"model": "gem"}).status == 200
        [visit] = upstream.seen("/api/show")
        assert visit.header("authorization") == "Bearer their-own-key"
    finally:
        door.run("gateway.machine.remove", name="locked")


def test_the_environment_of_the_official_client_is_enough(door: Gateway, upstream: Ollama) -> None:
    """OLLAMA_HOST with a path and OLLAMA_API_KEY, as people set them; nothing else."""
    program = "import ollama; print(ollama.generate('gem', 'a b').response); ollama.delete('gem'); print(ollama.list())"
    environ = {**os.environ, "OLLAMA_HOST": door.url(), "OLLAMA_API_KEY": door.key}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("You said: a b\n")
    assert "thinker:1b" in done.stdout
    assert "gem" not in upstream.shelf.models


def test_every_machine_stands_under_its_name(door: Gateway, upstream: Ollama) -> None:
    with ollama() as other:
        other.shelf.remote["tiny:latest"] = other.shelf.models["gem:latest"]
        del other.shelf.models["gem:latest"]
        door.add("other", url=other.url, wake="never")
        names = {model.model for model in native(door.url("other"), door.key).list().models}
        assert "gem:latest" not in names
        assert {model.id for model in compatible(door.url("other"), door.key).models.list()} == names
        assert native(door.url("box"), door.key).show("gem")
        door.run("gateway.machine.remove", name="other")
    assert not upstream.seen("/other/api/tags")


# Streams.


def test_every_token_passes_when_it_is_made(door: Gateway, upstream: Ollama) -> None:
    said = paced(upstream, 12, 0.15)
    came: list[float] = []
    words = []
    for part in native(door.url(), door.key).chat("gem", PROMPT, stream=True):
        came.append(time.monotonic())
        words.append(part.message.content)
    assert words == [*said, ""]
    gaps = [later - earlier for earlier, later in zip(came, came[1:11])]
    # On a busy machine one may catch up with the one before; held back together, most would.
    assert sorted(gaps)[len(gaps) // 3] > 0.03, gaps
    assert came[11] - came[0] > 1.2


def test_an_answer_without_end_keeps_its_pace_for_many(door: Gateway, upstream: Ollama) -> None:
    paced(upstream, 40, 0.2)  # long enough for all of them to be there together
    upstream.manners.parallel = 100
    ended: list[float] = []

    def talk() -> None:
        parts = list(compatible(door.url(), door.key).completions.create(model="gem", prompt="x", stream=True))
        assert "".join(part.choices[0].text for part in parts).split() == [str(number) for number in range(40)]
        ended.append(time.monotonic())

    threads = [threading.Thread(target=talk) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 24
    assert upstream.runner.active_most == 24


def test_large_bodies_pass_in_pieces(door: Gateway, upstream: Ollama, tmp_path: Any) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(os.urandom(1 << 20) * 48)
    digest = native(door.url(), door.key).create_blob(file)
    assert upstream.shelf.blobs[digest] == 48 << 20
    [visit] = upstream.seen(f"/api/blobs/{digest}", "POST")
    assert visit.header("content-length") == str(48 << 20)


def test_a_body_without_a_length(hand: Hand, upstream: Ollama) -> None:
    digest = hashlib.sha256(b"ab" * 5000).hexdigest()
    pieces = iter([b"ab" * 1000] * 5)
    assert hand.ask("POST", f"/api/blobs/sha256:{digest}", pieces).status == 201


@pytest.mark.parametrize("path", ["/api/chat", "/v1/chat/completions"])
@pytest.mark.parametrize("phase", ["loading", "first token", "stream", "no stream"])
def test_a_client_that_goes_cancels_upstream(hand: Hand, upstream: Ollama, path: str, phase: str) -> None:
    paced(upstream, 500, 0.1)
    upstream.manners.load_seconds = 30.0 if phase == "loading" else 0.0
    upstream.manners.first_token_seconds = 30.0 if phase == "first token" else 0.0
    body = {**CHAT, "stream": phase != "no stream"}
    if phase == "stream":
        with hand.answering("POST", path, body) as answer:
            assert answer.read1(50)
    else:
        with pytest.raises(TimeoutError):
            hand.ask("POST", path, body, seconds=1.0)
    upstream.wait_for("cancelled", path, seconds=15)
    wait_for(lambda: upstream.active() == 0, 5)


# Who may.


def test_without_a_key(door: Gateway, upstream: Ollama) -> None:
    native_answer = ask(door.url(), "POST", "/api/chat", CHAT)
    assert (native_answer.status, list(native_answer.json())) == (401, ["error"])
    openai_answer = ask(door.url(), "POST", "/v1/chat/completions", CHAT).json()
    assert openai_answer["error"]["type"] == "authentication_error"
    anthropic_answer = ask(door.url(), "POST", "/v1/messages", CHAT).json()
    assert (anthropic_answer["type"], anthropic_answer["error"]["type"]) == ("error", "authentication_error")
    reader = door.new_key("reader", "read")
    with pytest.raises(official.ResponseError) as caught:
        native(door.url(), reader).chat("gem", PROMPT)
    assert caught.value.status_code == 403
    assert upstream.seen("/api/chat") == []


def test_a_key_in_the_other_header(door: Gateway, upstream: Ollama) -> None:
    answer = ask(door.url(), "POST", "/api/show", {"model": "gem"}, {"X-API-Key": door.key})
    assert answer.status == 200


def test_limits_of_a_key(door: Gateway, upstream: Ollama) -> None:
    narrow = door.new_key("narrow", "gateway")
    door.run("gateway.limit", key="narrow", concurrency=1, per_minute=4, models=["gem*"])
    client = native(door.url(), narrow)
    with pytest.raises(official.ResponseError) as forbidden:
        client.chat("thinker:1b", PROMPT)
    assert forbidden.value.status_code == 403
    assert "thinker" in forbidden.value.error
    paced(upstream, 5, 0.1)
    threads = [threading.Thread(target=lambda: client.generate("gem", "x")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert upstream.runner.active_most == 1
    statuses = [Hand(door.url(), narrow).ask("POST", "/api/show", {"model": "gem"}).status for _ in range(5)]
    assert statuses[-1] == 429
    upstream.manners.token_seconds = 0
    assert native(door.url(), door.key).generate("gem", "x").done, "another key is not held back"


def counted(door: Gateway, name: str, **labels: str) -> float:
    """Return a counter of /metrics."""
    answer = ask(door.origin, "GET", "/metrics", headers={"Authorization": f"Bearer {door.admin}"})
    assert answer.status == 200
    for family in text_string_to_metric_families(answer.body.decode()):
        for sample in family.samples:
            if sample.name == f"wakeful_gateway_{name}" and labels.items() <= sample.labels.items():
                return float(sample.value)
    return 0.0


def test_what_was_done_is_counted(door: Gateway, upstream: Ollama) -> None:
    prompt, completion = ("prompt_tokens_total", "completion_tokens_total")
    before = [counted(door, name, machine="box", model="gem") for name in (prompt, completion)]
    served = counted(door, "requests_total", machine="box", outcome="ok")
    native(door.url(), door.key).generate("gem", "one two three")
    list(native(door.url(), door.key).chat("gem", PROMPT, stream=True))
    options = {"include_usage": True}
    list(compatible(door.url(), door.key).chat.completions.create(**CHAT, stream=True, stream_options=options))
    wait_for(lambda: door.machine("box")["requests"] == {"running": 0, "waiting": 0}, 10)
    after = [counted(door, name, machine="box", model="gem") for name in (prompt, completion)]
    assert [now - then for then, now in zip(before, after)] == [3 + 4 + 4, 5 + 6 + 6]
    assert counted(door, "requests_total", machine="box", outcome="ok") == served + 3


def test_nothing_that_was_said_is_kept(door: Gateway, upstream: Ollama) -> None:
    secret = "a word that nobody else says, ropalocero"
    assert secret in native(door.url(), door.key).generate("gem", secret).response
    kept = [file for file in door.collector.data.rglob("*") if file.is_file()]
    assert len(kept) > 3
    for word in (secret, "ropalocero", door.key, "their-own-key"):
        assert [file.name for file in kept if word.encode() in file.read_bytes()] == [], word
