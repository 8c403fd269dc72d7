"""Promise 1 where something *is* permitted: a collector that holds every secret of the real one gains nothing beyond.

The machine's file permits one named action with typed arguments, three times an hour. The collector answers pushes with
everything else: other actions, command lines, words that a shell or a program would misread, paths, files, arguments
without end, ids again and again, commands of yesterday and of next year, policies as tuning, meters that are off. Then
the machine loses power, and the collector says all of it again.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Callable

import psutil
import pytest

from wakeful_agent.meters import OPTIONAL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOKEN = "wk_agt_the_real_one"
PER_HOUR = 3
LOCAL_FILE = """\
interval_seconds = 1
[meters.ports]
enabled = false
{meters}
[policy]
allow = ["mark"]
per_hour = {per_hour}

[[action]]
name = "mark"
argv = ["{folder}/mark", "{{site}}", "--count={{count}}", "note={{note}}", "{{loud}}"]
timeout_seconds = 10
[action.parameters.site]
kind = "choice"
choices = ["shop", "blog"]
[action.parameters.count]
kind = "number"
least = 1
most = 9
default = 1
[action.parameters.note]
kind = "text"
pattern = "[a-z ]{{1,20}}"
default = "none"
[action.parameters.loud]
kind = "flag"
value = "--loud"

[[action]]
name = "erase"
argv = ["{folder}/mark", "erased"]
danger = "destroys"
"""
DAY_MS = 86_400_000
UNTIL_MS = 4_102_444_799_000


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def order(action: str = "mark", arguments: Any = None, **more: Any) -> dict[str, Any]:
    arguments = {"site": "shop"} if arguments is None else arguments
    identity = hashlib.sha256(json.dumps([action, arguments, more]).encode("ascii")).hexdigest()[:16]
    return {"id": identity, "action": action, "arguments": arguments, "expires": now_ms() + 60_000, **more}


def site(value: Any, **more: Any) -> dict[str, Any]:
    return order(arguments={"site": value, **more})


INJECTIONS = (
    "shop; touch {place}",
    "$(touch {place})",
    "`touch {place}`",
    "shop\ntouch {place}",
    "shop && touch {place}",
    "| touch {place}",
    "--config={place}",
    "-x",
    "../../../../{place}",
    "/etc/shadow",
    "shop\x00",
    "{{site}}",
    "{{0.__class__}}",
    "%s%n",
    "~root/.ssh/authorized_keys",
    "file:///etc/passwd",
    "\u202eshop",
    "SHOP",
    "shop\u00a0",
    "",
)


def commands(place: Path) -> dict[str, list[dict[str, Any]]]:
    """Return what the collector orders, by what it tries."""
    injected = [text.format(place=place) for text in INJECTIONS]
    return {
        "other actions": [order(name) for name in ("erase", "exec", "shell", "restart_unit", "wake", "watch.pause")],
        "names near the permitted one": [
            order(name) for name in ("MARK", "mark ", "./mark", "mark\u200b", "mark,erase")
        ],
        "a program as an action": [order("/bin/sh"), order(f"touch {place}"), order(f"$(touch {place})")],
        "words in a choice": [site(text) for text in injected],
        "words in a text": [site("shop", note=text) for text in injected],
        "words in a number": [site("shop", count=text) for text in (*injected, "1", True, 0, 10, 1.5, -1, 10**400)],
        "words in a flag": [site("shop", loud=text) for text in (*injected, "true", 1)],
        "other shapes": [
            site(value) for value in (["shop"], {"shop": 1}, None, 0, [["shop"]], {"kind": "choice", "choices": ["x"]})
        ],
        "arguments that nobody takes": [
            site("shop", **{name: value})
            for name, value in {
                "argv": ["/bin/touch", str(place)],
                "as_root": True,
                "timeout_seconds": 86_400,
                "output": True,
                "dry_run": False,
                "environment": {"LD_PRELOAD": str(place)},
                "PATH": str(place),
                "__proto__": {"allow": ["*"]},
            }.items()
        ],
        "arguments without end": [
            site("x" * 300_000),
            site("shop", note="a" * 100_000),
            order(arguments={f"n{n}": "y" * 250 for n in range(64)}),
        ],
        "what is over": [order(expires=0), order(expires=now_ms() - 1), order(expires=1)],
        "what never ends": [order(expires=UNTIL_MS), order(expires=now_ms() + 2 * DAY_MS)],
        "hundreds at once": [order("erase", id=f"flood-{n}") for n in range(256)],
    }


TUNINGS: dict[str, Any] = {
    "a policy": {"policy": {"allow": ["*"], "per_hour": 600}},
    "an action": {"action": [{"name": "mark", "argv": ["/bin/touch", "/tmp/x"]}], "actions": {"erase": {}}},
    "a policy as a meter": {"meters": {"policy": {"enabled": True, "options": {"allow": ["erase"]}}}},
    "a watch": {"watch": [{"name": "x", "kind": "process", "action": "erase"}], "watches": []},
    "a meter that is off": {"meters": {"ports": {"enabled": True}}},
    "a script of a meter": {"meters": {"exec": {"enabled": True, "options": {"scripts": {"x": ["/bin/id"]}}}}},
    "a folder to read": {"meters": {"textfile": {"enabled": True, "options": {"folders": ["/etc"]}}}},
}
SHAPES: dict[str, Any] = {
    "commands as text": "mark",
    "commands as an object": {"mark": {}},
    "a command without an id": [{"action": "mark", "arguments": {"site": "shop"}, "expires": UNTIL_MS}],
    "an id of the wrong kind": [{**order(), "id": 5}],
    "an id without end": [{**order(), "id": "i" * 5000}],
    "an id that is a path": [{**order("erase"), "id": "../../../../tmp/x"}],
    "arguments that are a list": [{**order(), "arguments": ["shop"]}],
    "a time that is text": [{**order(), "expires": "never"}],
    "more than there may be": [order("erase", id=f"more-{n}") for n in range(5000)],
    "depth": [order(arguments={"site": [[[[[[[[[[["shop"]]]]]]]]]]]})],
}


class Collector(ThreadingHTTPServer):
    """Says the next hostile thing with every answer, and keeps what it was sent."""

    daemon_threads = True

    def __init__(self, place: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.pushes: list[dict[str, Any]] = []
        self.schemas: set[str] = set()
        self.steps: list[tuple[str, dict[str, Any]]] = [
            *((name, {"commands": orders}) for name, orders in commands(place).items()),
            *((name, {"config": tuning}) for name, tuning in TUNINGS.items()),
            *((name, {"commands": shape}) for name, shape in SHAPES.items()),
        ]
        self.left = list(self.steps)

    def say(self, steps: list[tuple[str, dict[str, Any]]]) -> None:
        with self.lock:
            self.left = list(steps)

    def answer(self, push: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        with self.lock:
            self.pushes.append(push)
            self.schemas |= {push["schema"]} if push.get("series") else set()
            if push["schema"] not in self.schemas and push.get("ticks"):
                return 409, {"error": "unknown_schema", "message": "send it"}
            if not self.left:
                return 200, {"sequence": push["sequence"], "live": now_ms() + 60_000}
            return 200, {"sequence": push["sequence"], **self.left.pop(0)[1]}

    def results(self) -> dict[str, dict[str, Any]]:
        with self.lock:
            return {one["command"]: one for push in self.pushes for one in push.get("results", [])}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Collector

    def do_POST(self) -> None:
        body = gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
        assert self.headers["Authorization"] == f"Bearer {TOKEN}"
        status, document = self.server.answer(json.loads(body))
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        try:
            self.wfile.write(content)
        except OSError:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Stage:
    """One machine that permits one thing, before a collector that wants everything."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.state = folder / "config", folder / "state"
        self.config.mkdir(mode=0o700)
        self.forbidden = folder / "owned"
        self.runs_file = folder / "runs"
        mark = folder / "mark"
        mark.write_text(f'#!/bin/sh\nprintf "%s|" "$#" "$@" >> {self.runs_file}\necho >> {self.runs_file}\nsleep 0.2\n')
        mark.chmod(0o755)
        self.collector = Collector(self.forbidden)
        threading.Thread(target=self.collector.serve_forever, daemon=True).start()
        identity = {"agent_id": "abcdefghijkl", "url": f"http://127.0.0.1:{self.collector.server_port}"}
        meters = "".join(f"[meters.{one.name}]\nenabled = false\n" for one in OPTIONAL)
        texts = {
            "identity.json": json.dumps({**identity, "fingerprint": None, "enrolled_ms": 1}),
            "TOKEN": TOKEN,
            "agent.toml": LOCAL_FILE.format(folder=folder, per_hour=PER_HOUR, meters=meters),
        }
        for name, text in texts.items():
            (self.config / name).write_text(text)
            (self.config / name).chmod(0o600)
        self.rules = self.digest()
        self.log = folder / "agent.log"
        self.children: set[str] = set()
        self.start()

    def start(self) -> None:
        folders = {"CONFIG_DIR": str(self.config), "STATE_DIR": str(self.state), "HOME": str(self.folder)}
        with self.log.open("ab") as log:
            self.agent = subprocess.Popen(
                [sys.executable, "-m", "wakeful_agent", "run"],
                env={**os.environ, **folders},
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def digest(self) -> str:
        content = b"".join(file.name.encode() + file.read_bytes() for file in sorted(self.config.iterdir()))
        return hashlib.sha256(content).hexdigest()

    def runs(self) -> list[str]:
        return self.runs_file.read_text().splitlines() if self.runs_file.exists() else []

    def until(self, true: Callable[[], Any], what: str, seconds: float = 120) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            assert self.agent.poll() is None, self.log.read_text()[-3000:]
            with contextlib.suppress(psutil.Error):
                self.children |= {one.name() for one in psutil.Process(self.agent.pid).children(recursive=True)}
            found = true()
            if found:
                return found
            time.sleep(0.02)
        raise AssertionError(f"{what}: {[name for name, _ in self.collector.left]}, {self.log.read_text()[-2000:]}")

    def say_all(self, steps: list[tuple[str, dict[str, Any]]]) -> None:
        """Let the collector say these things, and the agent answer them."""
        self.collector.say(steps)
        self.until(lambda: not self.collector.left, "not all was said")
        said = len(self.collector.pushes)
        self.until(lambda: len(self.collector.pushes) >= said + 3, "the agent went silent")

    def ended(self, command: dict[str, Any]) -> dict[str, Any]:
        """Return the result of a command."""
        return self.until(lambda: self.collector.results().get(command["id"]), f"no result of {command['id']}")


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    stage = Stage(tmp_path_factory.mktemp("orders"))
    try:
        stage.until(lambda: stage.collector.pushes, "no push came")
        yield stage
    finally:
        stage.agent.send_signal(signal.SIGTERM)
        code = stage.agent.wait(30)
        stage.collector.shutdown()
        stage.collector.server_close()
    assert code == 0


def test_nothing_that_it_tries_runs_anything(stage: Stage) -> None:
    stage.say_all(stage.collector.steps)
    assert stage.runs() == []
    assert stage.children == set()
    assert not stage.forbidden.exists()
    states = {result["state"] for result in stage.collector.results().values()}
    assert states == {"refused", "expired"}


def test_what_is_permitted_runs_with_its_words_where_they_belong(stage: Stage) -> None:
    good = order(arguments={"site": "blog", "count": 3, "note": "for the fair", "loud": True}, id="good-1")
    stage.say_all([("permitted", {"commands": [good]})])
    result = stage.ended(good)
    assert result["state"] == "done"
    assert stage.runs() == ["4|blog|--count=3|note=for the fair|--loud|"]


def test_an_id_runs_once_however_often_it_is_said_and_also_after_a_power_cut(stage: Stage) -> None:
    again = order(arguments={"site": "shop"}, id="good-2")
    stage.say_all([("twice at once", {"commands": [again] * 200}), ("and again", {"commands": [again]})])
    assert stage.ended(again)["state"] == "done"
    assert len(stage.runs()) == 2
    stage.agent.kill()
    stage.agent.wait(30)
    pushes = len(stage.collector.pushes)
    stage.start()
    stage.until(lambda: len(stage.collector.pushes) > pushes, "it did not come back")
    other_words = order(arguments={"site": "blog"}, id="good-2")
    stage.say_all([("after the restart", {"commands": [again, other_words]}), *stage.collector.steps[:4]])
    assert len(stage.runs()) == 2
    assert not stage.forbidden.exists()


def test_it_runs_no_more_in_an_hour_than_the_file_permits(stage: Stage) -> None:
    many = [order(id=f"many-{n}") for n in range(20)]
    stage.say_all([("too many", {"commands": many})])
    names = {one["id"] for one in many}
    stage.until(
        lambda: names & {name for name, one in stage.collector.results().items() if one["state"] == "done"}, "none"
    )
    stage.say_all([("once more", {"commands": many})])
    ends = [stage.collector.results().get(one["id"], {"state": "no answer"})["state"] for one in many]
    assert ends.count("done") == PER_HOUR - 2
    assert set(ends) <= {"done", "refused", "no answer"}, "one that floods is not always answered"
    assert len(stage.runs()) == PER_HOUR


def test_its_rules_are_as_they_were(stage: Stage) -> None:
    assert stage.digest() == stage.rules
    assert {item.name for item in stage.folder.iterdir()} == {"config", "state", "agent.log", "mark", "runs"}
    hellos = [push["hello"] for push in stage.collector.pushes if push.get("hello")]
    assert hellos[-1]["policy"] == {"per_hour": PER_HOUR, "dry_run": False, "void": ""}
    announced = {action["name"] for hello in hellos for action in hello["actions"]}
    assert announced == {"mark"}, "what is not permitted is not even named"
    assert {one["name"] for hello in hellos for one in hello["watches"]} == set()
    assert not hellos[-1]["meters"]["ports"]["enabled"]
    own = psutil.Process(stage.agent.pid).name()  # what a child is called until it is the program
    assert stage.children <= {"mark", "sleep", "sh", own}


def test_it_learns_nothing_but_what_it_may_see(stage: Stage) -> None:
    everything = json.dumps([push.get("results") for push in stage.collector.pushes])
    assert "root:x:0" not in everything
    assert "output" not in {key for one in stage.collector.results().values() for key in one["data"]}
    done = stage.collector.results()["good-1"]["data"]
    assert set(done) == {"summary", "data", "started_ms", "ended_ms"}
    assert set(done["data"]) == {"exit_code", "seconds"}
    assert str(stage.folder) not in json.dumps(done), "not even the program's path"
    assert not any("ports" in (push.get("inventories") or {}) for push in stage.collector.pushes)


def test_its_log_says_what_was_asked_and_is_no_ones_terminal(stage: Stage) -> None:
    log = stage.log.read_text("utf-8")
    assert "command good-1: mark begins" in log
    assert "command good-1: done" in log
    assert "a command is refused: agent.toml of this machine does not permit 'erase'" in log
    assert "for the fair" not in log, "arguments stand in no log"
    assert TOKEN not in log
    assert "Traceback" not in log
    assert "\x1b" not in log
