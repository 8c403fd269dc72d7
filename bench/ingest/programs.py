"""The programs under test: started on one core, watched through /proc, ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """A server in a process group of its own."""

    def __init__(
        self, argv: list[str], port: int | None, *, core: int | None, environ: dict[str, str] | None = None
    ) -> None:
        pinned = ["taskset", "-c", str(core)] if core is not None else []
        self.port = port
        self.process = subprocess.Popen(
            [*pinned, *argv],
            env={**os.environ, **(environ or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL if "BENCH_VERBOSE" not in os.environ else None,
            start_new_session=True,
        )
        if port is None:
            return
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        self.end()
        raise RuntimeError(f"{argv[0]} did not start")

    def family(self) -> list[int]:
        """Return the process and all its descendants."""
        found = [self.process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
        return found

    def cpu_seconds(self) -> float:
        """Return user and system time of all processes so far."""
        total = 0
        for pid in self.family():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / _TICK

    def rss_bytes(self) -> int:
        """Return the resident memory of all processes, shared pages counted once (PSS)."""
        total = 0
        for pid in self.family():
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total

    def end(self) -> None:
        """End the process group."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
            return


def collector_web(data: Path, core: int | None, **environ: str) -> Program:
    """Start the collector's web server alone."""
    port = free_port()
    settings = {"WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": f"127.0.0.1:{port}", **environ}
    return Program([sys.executable, "-m", "wakeful_collector", "web"], port, core=core, environ=settings)


def collector_worker(data: Path) -> Program:
    """Start the collector's job runner."""
    argv = [sys.executable, "-m", "wakeful_collector", "worker"]
    return Program(argv, None, core=None, environ={"WAKEFUL_DATA": str(data)})


def victoria_metrics(folder: Path, core: int | None) -> Program:
    """Start VictoriaMetrics as Debian packages it."""
    port = free_port()
    argv = ["victoria-metrics", f"-storageDataPath={folder}", f"-httpListenAddr=127.0.0.1:{port}", "-loggerLevel=ERROR"]
    return Program([*argv, "-retentionPeriod=1"], port, core=core)
