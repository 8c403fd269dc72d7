"""Run on a machine of `networks`: a collector, an agent, and a machine that is woken by its name, told as JSON.

    python -m tests.real.waking_by_name FOLDER MAC

Says `ready` when the agent announced that it wakes, and goes on when it reads a line.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.journeys.halves import Agent, Collector, wait_for

from wakeful_wire.schema import schema_hash

POLICY = """
[policy]
allow = ["wake"]

[policy.wake]
targets = ["10.91.1.0/24"]
"""


class Api:
    """What programs ask of a collector, with a key that may operate."""

    def __init__(self, collector: Collector) -> None:
        self.url = f"http://127.0.0.1:{collector.port}/api/v1"
        words = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "test", "--scope", "operate"]
        made = subprocess.run([*words, "--json", "--data", str(collector.data)], check=True, capture_output=True)
        self.key = json.loads(made.stdout)["key"]

    def ask(self, path: str, body: Any = None, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token or self.key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, content, headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)


def sleeper(api: Api, invite: str, mac: str) -> str:
    """Enrol a machine that told of its card once and was heard no more; return its id."""
    key = base64.b64encode(bytes(32)).decode()
    asked = {"invite": invite, "name": "nas", "machine_id": "nas", "version": "0", "public_key": key}
    taken = api.ask("/enroll", asked)
    card = {"interface": "eth0", "kind": "physical", "mac": mac, "addresses": ["10.91.1.20/24"]}
    push = {"wire": 1, "run": "nas-run-1", "sequence": 0, "series": [], "ticks": [], "schema": schema_hash([])}
    assert api.ask("/push", {**push, "hello": {"version": "0", "networks": [card]}}, taken["token"])["sequence"] == 0
    return str(taken["agent_id"])


def story(folder: Path, mac: str) -> dict[str, Any]:
    """Run on the machine `agent`: wake the sleeper before an agent is there, then through it, then against its file."""
    collector, agent = Collector(folder / "data"), Agent(folder / "agent")
    told: dict[str, Any] = {}
    try:
        collector.start()
        api = Api(collector)
        nas = sleeper(api, collector.invite(), mac)
        told["alone"] = api.ask("/operations/host.wake", {"host": nas})
        (folder / "agent" / "config").mkdir(parents=True, mode=0o700)
        (folder / "agent" / "config" / "agent.toml").write_text(POLICY, encoding="ascii")
        (folder / "agent" / "config" / "agent.toml").chmod(0o600)
        agent.enrol(collector)
        agent.start()
        host = json.loads((folder / "agent" / "config" / "identity.json").read_text())["agent_id"]
        wait_for(lambda: (api.ask(f"/hosts/{host}").get("hello") or {}).get("actions"), 40)
        told["hello"] = api.ask(f"/hosts/{host}")["hello"]
        print("ready", flush=True)
        sys.stdin.readline()
        asked = {"host": nas, "check": "tcp:10.91.1.20:22", "wait_seconds": 30}
        told["woken"] = api.ask("/operations/host.wake?wait=40", asked)
        told["denied"] = api.ask("/operations/host.wake?wait=40", {"host": nas, "check": "tcp:10.91.3.20:22"})
        wait_for(lambda: len(_events(api, host)) >= 2, 20)
        told["events"] = _events(api, host)
    finally:
        agent.end()
        collector.end()
    return told


def _events(api: Api, host: str) -> list[Any]:
    found = api.ask(f"/hosts/{host}/events?limit=100")["events"]
    return [[one["kind"], one["subject"]] for one in reversed(found) if one["kind"].startswith("wake.")]


if __name__ == "__main__":
    print(json.dumps(story(Path(sys.argv[1]), sys.argv[2])), flush=True)
