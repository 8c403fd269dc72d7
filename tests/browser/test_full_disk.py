"""A full disk: pushes are refused for now, everything can still be read, the page says so, and it ends by itself."""

from __future__ import annotations

import base64
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small filesystem"),
]
SIZE = "24m"
SERIES = [["system.cpu.utilization", {}]]
SCHEMA = schema_hash(parse_series(SERIES))
SECONDS = 60


class Stage:
    """A collector whose data folder is a filesystem of a few megabytes, and one agent that pushes to it."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{probe.getsockname()[1]}"
        self.data, self.log = folder / "data", folder / "log"
        environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        self.environ = environ | {"WAKEFUL_DATA": str(self.data), "WAKEFUL_LISTEN": self.url.removeprefix("http://")}
        self.sequence, self.token = 0, ""

    def shell(self, *words: str) -> Any:
        argv = [sys.executable, "-m", "wakeful_collector", *words, "--json"]
        done = subprocess.run(argv, env=self.environ, check=True, capture_output=True, text=True, timeout=60)
        return json.loads(done.stdout)

    def enrol(self) -> None:
        invite = next(text for text in self.shell("invite").values() if str(text).startswith("wk_inv_"))
        key = base64.b64encode(bytes(32)).decode()
        body = {"wire": 1, "invite": invite, "name": "small", "machine_id": "m", "version": "0.1.0", "public_key": key}
        status, answer = self.post("/api/v1/enroll", body)
        assert status == 200, answer
        self.token = answer["token"]

    def push(self, noise_bytes: int = 0) -> int:
        """Push a tick, with as much to keep beside it; return the status."""
        now_ms = int(time.time() * 1000)
        document: dict[str, Any] = {"wire": 1, "run": "run-small", "sequence": self.sequence, "schema": SCHEMA}
        document |= {"series": SERIES, "ticks": [[now_ms, [0.5]]]}
        if noise_bytes:
            noise = {
                "id": f"n{self.sequence}",
                "at": now_ms,
                "kind": "noise",
                "data": {"x": os.urandom(noise_bytes).hex()},
            }
            document["events"] = [noise]
        status, _ = self.post("/api/v1/push", document)
        self.sequence += status == 200
        return status

    def post(self, path: str, document: dict[str, Any]) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(self.url + path, json.dumps(document).encode(), headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    made.data.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "wakeful-test", made.data], check=True)
    process = None
    try:
        with made.log.open("wb") as output:
            argv = [sys.executable, "-m", "wakeful_collector", "serve"]
            process = subprocess.Popen(argv, env=made.environ, stdout=output, stderr=subprocess.STDOUT)
        until(lambda: link(made) is not None, "the sign-in link")
        made.enrol()
        yield made
    finally:
        if process is not None:
            process.terminate()
            process.wait(30)
        subprocess.run(["umount", made.data], check=True)


def link(stage: Stage) -> str | None:
    found = re.search(r"http://\S+/sign-in/link/\S+", stage.log.read_text(errors="replace"))
    return found[0] if found else None


def until(look: Callable[[], Any], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not look():
        assert time.monotonic() < deadline, f"waited {SECONDS} s for {what}"
        time.sleep(0.1)


def fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 20))


def test_a_full_disk_is_said_survived_and_left_behind(stage: Stage, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(str(link(stage)))
    assert stage.push() == 200
    page.goto(stage.url)
    expect(page.get_by_role("link", name="small")).to_be_visible()
    banner = page.get_by_role("alert").filter(has_text="The collector's disk is full.")
    expect(banner).to_have_count(0)

    ballast = stage.data / "ballast"
    with pytest.raises(OSError, match="No space"):
        fill(ballast)
    until(lambda: stage.push(noise_bytes=20_000) == 503, "a push to be refused")
    page.reload()
    expect(banner).to_be_visible()
    expect(banner).to_contain_text("What is stored can still be read.")
    host = page.get_by_role("link", name="small")
    host.click()
    page.wait_for_selector("[data-panel=cpu]")
    expect(banner).to_be_visible()
    ready = context.request.get(f"{stage.url}/readyz")
    assert ready.status == 503
    listed = context.request.get(f"{stage.url}/api/v1/hosts").json()["hosts"]
    assert [one["name"] for one in listed] == ["small"]

    ballast.unlink()
    until(lambda: stage.push() == 200, "a push to be taken again")
    page.goto(stage.url)
    expect(host).to_be_visible()
    expect(banner).to_have_count(0)
    context.close()
