"""The story's collector: `wakeful-collector serve` at a place of its own, and whoever speaks to it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from .waiting import Never, until

if TYPE_CHECKING:
    from .places import Place

PROGRAMS = Path(sys.executable).parent
PORT = 8800


def clean_environ() -> dict[str, str]:
    """Return this process's environment without what would set anything of Wakeful's."""
    ours = ("WAKEFUL_", "CONFIG_DIR", "STATE_DIR")
    return {name: text for name, text in os.environ.items() if not name.startswith(ours)}


class Collector:
    """The collector: `url` is where the world reaches it, `data` its folder."""

    def __init__(self, place: Place, data: Path, settings: str) -> None:
        self.place, self.data = place, data
        self.url = f"http://{place.address}:{PORT}"
        self.key = ""
        self.starts = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._log = place.folder / "collector.log"
        self._key_file = place.folder / "key"
        data.mkdir(mode=0o700, exist_ok=True)
        text = f'listen = "{place.address}:{PORT}"\n{settings}'
        (data / "collector.toml").write_text(text, encoding="utf-8")
        (data / "collector.toml").chmod(0o600)

    @property
    def log(self) -> str:
        """All that the collector wrote so far."""
        return self._log.read_text("utf-8", errors="replace") if self._log.exists() else ""

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.starts += 1
        words = [str(PROGRAMS / "wakeful-collector"), "serve", "--quiet", "--data", str(self.data)]
        with self._log.open("ab") as log:
            self.process = self.place.popen(
                words, env=clean_environ(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        try:
            until(self.answers, "the collector answers", 60)
        except Never as error:
            raise Never(f"{error}\n{self.log[-1500:]}") from None
        if not self.key:
            made = self.admin("key", "create", "--name", "story", "--scope", "admin", "--json")
            self.key = str(json.loads(made.stdout)["key"])
            self._key_file.write_text(self.key, encoding="ascii")
            self._key_file.chmod(0o600)

    def stop(self) -> None:
        """End it as a service manager does, and wait until it is gone."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(60)
            self.process = None

    def kill(self) -> None:
        """End all of its processes at once, as the loss of power does."""
        assert self.process is not None
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        for one in family:
            try:
                one.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait(30)
        psutil.wait_procs(family, timeout=30)
        self.process = None

    def answers(self) -> bool:
        """Tell whether it answers; one that ended is an error, with its last words."""
        if self.process is not None and self.process.poll() is not None:
            raise AssertionError(f"the collector ended with {self.process.returncode}: {self.log[-1500:]}")
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=3) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask the API and return status and document; `path` begins below /api/v1."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/v1{path}", content, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            return error.code, json.loads(text) if text.startswith(("{", "[")) else text

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """Ask the API and return its document; an error of it is raised."""
        status, document = self.ask(method, path, body)
        assert status < 400, f"{method} {path}: {status} {document}"
        return document

    def cli(self, *words: str, stdin: str = "", timeout: float = 120) -> subprocess.CompletedProcess[str]:
        """Run `wakeful WORDS` as the operator does, with a key that may do everything."""
        environ = {**clean_environ(), "WAKEFUL_URL": self.url, "WAKEFUL_API_KEY_FILE": str(self._key_file)}
        environ |= {"NO_COLOR": "1", "HOME": str(self.place.folder)}
        argv = [str(PROGRAMS / "wakeful"), *words]
        return subprocess.run(
            argv, env=environ, input=stdin, capture_output=True, text=True, check=False, timeout=timeout
        )

    def admin(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run `wakeful-collector WORDS` on the collector's machine; it must end well."""
        argv = [str(PROGRAMS / "wakeful-collector"), *words, "--data", str(self.data)]
        done = self.place.run(*argv, stdin=stdin, env={**clean_environ(), "NO_COLOR": "1"})
        assert done.returncode == 0, f"wakeful-collector {' '.join(words)}: {done.stderr}"
        return done

    def room_bytes(self) -> int:
        """Return what its disk still takes."""
        return shutil.disk_usage(self.data).free
