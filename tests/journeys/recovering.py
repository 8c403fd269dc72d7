"""What the journeys of recovery stand on: fake panels with one server each, and one agent that keeps all of them up."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any

from ..fakes.pterodactyl import Times, pterodactyl
from .halves import Agent, Collector

if TYPE_CHECKING:
    import contextlib
    from pathlib import Path

    from ..fakes.pterodactyl import Pterodactyl, Server

QUICK = {"debounce_seconds": 0.5, "backoff_seconds": 1, "verify_seconds": 20, "steady_seconds": 1}
"""A watch that loses no time; everything else is what people get."""
UNSEEN = ("watch.blind", "watch.sighted")
"""That nobody can tell how it stands, and that it is seen again: not what these stories are about."""
ORDER = ("watch.down", "recovery.attempted", "recovery.failed", "recovery.succeeded", "watch.up")
OURS = ("socket", "panel")
"""Power actions that only the agent asks for in these journeys: nobody else uses Wings' sockets or the panel's API."""


class Scene:
    """A panel, a Wings and one server, under the name of what happens to them."""

    def __init__(
        self, name: str, stack: contextlib.ExitStack, tls: bool = False, wings: str = "1.12.3", **times: float
    ) -> None:
        self.name = name
        quick = {"create_seconds": 0.05, "boot_seconds": 0.2, "stop_seconds": 0.1, "activity_send_seconds": 1.0}
        self.stage: Pterodactyl = stack.enter_context(pterodactyl(Times(**{**quick, **times}), tls, wings))
        self.owner = self.stage.panel.add_user("kim")
        self.key = self.stage.panel.add_key(self.owner)
        self.server: Server = self.stage.add_server(name, self.owner, "running")
        self.password = ""
        self.server.crash_detection = False  # what comes up again was started by the agent

    def ours(self, action: str = "") -> list[tuple[float, str, str]]:
        """Return the power actions of the agent."""
        return [one for one in self.server.powers if one[2] in OURS and action in {"", one[1]}]

    def log_in_by(self, password: str) -> None:
        """Let the agent have no key, but the owner's name and this password."""
        self.password = password

    @property
    def live(self) -> bool:
        """Whether a websocket is open and let in."""
        return bool(self.server.viewers)

    def text(self, folder: Path, **options: Any) -> str:
        """Return its `[[watch]]`, with the key or the password in a file of its own."""
        secret_file = folder / f"{self.name}.secret"
        secret_file.write_text((self.password or self.key) + "\n")
        secret_file.chmod(0o600)
        chosen: dict[str, Any] = {"name": self.name, "kind": "pterodactyl", "panel": self.stage.panel.url}
        chosen["server"] = self.server.short
        if self.password:
            chosen |= {"username": self.owner.name, "password_file": str(secret_file)}
        else:
            chosen["key_file"] = str(secret_file)
        if self.stage.authority is not None:
            chosen["ca_file"] = str(self.stage.ca_file)
        rows = (f"{key} = {json.dumps(text)}" for key, text in {**chosen, **QUICK, **options}.items())
        return "\n[[watch]]\n" + "\n".join(rows) + "\n"


class Keeper(Agent):
    """An agent with watches; what it says is kept."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        folder.mkdir(exist_ok=True)
        self.log = folder / "agent.log"

    def keep(self, *watches: str) -> None:
        """Write agent.toml."""
        file = self.folder / "config" / "agent.toml"
        file.parent.mkdir(mode=0o700, exist_ok=True)
        file.write_text("".join(watches))
        file.chmod(0o600)

    def start(self) -> None:
        self.starts += 1
        with self.log.open("ab") as log:
            argv = [sys.executable, "-m", "wakeful_agent", "run"]
            self.process = subprocess.Popen(argv, env=self.environ, stderr=log, cwd=self.folder)

    def check(self) -> subprocess.CompletedProcess[str]:
        """Have agent.toml checked."""
        argv = [sys.executable, "-m", "wakeful_agent", "check-config"]
        return subprocess.run(argv, env=self.environ, capture_output=True, text=True, check=False)


class Told:
    """What the collector has heard, as its API says."""

    def __init__(self, collector: Collector, scope: str = "read") -> None:
        argv = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "journey", "--scope", scope]
        made = subprocess.run([*argv, "--json", "--data", str(collector.data)], check=True, capture_output=True)
        self.key = json.loads(made.stdout)["key"]
        self.url = f"http://127.0.0.1:{collector.port}/api/v1"

    def get(self, path: str) -> Any:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {self.key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def events(self, subject: str, *prefixes: str) -> list[dict[str, Any]]:
        """Return the events of a watch, the oldest first, of kinds that begin like this."""
        wanted = prefixes or ("watch.", "recovery.")
        newest_first = self.get("/events?limit=500")["events"]
        found = [one for one in reversed(newest_first) if one["subject"] == subject]
        return sorted((one for one in found if one["kind"].startswith(wanted)), key=_moment)

    def story(self, subject: str) -> list[str]:
        """Return the kinds of its events without what was not known meanwhile, the oldest first."""
        return [kind for kind in self.kinds(subject) if kind not in UNSEEN]

    def kinds(self, subject: str) -> list[str]:
        """Return the kinds of the events of a watch, the oldest first."""
        return [one["kind"] for one in self.events(subject)]

    def watch(self, name: str) -> dict[str, Any]:
        """Return how a watch stands; empty while it is not known."""
        rows = self.get("/watches")["watches"]
        return next((row for row in rows if row["name"] == name), {})


def _moment(event: dict[str, Any]) -> tuple[str, int]:
    """What happens in one millisecond stands in the order of a recovery, whichever push arrived first."""
    return event["at"], ORDER.index(event["kind"]) if event["kind"] in ORDER else -1


def wait_until(so: Any, seconds: float, log: Path | None = None) -> None:
    """Wait until something is so; say what the agent's log says when it does not come."""
    deadline = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < deadline, log.read_text()[-3000:] if log is not None else "it did not come to pass"
        time.sleep(0.05)
