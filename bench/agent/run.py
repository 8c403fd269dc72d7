"""What an agent costs: Wakeful's, pushing over TLS, beside prometheus-node-exporter scraped as often, in one run.

    python bench/agent/run.py [--ticks 60] [--interval 1] [--json]

CPU is what the kernel's scheduler counted for all threads of a process (schedstat), over the ticks after the warm-up;
memory is smaps_rollup at the end. Start to first sample is from fork to the first tick's time. The agent is
installed as it ships, from a wheel into an environment of its own, with copies of the interpreter and of OpenSSL that
no other program here uses: its PSS is that of a machine on which nothing else is written in Python. It has the
environment that systemd/wakeful-agent.service gives it.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
AGENT = HERE.parent.parent / "agent"
SYSTEM_PYTHON = "/usr/bin/python3"
WARM_UP_TICKS = 5


def cpu_seconds(pid: int) -> float:
    """Return the processor time of all threads, to the nanosecond."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:
            continue
    return total / 1e9


def memory_mb(pid: int) -> dict[str, float]:
    rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in rows if line.endswith("kB")}
    unshared = found["Private_Clean"] + found["Private_Dirty"]
    return {"rss_mb": round(found["Rss"], 1), "pss_mb": round(found["Pss"], 1), "uss_mb": round(unshared, 1)}


def start_sink(folder: Path) -> tuple[subprocess.Popen[str], int]:
    command = [sys.executable, str(HERE / "sink.py"), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def install_agent(folder: Path) -> tuple[str, dict[str, str]]:
    """Install the agent from a wheel into an environment of its own; return its interpreter and what it needs set."""
    python = SYSTEM_PYTHON if Path(SYSTEM_PYTHON).exists() else sys.executable
    subprocess.run([python, "-m", "venv", "--copies", str(folder / "clean")], check=True)
    own = str(folder / "clean" / "bin" / "python")
    source = shutil.copytree(AGENT, folder / "source", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run([own, "-m", "pip", "install", "-q", "--disable-pip-version-check", str(source)], check=True)
    (folder / "libraries").mkdir()
    look = "import ssl; print(open('/proc/self/maps').read())"
    maps = subprocess.run([own, "-c", look], capture_output=True, text=True, check=True)
    for path in {line.split()[-1] for line in maps.stdout.splitlines() if "libssl" in line or "libcrypto" in line}:
        shutil.copy(path, folder / "libraries")
    return own, {"LD_LIBRARY_PATH": str(folder / "libraries")}


def unit_environment() -> dict[str, str]:
    """Return what the unit that ships sets for the agent's process, but its folders."""
    unit = (AGENT.parent / "systemd" / "wakeful-agent.service").read_text()
    words = [word for line in unit.splitlines() if line.startswith("Environment=") for word in line[12:].split()]
    return {name: value for name, _, value in (word.partition("=") for word in words) if not name.endswith("_DIR")}


def start_agent(
    program: list[str], needs: dict[str, str], folder: Path, port: int, interval: float
) -> tuple[subprocess.Popen[bytes], float]:
    (folder / "config").mkdir()
    identity = {"agent_id": "benchbenchbe", "url": f"https://127.0.0.1:{port}", "fingerprint": None, "enrolled_ms": 0}
    (folder / "config" / "identity.json").write_text(json.dumps(identity))
    token = folder / "config" / "TOKEN"
    token.write_text("wk_agt_bench")
    token.chmod(0o600)
    environ = {
        **os.environ,
        **needs,
        **unit_environment(),
        "CONFIG_DIR": str(folder / "config"),
        "STATE_DIR": str(folder / "state"),
        "WAKEFUL_AGENT_INTERVAL_SECONDS": f"{interval:g}",
        "WAKEFUL_AGENT_CA_FILE": str(folder / "cert.pem"),
    }
    began = time.time()
    return subprocess.Popen([*program, "run"], env=environ, cwd="/", stderr=subprocess.DEVNULL), began


def start_exporter() -> tuple[subprocess.Popen[bytes], str]:
    program = shutil.which("prometheus-node-exporter")
    if program is None:
        raise SystemExit("the peer is missing: apt-get install prometheus-node-exporter")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [program, f"--web.listen-address=127.0.0.1:{port}"]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    return process, f"http://127.0.0.1:{port}/metrics"


def scrape(url: str) -> int:
    host, port = url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), 10) as channel:
        channel.sendall(b"GET /metrics HTTP/1.0\r\nHost: bench\r\n\r\n")
        with channel.makefile("rb") as answer:
            body = answer.read().partition(b"\r\n\r\n")[2]
    return sum(1 for line in body.splitlines() if line and not line.startswith(b"#"))


def first_scrape(url: str, began: float) -> float:
    while True:
        try:
            scrape(url)
            return time.time() - began
        except OSError:
            time.sleep(0.005)


def meters_cost(folder: Path) -> dict[str, Any]:
    """Return what each meter costs here, optional ones included, from a process of their own (see costs.py)."""
    command = [sys.executable, str(HERE / "costs.py"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def pushes(folder: Path) -> list[list[str]]:
    try:
        return [line.split() for line in (folder / "pushes").read_text().splitlines()]
    except OSError:
        return []


def measure(folder: Path, ticks: int, interval: float) -> dict[str, Any]:
    python, needs = install_agent(folder)
    sink, port = start_sink(folder)
    exporter_began = time.time()
    exporter, url = start_exporter()
    exporter_first = first_scrape(url, exporter_began)
    agent, began = start_agent([python, "-m", "wakeful_agent"], needs, folder, port, interval)
    try:
        while len(pushes(folder)) < WARM_UP_TICKS:
            scrape(url)
            time.sleep(interval)
        before, count = (cpu_seconds(agent.pid), cpu_seconds(exporter.pid)), len(pushes(folder))
        scraped = []
        for _ in range(ticks):
            time.sleep(interval)
            scraped.append(scrape(url))
        rows = pushes(folder)
        after = (cpu_seconds(agent.pid), cpu_seconds(exporter.pid))
        memory = memory_mb(agent.pid), memory_mb(exporter.pid)
    finally:
        for process in (agent, exporter, sink):
            process.send_signal(signal.SIGTERM)
            process.wait(10)
    taken = rows[count:]
    return {
        "wakeful": {
            "cpu_ms_a_tick": round((after[0] - before[0]) * 1000 / len(taken), 2),
            **memory[0],
            "samples_a_tick": round(statistics.mean(int(row[2]) for row in taken)),
            "bytes_a_push": round(statistics.median(int(row[3]) for row in taken)),
            "first_sample_seconds": round(int(rows[0][1]) / 1000 - began, 3),
            "ticks": len(taken),
        },
        "node_exporter": {
            "cpu_ms_a_tick": round((after[1] - before[1]) * 1000 / len(scraped), 2),
            **memory[1],
            "samples_a_tick": round(statistics.mean(scraped)),
            "first_sample_seconds": round(exporter_first, 3),
            "ticks": len(scraped),
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ticks", type=int, default=60)
    parser.add_argument("--interval", type=float, default=1.0)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), chosen.ticks, chosen.interval)
        found["meters"] = meters_cost(Path(name))
    ours, theirs = found["wakeful"], found["node_exporter"]
    found["ratio"] = {key: round(theirs[key] / ours[key], 2) for key in ("cpu_ms_a_tick", "rss_mb", "pss_mb", "uss_mb")}
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{'':<24}{'wakeful':>12}{'node_exporter':>16}{'theirs/ours':>14}")
    for key in ours:
        ratio = found["ratio"].get(key)
        print(f"{key:<24}{ours[key]:>12}{theirs.get(key, ''):>16}{'' if ratio is None else ratio:>14}")
    for title, aside in (("in the tick", False), ("beside the ticks", True)):
        rows = {name: row for name, row in found["meters"].items() if row["aside"] is aside}
        each = ", ".join(f"{name} {row['cpu_ms']:g}" for name, row in sorted(rows.items()))
        total = sum(row["cpu_ms_a_tick"] for row in rows.values())
        print(f"{title}, CPU ms a run, programs included: {each}; {total:.2f} ms a tick of 15 s")


if __name__ == "__main__":
    main()
