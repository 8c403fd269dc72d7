"""nginx between the clients and the gateway, which cuts what is silent: scaled to four seconds from its sixty."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from ..fakes.ollama_clients import PROMPT, Hand, compatible, native, paced
from ..fakes.sleeping_machine import SleepingMachine, sleeping_machine
from ..journeys.gateway import Gateway, gateway
from .conftest import await_true, free_port, program, running
from .ground import nginx_configuration

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

SILENCE_SECONDS = 4
SERVER = """
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass {upstream};
            proxy_set_header Host $http_host;
            proxy_read_timeout {silence}s;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            client_max_body_size 0;
        }}
    }}
"""
"""Nothing is said of buffering answers: the gateway's own header is what lets streams through."""


@pytest.fixture
def sleeper() -> Iterator[SleepingMachine]:
    with sleeping_machine(9.0) as machine:
        yield machine


@pytest.fixture
def door(tmp_path: Path, sleeper: SleepingMachine) -> Iterator[Gateway]:
    with gateway(tmp_path / "data") as made:
        made.add("box", "asleep", default=True, keepalive_seconds=1, **sleeper.settings)
        yield made


@pytest.fixture
def url(tmp_path: Path, door: Gateway) -> Iterator[str]:
    """The gateway's address behind nginx."""
    port = free_port()
    server = SERVER.format(port=port, upstream=door.origin, silence=SILENCE_SECONDS)
    command = [program("nginx"), "-c", str(nginx_configuration(tmp_path, server)), "-p", str(tmp_path)]
    with running(command, log=tmp_path / "nginx.log"):
        await_true((tmp_path / "nginx.pid").exists, "nginx")
        yield f"http://127.0.0.1:{port}/ollama"


def test_a_cold_wake_behind_a_proxy_that_cuts_silence(door: Gateway, sleeper: SleepingMachine, url: str) -> None:
    refused = Hand(url, door.key).ask("POST", "/api/chat", {"model": "gem", "messages": PROMPT, "stream": False})
    assert refused.status == 504, "what may not be kept alive is cut by nginx, which is why streams are"
    assert b"nginx" in refused.body
    parts = list(native(url, door.key).chat("gem", PROMPT, stream=True))
    assert "".join(part.message.content or "" for part in parts) == "You said: the quick brown fox"
    assert len(sleeper.wakings) == 1


def test_streams_pass_it_as_they_are_made(door: Gateway, sleeper: SleepingMachine, url: str) -> None:
    client = compatible(url, door.key, max_retries=0)
    chat: dict[str, Any] = {"model": "gem", "messages": PROMPT}
    assert list(client.chat.completions.create(**chat, stream=True))
    said = paced(sleeper.ollama, 10, 0.3)
    came, words = [], []
    for chunk in client.chat.completions.create(**chat, stream=True):
        came.append(time.monotonic())
        words.append(chunk.choices[0].delta.content or "")
    assert "".join(words) == "".join(said)
    assert came[9] - came[0] > 1.8, "none was kept back"
    with contextlib.suppress(StopIteration), Hand(url, door.key).answering("POST", "/api/chat", chat) as answer:
        assert answer.read1(10)
    sleeper.ollama.wait_for("cancelled", "/api/chat", seconds=10)


def test_large_uploads_pass_it(door: Gateway, sleeper: SleepingMachine, url: str, tmp_path: Path) -> None:
    sleeper.ollama.reboot()
    door.wait_for_state("box", "awake")
    file = tmp_path / "model.gguf"
    file.write_bytes(bytes(9_000_000))
    assert native(url, door.key).create_blob(file).startswith("sha256:")
