"""Both halves as they run for people: `wakeful-collector serve` and `wakeful-agent run`, with folders of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil

if TYPE_CHECKING:
    from pathlib import Path


class Collector:
    """`wakeful-collector serve` on a port that stays the same from start to start."""

    def __init__(self, data: Path, **settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.data = data
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        environ |= {"WAKEFUL_DATA": str(self.data), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}", **self.settings}
        argv = [sys.executable, "-m", "wakeful_collector", "serve", "--quiet"]
        self.process = subprocess.Popen(argv, env=environ)
        wait_for(self.answers, 90)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as probe:
                probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return probe.recv(20).startswith(b"HTTP/1.1 ")
        except OSError:
            return False

    def invite(self) -> str:
        argv = [sys.executable, "-m", "wakeful_collector", "invite", "--json", "--uses", "9", "--data", str(self.data)]
        found = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
        return next(text for text in found.values() if isinstance(text, str) and text.startswith("wk_inv_"))

    def part(self, word: str) -> list[psutil.Process]:
        """Return the processes of a part: `web` with gunicorn's own, or `worker`."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            try:
                if word in child.cmdline():
                    found += [child, *child.children(recursive=True)]
            except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it died while we looked
                continue
        return found

    def kill_all(self) -> None:
        assert self.process is not None
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        kill(family)
        self.process.wait(30)

    def end(self) -> None:
        end(self.process)


class Agent:
    """`wakeful-agent run` with folders of its own, one tick a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            **os.environ,
            "CONFIG_DIR": str(folder / "config"),
            "STATE_DIR": str(folder / "state"),
            "WAKEFUL_AGENT_INTERVAL_SECONDS": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def enrol(self, collector: Collector) -> None:
        argv = [sys.executable, "-m", "wakeful_agent", "enroll", f"http://127.0.0.1:{collector.port}"]
        subprocess.run([*argv, "--invite", collector.invite()], env=self.environ, check=True, capture_output=True)

    def start(self) -> None:
        self.starts += 1
        argv = [sys.executable, "-m", "wakeful_agent", "run"]
        self.process = subprocess.Popen(argv, env=self.environ, stderr=subprocess.DEVNULL)

    def waiting(self) -> list[str]:
        return [path.name for path in (self.folder / "state" / "spool").glob("*.push*") if path.is_file()]

    def set_aside(self) -> list[Path]:
        return list((self.folder / "state" / "spool" / "aside").glob("*"))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def end(self) -> None:
        end(self.process)


def end(process: subprocess.Popen[bytes] | None) -> None:
    """Ask a process to end, and wait for it; one that does not is killed, which is a failure."""
    if process is None or process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(30)
        raise


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def wait_for(fulfilled: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not fulfilled():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)
