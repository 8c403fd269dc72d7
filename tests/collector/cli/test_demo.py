"""demo: fill, refuse real machines, go on."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress

from wakeful_collector.demo import filling
from wakeful_collector.read import hosts
from wakeful_collector.store import agents, database
from wakeful_collector.store.changes import changing


def test_an_empty_folder_is_filled_once(run, data):
    ran = run("demo", "--hosts", "3", "--days", "1", "--no-live", "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["hosts"] == 3
    again = run("demo", "--hosts", "5", "--days", "1", "--no-live")
    assert again.code == 0
    assert "already" in again.err
    assert len(hosts.hosts(data)) == 3


def test_for_people_it_says_what_was_made(run, monkeypatch):
    class Terminal:
        def __init__(self, stream):
            self.stream = stream

        def __getattr__(self, name):
            return getattr(self.stream, name)

        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal(sys.stderr))
    ran = run("demo", "--hosts", "2", "--days", "1", "--no-live", "--seed", "9")
    assert "2 machines with 1 days of past" in ran.out


def test_real_machines_are_never_touched(run, data):
    database.create(data)
    with changing(data) as connection:
        agents.add(connection, "abcdefghijkl", agents.Newcomer("mine", "x"), 1)
    ran = run("demo", "--no-live")
    assert ran.code == 4
    assert "real machines" in ran.err
    assert [one.name for one in hosts.hosts(data)] == ["mine"]


def test_a_filling_that_was_interrupted_says_the_way_out(run, data, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(filling, "as_completed", interrupted)
        assert run("demo", "--hosts", "3", "--days", "1", "--no-live").code == 1
    ran = run("demo", "--hosts", "3", "--days", "1", "--no-live")
    assert ran.code == 1
    assert f"a sample fleet was begun in {data} and interrupted; remove that folder" in ran.err


def test_numbers_have_bounds(run):
    assert run("demo", "--hosts", "0").code == 2
    assert run("demo", "--days", "100").code == 2


def test_there_must_be_a_fleet_to_drive(run):
    ran = run("demo", "--drive")
    assert ran.code == 1
    assert "no sample fleet" in ran.err


def test_it_is_served_and_driven_live(data):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
    argv = [sys.executable, "-m", "wakeful_collector", "demo", "--hosts", "3", "--days", "1", "--data", str(data)]
    child = subprocess.Popen([*argv, "--listen", f"127.0.0.1:{port}"], env=environ, stdout=subprocess.PIPE, text=True)
    try:
        seen = False
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not seen:
            with suppress(Exception):
                newest = max(one.last_seen_ms or 0 for one in hosts.hosts(data))
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=10) as answer:
                    seen = answer.status == 200 and newest > json.loads((data / "demo.json").read_text())["end_ms"]
            time.sleep(0.2)
        assert seen
    finally:
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=30)
    assert child.returncode == 0
