"""A machine that sleeps is woken by its name: a collector and an agent as people run them, over a real bridge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .networks import CARDS, networks
from .test_wake import magic

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.networks]


def test_a_machine_is_woken_by_its_name(tmp_path: Path) -> None:
    with networks(tmp_path) as land:
        land.run("agent", "ip", "link", "set", "lo", "up")
        mac = CARDS["sleeper", "eth0"][1]
        words = land.command("agent", sys.executable, "-m", "tests.real.waking_by_name", str(tmp_path), mac)
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as actor:
            assert actor.stdout is not None
            assert actor.stdin is not None
            assert actor.stdout.readline() == "ready\n"
            with land.asleep("sleeper") as asleep:
                actor.stdin.write("\n")
                actor.stdin.flush()
                told = json.loads(actor.stdout.readline())
    assert told["alone"]["command"] is None
    assert told["alone"]["result"]["why"] == "the collector itself is in 10.91.1.0/24"
    assert [row["mac"] for row in told["hello"]["networks"]] == [CARDS["agent", name][1] for name in ("eth0", "eth1")]
    (announced,) = told["hello"]["actions"]
    assert announced["targets"] == {"anybody": False, "machines": [], "networks": ["10.91.1.0/24"]}
    woken = told["woken"]["command"]
    assert woken["state"] == "done", woken
    assert woken["summary"].startswith("nas is up, ")
    assert magic("sleeper") in asleep.frames[0]
    denied = told["denied"]["command"]
    assert denied["state"] in {"failed", "refused"}
    assert "does not permit asking 10.91.3.20" in denied["summary"]
    assert told["events"] == [["wake.sent", "nas"], ["wake.succeeded", "nas"]]
