"""Run on a machine of `networks`: a collector whose gateway keeps the box of `sleeping_box`, told as JSON.

python -m tests.real.keeping_box FOLDER URL MAC SSH_PORT BOX_FOLDER KEY_FILE
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Callable

from tests.fakes.ssh_server import PASSWORD, USER
from tests.journeys.halves import Collector
from tests.real.waking_by_name import Api

WRONG = "not the password of sudo"


class Admin(Api):
    """What programs ask of a collector, with a key that may do everything."""

    def __init__(self, collector: Collector) -> None:
        self.url = f"http://127.0.0.1:{collector.port}/api/v1"
        words = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "test", "--scope", "admin"]
        made = subprocess.run([*words, "--json", "--data", str(collector.data)], check=True, capture_output=True)
        self.key = json.loads(made.stdout)["key"]

    def do(self, operation: str, **given: Any) -> Any:
        """Run an operation of the gateway; what it answers, or its error."""
        return self.ask(f"/operations/gateway.{operation}", given)

    def box(self) -> Any:
        """How the box stands."""
        return self.do("status", machine="box")["result"]["machines"][0]

    def becomes(self, state: str, seconds: float = 60) -> Any:
        """Wait until the box is in that state, and return how it stands then."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            found = self.box()
            if found["state"] == state:
                return found
            time.sleep(0.05)
        raise AssertionError(f"not {state} within {seconds:.0f} s: {self.box()}")

    def until(self, question: Callable[[], Any], seconds: float = 60) -> Any:
        """Wait until the answer is true, and return it."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if found := question():
                return found
            time.sleep(0.05)
        raise AssertionError(f"never: {self.box()}")


def story(folder: Path, url: str, mac: str, ssh_port: int, box_folder: Path, key_file: Path) -> dict[str, Any]:
    """Wake, be killed, sleep, meet a new key, meet a sudo that refuses."""
    collector = Collector(folder / "data")
    told: dict[str, Any] = {}
    try:
        collector.start()
        api = Admin(collector)
        told["added"] = api.do(
            "machine.add",
            name="box",
            url=url,
            mac=mac,
            sleep="ssh",
            ssh_user=USER,
            ssh_port=ssh_port,
            ssh_password=PASSWORD,
            sudo_password=PASSWORD,
            sleep_command="poweroff",
            boot_seconds=60,
            idle_seconds=5,
            stop_seconds=20,
        )
        api.until(lambda: api.box()["reason"] != "it was not looked at yet" or api.box()["state"] == "asleep")
        lease = api.do("lease", machine="box", seconds=120)
        api.becomes("waking")
        workers = [one for one in collector.part("worker") if one.is_running()]
        for one in workers:
            os.kill(one.pid, signal.SIGKILL)
        told["killed"] = len(workers)
        told["woken"] = api.becomes("awake")
        told["released"] = api.do("release", lease=lease["result"]["lease"]["id"])
        told["slept"] = api.becomes("asleep", 90)

        (box_folder / "new-key").touch()
        api.do("wake", machine="box")
        api.becomes("awake")
        api.do("sleep", machine="box")
        told["changed"] = api.until(
            lambda: (one := api.box())["state"] == "awake" and "host key" in one["reason"] and one
        )
        told["trusted"] = api.do("trust", machine="box")
        api.do("sleep", machine="box")
        told["slept_again"] = api.becomes("asleep")

        key = key_file.read_text(encoding="ascii")
        api.do("machine.change", name="box", sudo_password=WRONG, ssh_password="", ssh_key=key)
        api.do("wake", machine="box")
        api.becomes("awake")
        api.do("sleep", machine="box")
        told["refused"] = api.until(lambda: (one := api.box())["state"] == "awake" and "sudo" in one["reason"] and one)
        told["leaked"] = leaked(collector.data, [PASSWORD, WRONG, key.splitlines()[2]])
    finally:
        collector.end()
    return told


def leaked(data: Path, secrets: list[str]) -> list[str]:
    """Return the files of the data folder that hold a secret in clear."""
    found = []
    for path in data.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        found += [path.name for secret in secrets if secret.encode() in content]
    return found


if __name__ == "__main__":
    words = sys.argv[1:]
    told = story(Path(words[0]), words[1], words[2], int(words[3]), Path(words[4]), Path(words[5]))
    print(json.dumps(told), flush=True)
