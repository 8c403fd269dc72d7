"""A box in a network that the collector is not in: an agent there, as people run it, sends the packet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from wakeful_collector import clock, wake
from wakeful_collector.integrations.ollama import claims, settings
from wakeful_collector.read import commands, gateway
from wakeful_collector.store import database, gateway_machines
from wakeful_collector.store.changes import changing_gateway

from .conftest import await_true, running
from .networks import CARDS, networks
from .sshd import machine
from .test_gateway_box import ADDRESS, SSH_PORT, box
from .test_wake import magic
from .waking_by_name import POLICY

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.networks]

COLLECTOR = f"{CARDS['far', 'eth0'][2]}:8800"


def test_a_box_behind_a_router_is_woken_by_an_agent_of_its_network(tmp_path: Path) -> None:
    data, home = tmp_path / "data", tmp_path / "agent"
    home.mkdir(mode=0o700)
    (home / "agent.toml").write_text(POLICY, encoding="ascii")
    (home / "agent.toml").chmod(0o600)
    environ = {**os.environ, "WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": COLLECTOR}
    environ |= {"CONFIG_DIR": str(home), "STATE_DIR": str(home / "state"), "WAKEFUL_AGENT_INTERVAL_SECONDS": "1"}
    with networks(tmp_path) as land, machine(ADDRESS, SSH_PORT) as made:
        land.run("sleeper", "ip", "route", "add", "default", "via", "10.91.1.1")
        land.run("far", "ip", "link", "set", "lo", "up")
        database.create(data)
        python = [sys.executable, "-m"]
        log = tmp_path / "collector.log"
        serve = land.command("far", *python, "wakeful_collector", "serve", "--quiet")
        with box(land, made, deaf=0, boot_seconds=1) as (port, lines), running(serve, environ, log):
            words = [*python, "wakeful_collector", "invite", "--json", "--data", str(data)]
            invite = json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout)["invite"]
            enrol = land.command("agent", *python, "wakeful_agent", "enroll", f"http://{COLLECTOR}", "--invite", invite)
            await_true(lambda: not subprocess.run(enrol, env=environ, check=False).returncode, "the agent is enrolled")
            with running(land.command("agent", *python, "wakeful_agent", "run"), environ):
                mac = CARDS["sleeper", "eth0"][1]
                await_true(
                    lambda: wake.plan_stranger(data, "box", mac, ADDRESS, "", {}, clock.now_ms()).relays, "it may wake"
                )
                one = settings.check({"name": "box", "url": f"http://{ADDRESS}:{port}", "mac": mac})
                with changing_gateway(data) as connection:
                    gateway_machines.keep(connection, settings.row(one, "", 1, 1))
                claims.claim(data, "box", "script", "key:test", "", 300, clock.now_ms())
                begun = time.monotonic()
                await_true(lambda: (row := gateway.state(data, "box")) and row.state == "awake", "it is awake", 90)
                seconds = time.monotonic() - begun
        (command,) = commands.commands(data).commands
    assert (command.action, command.principal) == ("wake", "local:gateway")
    assert command.state in {"delivered", "done"}, "it may still be sending: three packets in 20 s"
    assert command.arguments["address"] == f"{ADDRESS}/24"
    frames = [bytes.fromhex(line.split()[1]) for line in lines if line.startswith("frame")]
    assert all(magic("sleeper") in frame for frame in frames)
    sender = CARDS["agent", "eth0"][1].replace(":", "")
    assert {frame[6:12].hex() for frame in frames} == {sender}, "the collector is in another network"
    assert seconds < 60
