"""What it costs to keep game servers up: one agent, 100 servers, a Panel and a Wings that are fakes (tests/fakes).

    python bench/recovery/run.py [--servers 100] [--idle 30] [--json]

How quickly: each server crashes once. From the moment that Wings puts `offline` on the wire to the moment that it has
read `set state start`, less the debounce; what lies between is the agent's decision, and the state that it makes
durable before it acts. Both moments are of one clock: Panel and Wings run in this process, the agent does not.

How much: memory (smaps_rollup) and CPU (schedstat) of the agent, installed from a wheel as in bench/agent, beside the
same agent without watches. While it is idle each server sends its stats once a second, as the real Wings does.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "tests"))

from fakes.pterodactyl import Pterodactyl, Server, Times, pterodactyl

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parent.parent.parent
DEBOUNCE_SECONDS = 1.0
GOAL_MS, GOAL_MB = 50, 60
SPACING_SECONDS = 0.2


def load(path: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


AGENT = load(ROOT / "bench" / "agent" / "run.py", "agent_bench")


def write_watches(folder: Path, stage: Pterodactyl, servers: list[Server], key: str) -> None:
    """Write an agent.toml with a watch for each server."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    (config / "panel.key").write_text(key)
    (config / "panel.key").chmod(0o600)
    rows = []
    for server in servers:
        names = {"name": server.name, "kind": "pterodactyl", "panel": stage.panel.url, "server": server.short}
        names["key_file"] = str(config / "panel.key")
        rows.append("[[watch]]\n" + "".join(f'{name} = "{text}"\n' for name, text in names.items()))
        rows.append(f"debounce_seconds = {DEBOUNCE_SECONDS:g}\nsteady_seconds = 2\n")
    (config / "agent.toml").write_text("".join(rows))
    (config / "agent.toml").chmod(0o600)


def start(folder: Path, python: str, needs: dict[str, str], port: int, certificate: Path) -> subprocess.Popen[bytes]:
    """Start an agent with the unit's environment, which pushes to the sink every 15 s."""
    config = folder / "config"
    config.mkdir(exist_ok=True)
    identity = {"agent_id": "benchbenchbe", "url": f"https://127.0.0.1:{port}", "fingerprint": None, "enrolled_ms": 0}
    (config / "identity.json").write_text(json.dumps(identity))
    (config / "TOKEN").write_text("wk_agt_bench")
    (config / "TOKEN").chmod(0o600)
    environ = {**os.environ, **needs, **AGENT.unit_environment(), "WAKEFUL_AGENT_CA_FILE": str(certificate)}
    environ |= {"CONFIG_DIR": str(config), "STATE_DIR": str(folder / "state")}
    with (folder / "agent.log").open("wb") as log:
        return subprocess.Popen([python, "-m", "wakeful_agent", "run"], env=environ, cwd="/", stderr=log)


def wait_until(so: Callable[[], bool], seconds: float, folder: Path) -> float:
    """Wait until something is so; return how long it took."""
    began = time.monotonic()
    while not so():
        if time.monotonic() > began + seconds:
            raise SystemExit("it did not come to pass:\n" + (folder / "agent.log").read_text()[-2000:])
        time.sleep(0.05)
    return time.monotonic() - began


def rest(pid: int, seconds: float) -> dict[str, float]:
    """Return what a process costs while nothing happens."""
    before = AGENT.cpu_seconds(pid)
    time.sleep(seconds)
    used = (AGENT.cpu_seconds(pid) - before) / seconds
    return {"cpu_ms_a_second": round(used * 1000, 2), **AGENT.memory_mb(pid)}


def crash_each(servers: list[Server], folder: Path) -> list[float]:
    """Let each server crash once; return the milliseconds from frame to frame beyond the debounce."""
    for server in servers:
        server.crash()
        time.sleep(SPACING_SECONDS)
    wait_until(lambda: all(server.state == "running" for server in servers), 120, folder)
    took = []
    for server in servers:
        offline = next(at for at, state in server.states if state == "offline")
        started = next(at for at, action, through in server.powers if (action, through) == ("start", "socket"))
        took.append((started - offline - DEBOUNCE_SECONDS) * 1000)
    return took


def end(process: subprocess.Popen[Any]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(15)


def measure(folder: Path, count: int, idle_seconds: float) -> dict[str, Any]:
    python, needs = AGENT.install_agent(folder)
    sink, port = AGENT.start_sink(folder)
    bare_folder, folder_of_agent = folder / "bare", folder / "watching"
    bare_folder.mkdir()
    folder_of_agent.mkdir()
    times = Times(boot_seconds=0.3, create_seconds=0.05)
    with pterodactyl(times) as stage:
        stage.panel.token_limit_a_server = True
        owner = stage.panel.add_user("kim")
        servers = [stage.add_server(f"server-{number}", owner, "running") for number in range(count)]
        for server in servers:
            server.crash_detection = False
        write_watches(folder_of_agent, stage, servers, stage.panel.add_key(owner))
        bare = start(bare_folder, python, needs, port, folder / "cert.pem")
        watching = start(folder_of_agent, python, needs, port, folder / "cert.pem")
        try:
            live = wait_until(lambda: all(server.viewers for server in servers), 120, folder_of_agent)
            time.sleep(5)
            alone = rest(bare.pid, idle_seconds)
            idle = rest(watching.pid, idle_seconds)
            took = crash_each(servers, folder_of_agent)
            busy = AGENT.memory_mb(watching.pid)
        finally:
            for process in (bare, watching, sink):
                end(process)
    ordered = sorted(took)
    return {
        "servers": count,
        "all_live_seconds": round(live, 1),
        "start_ms": {
            "median": round(statistics.median(ordered), 1),
            "p95": round(ordered[int(len(ordered) * 0.95)], 1),
            "most": round(ordered[-1], 1),
        },
        "idle": idle,
        "rss_mb_after_crashes": busy["rss_mb"],
        "without_watches": alone,
        "kept": {"start_ms": statistics.median(ordered) < GOAL_MS, "rss_mb": busy["rss_mb"] < GOAL_MB},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=100)
    parser.add_argument("--idle", type=float, default=30.0)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), chosen.servers, chosen.idle)
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    start_ms, idle, alone = found["start_ms"], found["idle"], found["without_watches"]
    print(f"servers watched by one agent            {found['servers']}, all live after {found['all_live_seconds']} s")
    print(
        f"offline frame to start frame, beyond the debounce, ms   median {start_ms['median']}, "
        f"95 % {start_ms['p95']}, most {start_ms['most']} (goal: median < {GOAL_MS})"
    )
    print(
        f"RSS MB   {idle['rss_mb']} idle, {found['rss_mb_after_crashes']} after every server crashed, "
        f"{alone['rss_mb']} without watches (goal: < {GOAL_MB})"
    )
    print(
        f"CPU ms a second, {found['servers']} stats frames a second   {idle['cpu_ms_a_second']}, "
        f"{alone['cpu_ms_a_second']} without watches"
    )
    sys.exit(not all(found["kept"].values()))


if __name__ == "__main__":
    main()
