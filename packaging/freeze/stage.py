"""Where proof.py plays: a root folder that commands run in, and a collector of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# For machines that are busy with other things: what is waited for comes at once on a quiet one.
PATIENCE_SECONDS = 180
MOUNT = """
set -eu
root=$1
shift
mount --rbind /proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
exec chroot "$root" "$@"
"""


class Wrong(Exception):
    """Something is not as it must be; the message says what."""


def wait_for(fulfilled: Callable[[], bool], what: str, log: Callable[[], str]) -> None:
    """Wait until something is so; Wrong when it does not come to pass."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not fulfilled():
        if time.monotonic() > deadline:
            raise Wrong(f"this does not come to pass: {what}. The log: {log()}")
        time.sleep(0.2)


class Root:
    """A root folder; commands in it have mounts of their own and an environment of almost nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._child: subprocess.Popen[bytes] | None = None
        self._log = self.folder.with_name(self.folder.name + ".log")

    def path(self, inside: str) -> Path:
        """Return where a path of the root is, seen from here."""
        return self.folder / inside.lstrip("/")

    def write(self, inside: str, text: str, mode: int) -> None:
        """Write a file of the root."""
        path = self.path(inside)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    @contextlib.contextmanager
    def lent(self, folder: Path, inside: str) -> Iterator[None]:
        """Have a copy of a folder in the root for a while."""
        place = self.path(inside)
        shutil.copytree(folder, place, symlinks=True)
        try:
            yield
        finally:
            shutil.rmtree(place)

    def _argv(self, *words: str) -> list[str]:
        inside = ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT, "sh", str(self.folder)]
        return [*inside, *words]

    @staticmethod
    def _environment(more: dict[str, str]) -> dict[str, str]:
        return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **more}

    def try_run(self, *words: str, given: str = "", **environment: str) -> tuple[int, str]:
        """Run a command to its end; return its exit code and all it said."""
        done = subprocess.run(
            self._argv(*words),
            input=given,
            env=self._environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return done.returncode, done.stdout

    def run(self, *words: str, given: str = "", **environment: str) -> str:
        """Run a command to its end and return its standard output; Wrong when it fails."""
        done = subprocess.run(
            self._argv(*words),
            input=given,
            env=self._environment(environment),
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        if done.returncode:
            raise Wrong(f"{' '.join(words)} ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *words: str) -> None:
        """Start a command that goes on."""
        with self._log.open("wb") as log:
            self._child = subprocess.Popen(self._argv(*words), env=self._environment({}), stdout=log, stderr=log)

    def signal(self, name: str) -> None:
        """Send a signal to what was started: exec after exec, it is still the same process."""
        self._running().send_signal(getattr(signal, f"SIG{name}"))

    def wait(self) -> int:
        """Wait for the end of what was started; return its exit code."""
        return self._running().wait(PATIENCE_SECONDS)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None:
            raise Wrong("nothing was started")
        return self._child

    def log(self) -> str:
        """Return the last that was said by what was started."""
        return self._log.read_text(errors="replace")[-2000:] if self._log.exists() else ""

    def processes(self) -> list[int]:
        """Return the processes whose root this is."""
        found = []
        for name in os.listdir("/proc"):
            with contextlib.suppress(OSError):
                if name.isdigit() and os.readlink(f"/proc/{name}/root") == str(self.folder):
                    found.append(int(name))
        return found

    def end(self) -> None:
        """End what still runs here."""
        if self._child is not None and self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        self._log.unlink(missing_ok=True)


class Collector:
    """`wakeful-collector serve --tls self` with a folder of its own, on a port that stays the same."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"https://127.0.0.1:{self.port}"
        self.data = folder / "collector"
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start it and wait until it listens."""
        words = ["serve", "--quiet", "--tls", "self", "--listen", f"127.0.0.1:{self.port}", "--data", str(self.data)]
        self._process = subprocess.Popen(self._argv(*words), env=self._environment(), stderr=subprocess.DEVNULL)
        wait_for(self._listens, "the collector listens", lambda: "")

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 2).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Have it end, and wait until it has."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(PATIENCE_SECONDS)

    close = stop

    def invite(self) -> str:
        """Return a new invite."""
        said = subprocess.run(
            self._argv("invite", "--json", "--data", str(self.data)),
            env=self._environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return str(json.loads(said.stdout)["invite"])

    def certificate(self) -> str:
        """Return the certificate it shows, which it has signed itself."""
        return (self.data / "tls" / "self.crt").read_text()

    def hosts(self) -> list[tuple[str, int | None]]:
        """Return the machines it knows, with the time of their last push in milliseconds."""
        from wakeful_collector.read import hosts

        return [(host.id, host.last_seen_ms) for host in hosts.hosts(self.data)]

    def last_seen(self) -> int | None:
        """Return when the one machine was heard last."""
        return self.hosts()[0][1]

    @staticmethod
    def _argv(*words: str) -> list[str]:
        return [sys.executable, "-m", "wakeful_collector", *words]

    @staticmethod
    def _environment() -> dict[str, str]:
        return {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
