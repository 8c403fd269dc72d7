"""Game servers that answer, that are still loading, that are gone, and that are frozen: alive and silent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Iterator

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, STARTING, UNKNOWN, UP
from wakeful_agent.watches.game import GameWatch

from ...fakes.game_servers import a2s_server, bedrock_server, source_info
from ..conftest import until


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that is bound, and where nobody reads: what a frozen server looks like from outside."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        yield made.getsockname()[1]


def watch(address: str, **options: Any) -> GameWatch:
    return GameWatch("it", {"address": address, "timeout_seconds": 0.15, **options})


def test_one_that_answers_is_up() -> None:
    with a2s_server(source_info()) as port:
        sight = watch(f"a2s://127.0.0.1:{port}", timeout_seconds=5.0).look(Host(), 0)
    assert (sight.state, sight.detail) == (UP, "Ours")
    assert sight.data == {"players": 3, "limit": 10, "map": "cp_badlands"}
    with bedrock_server() as port:
        assert watch(f"bedrock://127.0.0.1:{port}", timeout_seconds=5.0).look(Host(), 0).state == UP


def test_several_questions_in_a_row_must_be_lost(silent: int) -> None:
    one = watch(f"a2s://127.0.0.1:{silent}")
    assert [one.look(Host(), 0).state for _ in range(4)] == [UNKNOWN, UNKNOWN, DOWN, DOWN]


def test_an_answer_begins_the_count_anew() -> None:
    with a2s_server(source_info(), lost=1) as port:
        one = watch(f"a2s://127.0.0.1:{port}", misses=2, timeout_seconds=0.3)
        assert one.look(Host(), 0).state == UNKNOWN
        until(lambda: one.look(Host(), 0).state == UP)
    assert one.look(Host(), 0).state == UNKNOWN


def test_a_frozen_one_has_its_process_and_is_told_apart_from_one_that_loads_or_is_gone(silent: int) -> None:
    mark = f"wakeful-game-{os.getpid()}"
    options: dict[str, Any] = {"words": mark, "misses": 1}
    address = f"a2s://127.0.0.1:{silent}"
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", mark]) as game:
        until(lambda: mark in Path(f"/proc/{game.pid}/cmdline").read_text())
        loading = watch(address, **options).look(Host(), 0)
        assert loading.state == STARTING
        assert "does not answer yet" in loading.detail
        frozen = watch(address, loading_seconds=0.0, **options).look(Host(), 0)
        assert (frozen.state, frozen.detail) == (
            DOWN,
            f"process {game.pid} runs and does not answer any more: it is frozen",
        )
        game.kill()
    gone = watch(address, loading_seconds=0.0, words=mark, misses=9).look(Host(), 0)
    assert (gone.state, gone.detail) == (DOWN, "no such process runs")


def test_what_the_file_says_wrong() -> None:
    assert GameWatch.check({"address": "quake://x"})[0].startswith("address must begin with a2s://")
    assert GameWatch.check({"address": "a2s://"})[0].startswith("address ")
    assert GameWatch.subject({"address": "a2s://Host"}) == "host:27015"
