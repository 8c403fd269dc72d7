"""A machine with an agent: how the agent came there, what its owner's file says, and its life."""

from __future__ import annotations

import functools
import json
import os
import re
import signal
import subprocess
from typing import TYPE_CHECKING

import psutil

from .collector import clean_environ
from .places import program
from .waiting import until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .collector import Collector
    from .places import Place

SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Machine:
    """A machine whose agent lies in `programs`, and is root's: of the checkout, or of a wheel."""

    def __init__(self, place: Place, programs: Path, label: str, interval_seconds: int) -> None:
        self.place, self.programs, self.label = place, programs, label
        self.name, self.address, self.folder = place.name, place.address, place.folder
        self.home = self.folder / "home"
        self.config, self.state = self._folders()
        self.file = self.config / "agent.toml"
        self.environ = {**clean_environ(), "CONFIG_DIR": str(self.config), "STATE_DIR": str(self.state)}
        self.environ |= {"HOME": str(self.home), "PATH": f"{programs}:{SYSTEM}", "NO_COLOR": "1"}
        self.host_id = ""
        self.starts = 0
        self.log = self.folder / "agent.log"
        self._children: list[subprocess.Popen[bytes]] = []
        self.home.mkdir(mode=0o700)
        self._furnish(f"interval_seconds = {interval_seconds}\n")

    @property
    def pid(self) -> int:
        """The agent's process; 0 when none runs."""
        try:
            pid = int((self.state / "lock").read_text("ascii").split()[0])
        except (OSError, ValueError, IndexError):
            return 0
        return pid if self._is_agent(pid) else 0

    def join(self, line: str, collector: Collector) -> None:
        """Paste a line into this machine's shell, and wait until the collector lists the machine with a push."""
        self.starts += 1
        self._begin(["sh", "-c", line])
        self._await_first_push(collector)

    def start(self) -> None:
        """Start the agent again, and wait until it runs."""
        self.starts += 1
        self._begin(["wakeful-agent", "run"])
        until(lambda: self.pid, f"the agent of {self.name} runs", 60)

    def stop(self) -> None:
        """End the agent as a service manager does, and wait until it is gone."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the agent at once."""
        self._signal(signal.SIGKILL)

    def configure(self, piece: str) -> None:
        """Add a piece to the machine's own agent.toml; it counts from the reload on, which is awaited.

        AssertionError when the file is wrong, with what check-config says.
        """
        self.change(lambda text: f"{text}\n{piece}\n")

    def change(self, rewrite: Callable[[str], str]) -> None:
        """Change the machine's own agent.toml as its owner does, and wait until it counts; as `configure`."""
        self.file.write_text(rewrite(self.file.read_text("utf-8")), encoding="utf-8")
        checked = self.cli("check-config")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        self.refresh()

    def refresh(self) -> None:
        """Let the agent read its file again (SIGHUP), and wait until it has."""
        before = self._reloads()
        pid = self.pid
        assert pid, f"no agent runs on {self.name}"
        os.kill(pid, signal.SIGHUP)
        until(lambda: self._reloads() > before, f"the agent of {self.name} reads its file again", 60)

    def run(self, *words: str, stdin: str = "", timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a program on this machine, as the agent's user."""
        return self.place.run(*self._as_user(), *words, stdin=stdin, env=self.environ, timeout=timeout)

    def cli(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run `wakeful-agent WORDS` on this machine."""
        return self.run("wakeful-agent", *words)

    def waiting(self) -> int:
        """Return how many pushes wait on this machine's disk."""
        return len(list((self.state / "spool").glob("*.push*")))

    def set_aside(self) -> list[str]:
        """Return what the agent set aside because it was refused for good, or spoiled."""
        return sorted(path.name for path in (self.state / "spool" / "aside").glob("*"))

    def end(self) -> None:
        """End the agent and bury it."""
        self.stop()
        for child in self._children:
            child.terminate()
            child.wait(20)

    def _folders(self) -> tuple[Path, Path]:
        return self.folder / "config", self.folder / "state"

    def _as_user(self) -> list[str]:
        return []

    def _begin(self, words: list[str]) -> None:
        with self.log.open("ab") as log:
            argv = [*self._as_user(), *words]
            child = self.place.popen(
                argv, env=self.environ, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        self._children = [one for one in self._children if one.poll() is None] + [child]

    def _await_first_push(self, collector: Collector) -> None:
        identity = self.config / "identity.json"
        until(identity.exists, f"{self.name} is enrolled: {self._last_words()}", 90)
        self.host_id = str(json.loads(identity.read_text("utf-8"))["agent_id"])
        until(lambda: self._pushed(collector), f"the first push of {self.name}", 60)

    def _pushed(self, collector: Collector) -> bool:
        status, found = collector.ask("GET", f"/hosts/{self.host_id}")
        return status == 200 and bool(found["last_seen"])

    def _signal(self, number: int) -> None:
        pid = self.pid
        if not pid:
            return
        os.kill(pid, number)
        until(lambda: not self._is_agent(pid) and not self._children_left(), f"the agent of {self.name} ends", 30)

    def _children_left(self) -> bool:
        self._children = [one for one in self._children if one.poll() is None]
        return bool(self._children)

    def _is_agent(self, pid: int) -> bool:
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and "wakeful" in " ".join(process.cmdline())
        except psutil.NoSuchProcess:
            return False

    def _reloads(self) -> int:
        try:
            found = re.search(r"^RELOADS=(\d+)", (self.state / "status").read_text("utf-8"), re.MULTILINE)
        except OSError:
            return 0
        return int(found[1]) if found else 0

    def _last_words(self) -> str:
        return self.log.read_text("utf-8", errors="replace")[-800:] if self.log.exists() else ""

    def _furnish(self, text: str) -> None:
        self.config.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file.write_text(text, encoding="utf-8")
        self.file.chmod(0o600)


class OwnMachine(Machine):
    """A machine whose agent is of somebody without root, who has it from the installer's line."""

    USER_ID = 4242

    def __init__(self, place: Place, interval_seconds: int) -> None:
        home = place.folder / "home"
        super().__init__(place, home / ".local" / "bin", "frozen, by install.sh", interval_seconds)
        self.environ = {name: text for name, text in self.environ.items() if name not in {"CONFIG_DIR", "STATE_DIR"}}
        self.environ |= {"USER": "somebody", "LOGNAME": "somebody"}

    def join(self, line: str, collector: Collector) -> None:
        """Paste the line, which ends when the collector has the first push."""
        self.starts += 1
        done = self.run("sh", "-c", f"cd {self.home} && {without_root(line)}", timeout=180)
        self.log.write_text(done.stdout + done.stderr, encoding="utf-8")
        assert done.returncode == 0, done.stdout + done.stderr
        self._await_first_push(collector)

    def start(self) -> None:
        """Start the agent again by the script that the installer left."""
        self.starts += 1
        done = self.run(str(self.home / ".local/opt/wakeful-agent/scripts/start.sh"))
        assert done.returncode == 0, done.stdout + done.stderr
        until(lambda: self.pid, f"the agent of {self.name} runs", 60)

    def _folders(self) -> tuple[Path, Path]:
        return self.home / ".config" / "wakeful", self.home / ".local" / "state" / "wakeful-agent"

    def _as_user(self) -> list[str]:
        return as_somebody(self.USER_ID)

    def _furnish(self, text: str) -> None:
        super()._furnish(text)
        if as_somebody(self.USER_ID)[0].endswith("setpriv"):
            for path in (self.home, *self.home.rglob("*")):
                os.chown(path, self.USER_ID, self.USER_ID)


@functools.cache
def as_somebody(user_id: int) -> list[str]:
    """Return what runs a program as this user: by right where root is given, else in a namespace of users."""
    by_right = [program("setpriv"), f"--reuid={user_id}", f"--regid={user_id}", "--clear-groups"]
    if subprocess.run([*by_right, "true"], capture_output=True, check=False, timeout=20).returncode == 0:
        return by_right
    return [program("unshare"), "--user", f"--map-user={user_id}", f"--map-group={user_id}"]


def without_root(line: str) -> str:
    """Return the installer's line as somebody pastes it who has no root: without sudo, for this account alone."""
    changed = line.replace("sudo sh wakeful-install.sh ", "sh wakeful-install.sh --user ")
    changed = changed.replace("sudo sh -s -- ", "sh -s -- --user ")
    assert changed != line, line
    return changed
