"""Services that die, hang, crawl and refuse, and clients that do: what the other side sees of it."""

from __future__ import annotations

import http.client
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import ollama as official
import openai
import pytest

from ..fakes.ollama import ollama
from ..fakes.ollama_clients import PROMPT, Hand, ask, compatible, native, paced
from .gateway import Gateway, gateway, took
from .halves import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..fakes.ollama import Ollama

CHAT = {"model": "gem", "messages": PROMPT}
STREAMED = {**CHAT, "stream": True}


@pytest.fixture(scope="module")
def server() -> Iterator[Ollama]:
    with ollama() as running:
        yield running


@pytest.fixture(scope="module")
def door(server: Ollama, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway with one machine, which is awake and cannot be woken."""
    with gateway(tmp_path_factory.mktemp("gateway") / "data") as made:
        made.add("box", url=server.url, default=True, wake="never", keepalive_seconds=1)
        yield made


@pytest.fixture
def upstream(door: Gateway, server: Ollama) -> Ollama:
    server.reset()
    door.wait_for_state("box", "awake")
    return server


@pytest.fixture
def hand(door: Gateway, upstream: Ollama) -> Hand:
    return Hand(door.url(), door.key)


def is_free(door: Gateway) -> bool:
    return bool(door.machine("box")["requests"] == {"running": 0, "waiting": 0})


# An upstream that dies.


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_one_that_dies_in_the_middle_of_a_stream(door: Gateway, upstream: Ollama, kind: str) -> None:
    upstream.fail(kind, after=3)
    own, other = native(door.url(), door.key), compatible(door.url(), door.key, max_retries=0)
    parts: list[Any] = []
    with pytest.raises(official.ResponseError, match="broke off"):
        parts.extend(own.chat("gem", PROMPT, stream=True))
    assert "".join(part.message.content for part in parts) == "You said: the"
    upstream.fail(kind, after=3)
    chunks: list[Any] = []
    with pytest.raises(openai.APIError, match="broke off"):
        chunks.extend(other.chat.completions.create(**STREAMED))
    assert "".join(chunk.choices[0].delta.content for chunk in chunks) == "You said: the"
    upstream.fail(kind, after=3)
    events = list(other.responses.create(model="gem", input="the quick brown fox", stream=True))
    assert [events[0].type, events[-1].type] == ["response.created", "error"]
    assert "broke off" in events[-1].message
    wait_for(lambda: is_free(door), 10)


@pytest.mark.parametrize("kind", ["cut", "reset"])
def test_one_that_dies_before_it_said_anything(door: Gateway, upstream: Ollama, hand: Hand, kind: str) -> None:
    for path, key in (("/api/chat", "error"), ("/v1/chat/completions", "error"), ("/v1/messages", "error")):
        upstream.fail(kind)
        answer = hand.ask("POST", path, {**CHAT, "stream": False, "max_tokens": 5})
        assert answer.status == 502, path
        assert "broke off" in str(answer.json()[key])
    upstream.fail(kind)
    client = compatible(door.url(), door.key)
    assert client.chat.completions.create(**CHAT).choices[0].message.content, "the second try of its own was served"


@pytest.mark.parametrize(("path", "body"), [("/api/chat", CHAT), ("/v1/chat/completions", STREAMED)])
def test_one_that_dies_in_the_middle_of_a_line(hand: Hand, upstream: Ollama, path: str, body: Any) -> None:
    """Nothing may be put after half a line: the client must see that it broke off."""
    upstream.fail("half", after=2)
    with hand.answering("POST", path, body) as answer, pytest.raises(http.client.IncompleteRead) as caught:
        answer.read()
    assert b"broke off" not in caught.value.partial
    assert not caught.value.partial.endswith(b"\n")
    wait_for(lambda: upstream.active() == 0, 15)


def test_what_fails_on_its_way_says_so_itself(door: Gateway, hand: Hand, upstream: Ollama) -> None:
    upstream.fail("error", after=2, text="the runner has died")
    with pytest.raises(official.ResponseError, match="the runner has died"):
        list(native(door.url(), door.key).generate("gem", "x y", stream=True))
    upstream.fail("error", text="out of memory")
    answer = hand.ask("POST", "/v1/completions", {"model": "gem", "prompt": "x"})
    assert (answer.status, answer.json()["error"]["message"]) == (500, "out of memory")


def test_a_busy_one_says_so_itself(hand: Hand, upstream: Ollama) -> None:
    upstream.fail("busy")
    answer = hand.ask("POST", "/api/chat", CHAT)
    assert (answer.status, answer.json()["error"][:11]) == (503, "server busy")
    assert len(upstream.seen("/api/chat")) == 1, "the gateway repeats nothing"


def test_an_error_after_the_status_was_said(hand: Hand, upstream: Ollama) -> None:
    """A keep-alive has fixed the status at 200: what the service then refuses is the last line."""
    upstream.manners.first_token_seconds = 5.0
    upstream.fail("error", text="cudaMalloc failed")
    answer = hand.ask("POST", "/api/chat", CHAT)
    assert answer.status == 200
    assert json.loads(answer.body.strip()) == {"error": "cudaMalloc failed"}
    upstream.fail("error", text="cudaMalloc failed")
    events = hand.ask("POST", "/v1/chat/completions", STREAMED)
    assert events.status == 200
    comment, event = events.body.strip().split(b"\n\n")[0], events.body.strip().split(b"\n\n")[-1]
    assert comment.startswith(b": ")
    assert json.loads(event.removeprefix(b"data: "))["error"]["message"] == "cudaMalloc failed"


def test_a_service_that_is_gone_and_cannot_be_woken(door: Gateway, hand: Hand, upstream: Ollama) -> None:
    upstream.shut()
    seconds, answer = took(lambda: hand.ask("POST", "/api/chat", {**CHAT, "stream": False}))
    assert answer.status in {502, 504}
    assert seconds < 40
    assert answer.json()["error"]
    door.wait_for_state("box", "unreachable")
    seconds, again = took(lambda: hand.ask("POST", "/api/chat", CHAT))
    assert again.status == 504
    assert seconds < 10, "it is known now"
    assert hand.ask("GET", "/api/tags").json()["models"], "what was seen last"
    upstream.reboot()
    door.wait_for_state("box", "awake")
    assert hand.ask("POST", "/api/chat", {**CHAT, "stream": False}).status == 200


# An upstream that crawls.


def test_a_slow_one_is_waited_for(door: Gateway, upstream: Ollama) -> None:
    """The model loads for six seconds; the clients read for four at most."""
    upstream.manners.load_seconds = 6.0
    url, key = door.url(), door.key
    results: dict[str, Any] = {}

    def one() -> None:
        parts = native(url, key, timeout=4.0).chat("gem", PROMPT, stream=True)
        results["native"] = "".join(part.message.content or "" for part in parts)

    def other() -> None:
        chunks = compatible(url, key, timeout=4.0, max_retries=0).chat.completions.create(**STREAMED)
        results["openai"] = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    threads = [threading.Thread(target=target) for target in (one, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    said = "You said: the quick brown fox"
    assert results == {"native": said, "openai": said}


def test_one_that_stands_still_between_tokens_is_not_filled_up(door: Gateway, hand: Hand, upstream: Ollama) -> None:
    """Once the service speaks, every byte is its own, however long it pauses."""
    said = paced(upstream, 3, 2.5)
    with hand.answering("POST", "/api/generate", {"model": "gem", "prompt": "x"}) as answer:
        body = answer.read()
    lines = body.split(b"\n")[:-1]
    assert [json.loads(line)["response"] for line in lines] == [*said, ""]
    assert all(line.startswith(b"{") for line in lines)


def test_a_frozen_machine_is_waited_for(door: Gateway, upstream: Ollama) -> None:
    upstream.freeze()
    threading.Timer(6.0, upstream.thaw).start()
    client = native(door.url(), door.key, timeout=4.0)
    seconds, parts = took(lambda: list(client.chat("gem", PROMPT, stream=True)))
    assert parts[-1].done
    assert seconds > 4.0


def test_one_that_hangs_is_let_go_with_its_client(door: Gateway, upstream: Ollama) -> None:
    upstream.fail("hang", after=2)
    with pytest.raises(httpx.ReadTimeout):
        list(native(door.url(), door.key, timeout=1.5).chat("gem", PROMPT, stream=True))
    upstream.wait_for("cancelled", "/api/chat", seconds=15)
    wait_for(lambda: is_free(door), 10)


# Clients.


def test_a_client_that_reads_slowly_holds_its_upstream_and_nobody_else(
    door: Gateway, hand: Hand, upstream: Ollama
) -> None:
    upstream.manners.reply = lambda _: ["x" * 65_536] * 1_000
    with hand.answering("POST", "/api/generate", {"model": "gem", "prompt": "x"}) as answer:
        answer.read1(10)
        time.sleep(1.5)
        [visit] = upstream.seen("/api/generate")
        held = visit.sent_bytes
        assert held < 32 << 20, "it waits for the client, and is not kept in memory"
        upstream.manners.reply = None
        assert native(door.url(), door.key).generate("gem", "quick").done
        assert len(answer.read()) > 60 << 20
    assert visit.outcome == "served"


def test_pages_are_quick_while_a_hundred_streams_run(door: Gateway, upstream: Ollama) -> None:
    paced(upstream, 60, 0.2)  # long enough for all of them to be there together
    upstream.manners.parallel = 200
    door.run("gateway.machine.change", name="box", parallel=100)
    ended: list[bool] = []

    def talk() -> None:
        parts = list(native(door.url(), door.key).generate("gem", "x", stream=True))
        ended.append(parts[-1].done and len(parts) == 61)

    threads = [threading.Thread(target=talk) for _ in range(100)]
    for thread in threads:
        thread.start()
    wait_for(lambda: upstream.active() >= 90, 30)
    slowest = max(took(lambda: ask(door.origin, "GET", "/login"))[0] for _ in range(10))
    for thread in threads:
        thread.join(90)
    assert ended == [True] * 100
    assert slowest < 8


def test_garbage_is_no_request(door: Gateway, hand: Hand, upstream: Ollama) -> None:
    """What is no JSON goes to the service, which knows best; the gateway only looks for the model's name."""
    for body in (b"nonsense", b'{"model": 5}', b"[" * 5000, b"\xff\xfe", b'{"model": "gem", "stream": "yes"}'):
        direct = ask(upstream.url, "POST", "/api/chat", body)
        answer = hand.ask("POST", "/api/chat", body)
        assert (answer.status, answer.body) == (direct.status, direct.body), body[:20]
