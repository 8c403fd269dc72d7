"""What `make run` executes: a collector with its data under ./var, this machine's own agent, and where to look.

It goes on until Ctrl-C, and then stops both. Run again, it finds the data and the enrolled agent of the last time.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from wakeful_collector import config
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.read import hosts
from wakeful_collector.serving import place

PATIENCE_SECONDS = 30.0
STOP_SECONDS = 12.0
AGENT_RESTART_SECONDS = 3.0
COLLECTOR = [sys.executable, "-m", "wakeful_collector"]
AGENT = [sys.executable, "-m", "wakeful_agent"]


class Stop(Exception):
    """Ctrl-C, or the wish of whoever sent SIGTERM."""


def main() -> int:
    """Run until told to stop; return the exit code."""
    os.umask(0o077)
    data = Path(os.environ.get("WAKEFUL_DATA") or "var").absolute()
    os.environ["WAKEFUL_DATA"] = str(data)
    os.environ["CONFIG_DIR"] = str(data / "agent" / "config")
    os.environ["STATE_DIR"] = str(data / "agent" / "state")
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    children: dict[str, subprocess.Popen[bytes]] = {}
    try:
        return run(data, children)
    except Stop:
        say("stopping")
        return 0
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for name in ("agent", "collector"):
            end(children.get(name))


def run(data: Path, children: dict[str, subprocess.Popen[bytes]]) -> int:
    """Start everything, say where to look, and keep it running; `children` are left for the caller to end."""
    started = time.monotonic()
    say("starting the collector")
    children["collector"] = start([*COLLECTOR, "serve", "--quiet"])
    where = await_collector(data, children["collector"])
    if where is None:
        say("another address: WAKEFUL_LISTEN=127.0.0.1:9000 make run; another folder: WAKEFUL_DATA=DIR make run")
        return 2
    url = where.url
    os.environ["WAKEFUL_AGENT_URL"] = url
    # What this machine lacks would stand between the lines that say where to look; its page and `probe` tell it.
    os.environ.setdefault("WAKEFUL_AGENT_LOG_LEVEL", "warning")
    host_id = enrol(data, url)
    if host_id is None:
        return 1
    children["agent"] = start([*AGENT, "run"])
    link = json.loads(ask([*COLLECTOR, "signin", "--json"]))["url"]
    say("")
    say(f"  Wakeful is at      {url}")
    say(f"  sign in, once, by  {link}")
    say(f"  this machine       {url}/hosts/{host_id}")
    say("  another machine    .venv/bin/wakeful-collector invite --data " + str(data))
    say("")
    drawn = False
    while True:
        time.sleep(0.25)
        if children["collector"].poll() is not None:
            say(f"the collector ended with code {children['collector'].returncode}; the lines above say why")
            return 1
        if children["agent"].poll() is not None:
            say(f"the agent ended with code {children['agent'].returncode}; starting it again")
            time.sleep(AGENT_RESTART_SECONDS)
            children["agent"] = start([*AGENT, "run"])
        if not drawn and has_chart(data, host_id):
            drawn = True
            seconds = time.monotonic() - started
            say(f"the first chart is there, {seconds:.0f} s after the start. Ctrl-C stops everything.")


def await_collector(data: Path, child: subprocess.Popen[bytes]) -> place.Reach | None:
    """Return how the collector is reached once it answers; None when it ended or does not answer."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        running = place.running(data)
        if running is not None:
            where = place.reach(config.load(os.environ), running)
            local = where.url if where.url.startswith("http://") else None
            if local is None or answers(f"{local}/healthz"):
                return where
        time.sleep(0.1)
    if child.poll() is None:
        say(f"the collector does not answer after {PATIENCE_SECONDS:.0f} s")
    return None


def answers(url: str) -> bool:
    """Tell whether something answers 200 there."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def enrol(data: Path, url: str) -> str | None:
    """Return the id of this machine's agent, enrolling it if the collector does not know it; None when that failed."""
    identity = data / "agent" / "config" / "identity.json"
    known = {one.id for one in hosts.hosts(data)}
    try:
        host_id = str(json.loads(identity.read_text(encoding="utf-8"))["agent_id"])
    except (OSError, ValueError, KeyError):
        host_id = ""
    if host_id in known:
        say("this machine's agent is enrolled already")
        return host_id
    say("enrolling this machine's agent")
    identity.unlink(missing_ok=True)  # of a collector whose data is gone; what agent.toml says is a person's and stays
    invite = json.loads(ask([*COLLECTOR, "invite", "--expires", "10m", "--json"]))["invite"]
    argv = [*AGENT, "enroll", url, "--invite-file", "-"]
    done = subprocess.run(argv, input=invite.encode(), stdout=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        return None
    return str(json.loads(identity.read_text(encoding="utf-8"))["agent_id"])


def has_chart(data: Path, host_id: str) -> bool:
    """Tell whether there are two samples of the processor, the least that makes a line."""
    from wakeful_collector.read import series

    try:
        found = hosts.host(data, host_id)
        if found is None or found.last_seen_ms is None:
            return False
        now_ms = int(time.time() * 1000)
        answer = series.series(data, found.key, ["system.load_average.1m"], now_ms - 120_000, now_ms, 120)
    except StoreError:
        return False
    return any(sum(value is not None for value in column.values) >= 2 for column in answer.columns)


def ask(argv: list[str]) -> str:
    """Return what a command prints; its warnings are not shown."""
    return subprocess.run(argv, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def start(argv: list[str]) -> subprocess.Popen[bytes]:
    """Start a child that a Ctrl-C does not reach and that ends when this process does."""
    return subprocess.Popen(argv, start_new_session=True, stdin=subprocess.DEVNULL, preexec_fn=_end_with_parent)  # noqa: PLW1509 - one thread only


def end(child: subprocess.Popen[bytes] | None) -> None:
    """Ask a child to end, and insist when it takes too long."""
    if child is None or child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def say(text: str) -> None:
    """Print a line for the person in front of the terminal."""
    sys.stdout.write(f"wakeful: {text}\n" if text else "\n")
    sys.stdout.flush()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)  # PR_SET_PDEATHSIG


def _stop(*_: object) -> None:
    raise Stop


if __name__ == "__main__":
    sys.exit(main())
