"""The gateway before a real language model: llama.cpp's server with Gemma 3 270M. Only `make real` has them.

The server speaks `/v1` as OpenAI does. It answers 503 while its model loads, which is what a machine looks like whose
service is not up yet; the magic packet starts the process.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import openai
import pytest

from ..fakes.ollama_clients import Hand, ask, compatible
from ..fakes.sleeping_machine import SleepingMachine
from ..journeys.gateway import Gateway, gateway
from ..journeys.halves import wait_for
from .conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.model]

ASKED: list[Any] = [{"role": "user", "content": "Write one short sentence about the sea."}]
STILL: dict[str, Any] = {"model": "gemma", "messages": ASKED, "temperature": 0, "seed": 7, "max_tokens": 24}
COUNT = [{"role": "user", "content": "Count from one to thirty in words."}]
FORM = {
    "type": "object",
    "properties": {"city": {"type": "string", "maxLength": 12}, "warm": {"type": "boolean"}},
    "required": ["city", "warm"],
}


class LlamaServer:
    """A process that is there while its machine is on."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.listening: subprocess.Popen[bytes] | None = None

    def reboot(self) -> None:
        """Start it; the model loads then."""
        words = ["--model", os.environ["WAKEFUL_LLAMA_MODEL"], "--alias", "gemma", "--host", "127.0.0.1"]
        words += ["--port", str(self.port), "--ctx-size", "8192", "--parallel", "4", "--threads", "2", "--slots"]
        quiet = subprocess.DEVNULL
        command = [os.environ["WAKEFUL_LLAMA_SERVER"], *words]
        self.listening = subprocess.Popen(command, stdin=quiet, stdout=quiet, stderr=quiet)

    def shut(self) -> None:
        """Kill it, as a machine that is switched off does."""
        if self.listening is not None:
            self.listening.kill()
            self.listening.wait(20)
            self.listening = None

    def working(self) -> int:
        """Return how many answers it works at."""
        return sum(slot["is_processing"] for slot in ask(self.url, "GET", "/slots").json())


class LlamaMachine(SleepingMachine):
    """A machine whose service is that process."""

    @classmethod
    @contextlib.contextmanager
    def asleep(cls) -> Iterator[LlamaMachine]:
        """Run the machine until the block ends."""
        machine = cls(LlamaServer(), 0.5, 0)  # type: ignore[arg-type]  # it is switched as an Ollama is
        try:
            yield machine
        finally:
            machine.end()


@pytest.fixture(scope="module")
def machine() -> Iterator[LlamaMachine]:
    with LlamaMachine.asleep() as made:
        yield made


@pytest.fixture(scope="module")
def server(machine: LlamaMachine) -> LlamaServer:
    return machine.ollama  # type: ignore[return-value]  # as above


@pytest.fixture(scope="module")
def door(machine: LlamaMachine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with gateway(tmp_path_factory.mktemp("gateway") / "data") as made:
        made.add("box", "asleep", default=True, keepalive_seconds=1, boot_seconds=300, **machine.settings)
        yield made


@pytest.fixture(scope="module")
def awake(door: Gateway, machine: LlamaMachine) -> Gateway:
    """The gateway, whose first client has waited until the model was loaded."""
    client = compatible(door.url(), door.key, timeout=30.0, max_retries=0)
    with client.chat.completions.create(**STILL, stream=True) as stream:
        text = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
    assert len(text.split()) > 3
    assert len(machine.wakings) == 1
    return door


def test_the_first_request_starts_it(awake: Gateway) -> None:
    assert awake.machine("box")["state"] == "awake"


def test_through_and_direct_are_the_same(awake: Gateway, server: LlamaServer) -> None:
    for client in (compatible(server.url), compatible(awake.url(), awake.key)):
        assert [model.id for model in client.models.list()] == ["gemma"]
    direct, through = compatible(server.url), compatible(awake.url(), awake.key)
    whole = direct.chat.completions.create(**STILL).choices[0].message.content
    assert through.chat.completions.create(**STILL).choices[0].message.content == whole
    chunks = list(through.chat.completions.create(**STILL, stream=True, stream_options={"include_usage": True}))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == whole
    usage = chunks[-1].usage
    assert usage is not None
    assert usage.completion_tokens > 3
    plain = {"model": "gemma", "prompt": "One, two,", "temperature": 0, "max_tokens": 8}
    assert through.completions.create(**plain).choices[0].text == direct.completions.create(**plain).choices[0].text


def test_tokens_come_one_by_one(awake: Gateway) -> None:
    client = compatible(awake.url(), awake.key)
    chunks = client.chat.completions.create(**{**STILL, "max_tokens": 60, "messages": COUNT}, stream=True)
    came = [time.monotonic() for chunk in chunks if chunk.choices and chunk.choices[0].delta.content]
    assert len(came) > 10
    assert came[-1] - came[0] > 0.1


def test_a_form_is_kept_to(awake: Gateway) -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "place", "schema": FORM}}
    client = compatible(awake.url(), awake.key)
    made = client.chat.completions.create(**{**STILL, "max_tokens": 60}, response_format=schema)  # type: ignore[call-overload]  # plain dicts
    found = json.loads(made.choices[0].message.content)
    assert isinstance(found["city"], str)
    assert isinstance(found["warm"], bool)


def test_its_errors_are_its_own(awake: Gateway, server: LlamaServer) -> None:
    for path, body in (
        ("/v1/chat/completions", {"model": "gemma", "messages": "none"}),
        ("/v1/embeddings", {"model": "gemma", "input": "x"}),
        ("/v1/nowhere", {}),
    ):
        direct, through = ask(server.url, "POST", path, body), Hand(awake.url(), awake.key).ask("POST", path, body)
        assert direct.status >= 400
        assert (through.status, through.body) == (direct.status, direct.body), path


def test_other_dialects(awake: Gateway) -> None:
    hand = Hand(awake.url(), awake.key)
    body = {"model": "gemma", "max_tokens": 12, "messages": ASKED, "stream": True}
    streamed = hand.ask("POST", "/v1/messages", body)
    names = [line[7:] for line in streamed.body.decode().splitlines() if line.startswith("event: ")]
    assert [names[0], names[-1]] == ["message_start", "message_stop"]
    events = list(
        compatible(awake.url(), awake.key).responses.create(
            model="gemma", input="Hello.", max_output_tokens=12, stream=True
        )
    )
    assert events[-1].type == "response.completed"


def test_a_client_that_goes_stops_the_model(awake: Gateway, server: LlamaServer) -> None:
    body = {**STILL, "max_tokens": 4000, "stream": True, "ignore_eos": True}
    with Hand(awake.url(), awake.key).answering("POST", "/v1/chat/completions", body) as answer:
        assert answer.read1(100)
        wait_for(lambda: server.working() == 1, 10)
    wait_for(lambda: server.working() == 0, 10)
    slow = compatible(awake.url(), awake.key, timeout=1.0, max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        slow.chat.completions.create(**{**STILL, "max_tokens": 4000}, extra_body={"ignore_eos": True})
    wait_for(lambda: server.working() == 0, 10)


def test_more_than_it_does_at_once(awake: Gateway, server: LlamaServer) -> None:
    client = compatible(awake.url(), awake.key, max_retries=0)
    texts: list[str] = []

    def talk() -> None:
        chunks = client.chat.completions.create(**{**STILL, "max_tokens": 10}, stream=True)
        texts.append("".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices))

    threads = [threading.Thread(target=talk) for _ in range(7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert len(texts) == 7
    assert all(len(text.split()) > 3 for text in texts)


def test_one_that_is_killed_in_the_middle_is_started_again(
    awake: Gateway, machine: LlamaMachine, tmp_path: Path
) -> None:
    client = compatible(awake.url(), awake.key, max_retries=0)
    chunks = client.chat.completions.create(
        **{**STILL, "max_tokens": 4000}, stream=True, extra_body={"ignore_eos": True}
    )
    next(iter(chunks))
    machine.power_off()
    with pytest.raises((openai.APIError, Exception), match=r"broke off|incomplete|peer closed"):
        list(chunks)
    whole = client.chat.completions.create(**STILL)
    assert whole.choices[0].message.content
    assert len(machine.wakings) == 2
