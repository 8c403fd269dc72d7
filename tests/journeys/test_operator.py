"""Somebody at a laptop: logs in, looks, asks a real agent through a real collector, and follows what happens."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from .halves import Agent, Collector, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOCAL_FILE = """\
[meters.ports]
enabled = false
[policy]
allow = ["mark"]

[[action]]
name = "mark"
argv = ["/bin/sh", "-c", "echo $0 >> {folder}/marks", "{{word}}"]
[action.parameters.word]
kind = "choice"
choices = ["one", "two"]

[[action]]
name = "never"
argv = ["/bin/sh", "-c", "echo never >> {folder}/marks"]
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Laptop:
    """A home with `wakeful` in it."""

    def __init__(self, home: Path) -> None:
        kept = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        self.environ = {**kept, "HOME": str(home), "XDG_CONFIG_HOME": str(home / "config"), "PYTHONWARNINGS": "ignore"}
        self.argv = [sys.executable, "-c", "import sys; from wakeful_collector.remote import main; sys.exit(main())"]

    def __call__(self, *words: str, stdin: str = "") -> Ran:
        ran = subprocess.run(
            [*self.argv, *words],
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    started = Collector(tmp_path / "collector")
    started.start()
    yield started
    started.end()


@pytest.fixture
def agent(tmp_path: Path, collector: Collector) -> Iterator[Agent]:
    made = Agent(tmp_path / "agent")
    config = made.folder / "config"
    config.mkdir(parents=True)
    (config / "agent.toml").write_text(LOCAL_FILE.format(folder=made.folder))
    (config / "agent.toml").chmod(0o600)
    made.enrol(collector)
    made.start()
    yield made
    made.end()


@pytest.fixture
def laptop(tmp_path: Path, collector: Collector) -> Laptop:
    found = Laptop(tmp_path / "home")
    argv = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "laptop", "--scope", "operate"]
    made = subprocess.run([*argv, "--data", str(collector.data)], check=True, capture_output=True, text=True)
    ran = found("login", f"http://127.0.0.1:{collector.port}", stdin=made.stdout)
    assert (ran.code, "which may: read, operate" in ran.out) == (0, True), ran
    return found


def test_a_day_of_an_operator(laptop: Laptop, collector: Collector, agent: Agent) -> None:
    wait_for(lambda: "mark" in laptop("host", hosts(laptop)[0]).out if hosts(laptop) else False, 60)
    [name] = hosts(laptop)
    follower = subprocess.Popen(
        [*laptop.argv, "events", "--follow", "--json", "--kind", "command.done", "-n", "9", "--interval", "0.3"],
        env=laptop.environ,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        ran = laptop("ask", name, "mark", "word=two", "--yes")
        assert (ran.code, ran.out.startswith(f"done mark on {name}")) == (0, True), ran
        assert (agent.folder / "marks").read_text() == "two\n"
        assert follower.stdout is not None
        told = json.loads(follower.stdout.readline())
        assert told["kind"] == "command.done"
    finally:
        follower.kill()
        follower.communicate()
    listed = laptop("commands", "--host", name, "--json")
    assert [one["id"] for one in json.loads(listed.out)["commands"]] == [told["data"]["command"]]
    # What the machine's own file does not permit is not to be had, whatever the collector's key may do.
    for words in (("ask", name, "never"), ("run", "host.command", f"host={name}", "action=never")):
        ran = laptop(*words, "--yes")
        assert (ran.code, "never" in ran.err) == (7, True), ran
    assert (agent.folder / "marks").read_text() == "two\n"
    # A machine that is away is waited for as long as said, and gets it when it is back.
    agent.end()
    ran = laptop("ask", name, "mark", "word=one", "--yes", "--wait", "1")
    assert ran.code == 6, ran
    number = ran.out.rsplit("wakeful commands ", 1)[1].strip()
    agent.start()
    assert laptop("commands", number, "--wait=60").code == 0
    assert (agent.folder / "marks").read_text() == "two\none\n"
    collector.end()
    assert laptop("hosts").code == 4


def hosts(laptop: Laptop) -> list[str]:
    """Return the names of the hosts that the laptop sees."""
    ran = laptop("hosts", "--json")
    return [str(one["name"]) for one in json.loads(ran.out)["hosts"]] if ran.code == 0 else []
