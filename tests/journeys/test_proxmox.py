"""Somebody with a cluster and a laptop: from nothing to a declared estate, and every surprise on the way told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

import pytest

from ..fakes.proxmox import FakeCluster, proxmox
from .halves import Collector, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Laptop:
    """A home with `wakeful` in it, and a key for the collector."""

    def __init__(self, home: Path, collector: Collector) -> None:
        argv = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "laptop", "--scope", "admin"]
        made = subprocess.run(
            [*argv, "--json", "--data", str(collector.data)], check=True, capture_output=True, text=True
        )
        kept = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        self.secret = str(json.loads(made.stdout)["key"])
        self.environ = {
            **kept,
            "HOME": str(home),
            "XDG_CONFIG_HOME": str(home / "config"),
            "PYTHONWARNINGS": "ignore",
            "WAKEFUL_URL": f"http://127.0.0.1:{collector.port}",
            "WAKEFUL_API_KEY": self.secret,
        }
        self.home = home
        self.said: list[str] = []

    def __call__(self, *words: str, stdin: str = "") -> Ran:
        argv = [sys.executable, "-c", "import sys; from wakeful_collector.remote import main; sys.exit(main())"]
        ran = subprocess.run(
            [*argv, "proxmox", *words],
            env=self.environ,
            cwd=self.home,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        self.said += [ran.stdout, ran.stderr]
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def good(self, *words: str, stdin: str = "") -> str:
        """Run something that must go well, and return what it printed."""
        ran = self(*words, stdin=stdin)
        assert ran.code == 0, (words, ran)
        return ran.out


@pytest.fixture
def pve() -> Iterator[FakeCluster]:
    with proxmox() as made:
        made.node("pve2")
        made.vm(101, "web-1", status="stopped", config={"memory": "2048", "cores": 2, "tags": "prod"})
        made.vm(102, "vault", status="running", config={"memory": "1024", "protection": 1})
        made.ct(200, "dns", status="running", config={"memory": 512, "hostname": "dns"})
        yield made


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    started = Collector(tmp_path / "collector")
    started.start()
    yield started
    started.end()


@pytest.fixture
def laptop(tmp_path: Path, collector: Collector) -> Laptop:
    home = tmp_path / "laptop"
    home.mkdir()
    return Laptop(home, collector)


def test_from_nothing_to_a_declared_estate(pve: FakeCluster, laptop: Laptop, collector: Collector) -> None:
    _connect(pve, laptop)
    _look(laptop)
    _act(pve, laptop)
    _declare(pve, laptop)
    _drift(pve, laptop)
    _survive(pve, laptop, collector)
    assert not [text for text in laptop.said if pve.secret in text or laptop.secret in text]


def _connect(pve: FakeCluster, laptop: Laptop) -> None:
    """Nothing is there; a token's lines are told; a certificate that nobody vouches for is explained, then trusted."""
    assert "No clusters yet" in laptop().err
    before = laptop("test-connection")
    assert (before.code, "pveum user token add" in before.out) == (1, True)
    settings = (f"hosts={pve.host}", f"login={pve.token_id}")
    added = laptop("add", "lab", *settings, "poll_seconds=5", "secret=@-", stdin=f"{pve.secret}\n")
    assert (added.code, pve.fingerprint in added.out) == (0, True)
    assert laptop("test-connection", "lab").code == 1
    laptop.good("trust", "lab", pve.fingerprint, "--yes")
    assert "certificate: trusted" in laptop.good("test-connection", "lab", "-v", "--for", "act")


def _look(laptop: Laptop) -> None:
    """Everything is in view."""
    assert "2 nodes, 3 guests" in laptop.good("sync")
    assert "2/2" in laptop.good()
    guests = json.loads(laptop.good("guests", "--json"))["guests"]
    assert [(one["vmid"], one["status"]) for one in guests] == [(101, "stopped"), (102, "running"), (200, "running")]
    assert "never" in laptop.good("backups")


def _act(pve: FakeCluster, laptop: Laptop) -> None:
    """Deeds end as their tasks end, what is protected refuses, and a dry run writes nothing."""
    seen = len(pve.requests())
    assert "status/start" in laptop.good("start", "web-1", "--dry-run")
    assert laptop("stop", "vault", "--yes").code == 7
    assert pve.writes(seen) == []
    assert laptop.good("start", "web-1").startswith("ok ")
    assert laptop.good("snapshot", "web-1", "before-upgrade", "--yes").startswith("ok ")
    laptop.good("sync")
    shown = laptop.good("guest", "web-1")
    assert "running" in shown.splitlines()[0]
    assert "before-upgrade" in shown
    assert "qmsnapshot" in laptop.good("tasks", "--guest", "web-1")
    history = json.loads(laptop.good("history", "web-1", "--json"))["changes"]
    assert ("status", "stopped", "running") in {(one["field"], one["old"], one["new"]) for one in history}
    assert any("key:laptop" in one["who"] for one in history)


def _declare(pve: FakeCluster, laptop: Laptop) -> None:
    """What is exported plans to nothing; a change is planned, approved by its digest, done; then nothing is left."""
    laptop.good("export", "--to", "wishes")
    laptop.good("validate", "wishes")
    laptop.good("plan", "wishes")
    file = laptop.home / "wishes" / "lab" / "ct-200.yaml"
    file.write_text(file.read_text().replace("memory: 512M", "memory: 1G"))
    seen = len(pve.requests())
    planned = laptop("plan", "wishes", "--json")
    plan = json.loads(planned.out)["plan"]
    assert (planned.code, [one["new"] for one in plan["steps"]]) == (3, [{"memory": "1024"}])
    assert pve.writes(seen) == []
    assert laptop("apply", "wishes", "--digest", "0" * 64).code == 7
    assert laptop.good("apply", "wishes", "--digest", plan["digest"]).startswith("ok ")
    assert pve.get("config", guest=200)["memory"] in {1024, "1024"}
    laptop.good("sync")
    assert laptop.good("plan", "wishes") == "All is as declared.\n"
    file.write_text("spec: [nonsense\n")
    wrong = laptop("plan", "wishes")
    assert (wrong.code, "ct-200.yaml:" in wrong.err) == (2, True)
    laptop.good("export", "--to", "wishes", "--force")


def _drift(pve: FakeCluster, laptop: Laptop) -> None:
    """What somebody else changes is drift, with old and new."""
    laptop.good("wishes", "keep", "wishes", "--note", "as it is", "--yes")
    laptop.good("drift")
    pve.merge("config", {"memory": 256}, guest=200)
    laptop.good("sync")
    drifted = laptop("drift")
    assert (drifted.code, "256 -> 1024" in drifted.out) == (3, True)
    assert laptop.good("apply", "--yes").startswith("ok ")
    laptop.good("sync")
    laptop.good("drift")


def _survive(pve: FakeCluster, laptop: Laptop, collector: Collector) -> None:
    """A node that is away is told and blanks nothing; a collector that was killed knows everything again."""
    pve.offline("pve2")
    wait_for(lambda: "pve2 not online" in laptop.good("status"), 60)
    assert "web-1" in laptop.good("guests")
    pve.offline("pve2", offline=False)
    collector.kill_all()
    collector.start()
    assert "web-1" in laptop.good("guests")
    assert "start" in laptop.good("deeds")
    script = "use lab\ndescribe vm web-1\nshutdown web-1 --yes\n"
    assert "web-1 (101)" in laptop.good("console", stdin=script)
