"""From a server that cannot be kept up to somebody's pager: one message, its end, a silent host; over kill -9."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from ..fakes.webhook_receiver import Receiver, receiver
from .halves import Collector, kill
from .recovering import Keeper, Scene, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = (
    "silent_after_seconds = 10\nsilent_after_intervals = 5\nnotify_settle_seconds = 2\nnotify_timeout_seconds = 5\n"
)


class Operator:
    """Somebody with a key that may everything."""

    def __init__(self, collector: Collector) -> None:
        argv = [
            sys.executable,
            "-m",
            "wakeful_collector",
            "key",
            "create",
            "--name",
            "op",
            "--scope",
            "admin",
            "--json",
        ]
        made = subprocess.run([*argv, "--data", str(collector.data)], check=True, capture_output=True)
        self.key = json.loads(made.stdout)["key"]
        self.url = f"http://127.0.0.1:{collector.port}/api/v1"

    def __call__(self, path: str, body: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    data = tmp_path / "collector"
    data.mkdir(mode=0o700)
    (data / "collector.toml").write_text(SETTINGS)
    found = Collector(data)
    found.start()
    yield found
    found.end()


@pytest.fixture
def agent(tmp_path: Path, collector: Collector) -> Iterator[Keeper]:
    found = Keeper(tmp_path / "agent")
    found.enrol(collector)
    yield found
    found.end()


@pytest.fixture
def door() -> Iterator[Receiver]:
    with receiver() as found:
        yield found


def genuine(secret: str, got: dict[str, Any]) -> bool:
    stamp = got["headers"]["Wakeful-Timestamp"]
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + got["body"], hashlib.sha256).hexdigest()
    return abs(time.time() - int(stamp)) < 60 and got["headers"]["Wakeful-Signature"] == f"v1={digest}"


def test_somebody_is_called_once_and_told_of_the_end(collector: Collector, agent: Keeper, door: Receiver) -> None:
    operator = Operator(collector)
    made = operator("/channels", {"name": "pager", "kind": "webhook", "url": door.url})
    tested = operator(f"/channels/{made['id']}/test", {})
    assert door.wait(1, 15)[0]["document"]["moment"] == "test"
    wait_until(lambda: operator(f"/deliveries/{tested['delivery']}")["state"] == "delivered", 10)

    with contextlib.ExitStack() as stack:
        scene = Scene("hopeless", stack)
        scene.server.dies_after_seconds = 0.3
        agent.keep(scene.text(agent.folder, attempts=2, steady_seconds=5))
        agent.start()
        wait_until(lambda: scene.live, 20, agent.log)
        scene.server.say("what it said last")
        scene.server.say("Link: https://sshx.io/s/AbCdEfGhIj#TheKeyOfTheTerminal")
        scene.server.crash()
        called = door.wait(2, 60)[1]
        assert genuine(made["secret"], called)
        told = called["document"]
        assert told["moment"] == "opened"
        assert told["title"].startswith("hopeless on ")
        assert "gave up" in told["title"]
        kinds = [line["kind"] for line in told["incident"]["story"]]
        assert kinds[0] == "watch.down"
        assert kinds.count("recovery.attempted") == 2
        assert "what it said last" in told["text"]
        assert told["link"].endswith(f"#{told['incident']['id']}")
        assert "TheKeyOfTheTerminal" not in called["body"].decode()

        kill(collector.part("worker"))  # the supervisor starts another one; what it was at is in the outbox
        scene.server.dies_after_seconds = None
        scene.server.person("start")
        wait_until(lambda: door.received[-1]["document"]["moment"] == "closed", 60, agent.log)
        over = door.received[-1]["document"]
        assert over["incident"]["id"] == told["incident"]["id"]
        ids = {one["document"]["id"] for one in door.received[1:]}
        assert ids == {told["id"], over["id"]}, "what came twice, for the kill, came under the same id"
        assert "is up again after" in over["title"]

    [incident] = operator("/incidents?state=closed")["incidents"]
    assert incident["told"] is not None
    collector.end()
    wrote = b"".join(path.read_bytes() for path in collector.data.rglob("*") if path.is_file())
    wrote += agent.log.read_bytes()
    for secret in (b"PathIsASecret", made["secret"].encode(), b"TheKeyOfTheTerminal"):
        assert secret not in wrote


def test_a_silent_host_is_told_and_so_is_its_return(collector: Collector, agent: Keeper, door: Receiver) -> None:
    operator = Operator(collector)
    operator("/channels", {"name": "pager", "kind": "webhook", "url": door.url, "kinds": ["host"]})
    agent.start()
    [host] = operator("/hosts")["hosts"]
    wait_until(lambda: operator(f"/hosts/{host['id']}")["status"] == "up", 30, agent.log)
    time.sleep(6)  # the collector has to have listened for as long as a host may be silent
    agent.kill()
    silent = door.wait(1, 60)[0]["document"]
    assert (silent["moment"], silent["incident"]["kind"]) == ("opened", "host")
    assert "has been silent for" in silent["title"]
    agent.start()
    back = door.wait(2, 60)[1]["document"]
    assert (back["moment"], back["incident"]["id"]) == ("closed", silent["incident"]["id"])
    assert "is back after" in back["title"]
    kinds = [one["kind"] for one in operator("/events?kind=host.[bs]*")["events"]]
    assert kinds == ["host.back", "host.silent"]


def test_a_message_survives_a_collector_that_is_killed_whole(collector: Collector, agent: Keeper) -> None:
    """The receiver is down when it is told, the collector is killed, both come back: it arrives, once."""
    operator = Operator(collector)
    with receiver(answer=lambda _: (503, {})) as broken:
        port = broken.port
        operator("/channels", {"name": "pager", "kind": "webhook", "url": broken.url})
        agent.start()
        [host] = operator("/hosts")["hosts"]
        wait_until(lambda: operator(f"/hosts/{host['id']}")["status"] == "up", 30, agent.log)
        time.sleep(6)
        agent.kill()
        broken.wait(1, 60)
    collector.kill_all()
    with receiver(port=port) as healthy:
        collector.start()
        [got] = healthy.wait(1, 60)
        wait_until(lambda: operator("/deliveries")["deliveries"][0]["state"] == "delivered", 10)
        assert got["headers"]["Wakeful-Delivery"] == broken.received[0]["headers"]["Wakeful-Delivery"]
        assert len(healthy.received) == 1
