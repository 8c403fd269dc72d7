"""Programs of the world that are no part of Wakeful: each is a process in a network of its own that obeys lines.

The story's side is an `Actor`; the program's side calls `obey` with what it is. One line of JSON is one order, and one
line is its answer. The program ends with its standard input: whatever becomes of the story, nothing is left running.
"""

from __future__ import annotations

import json
import select
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from .places import Place

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 60.0


class Actor:
    """A program at a place of the world; `folder` is its own."""

    module: ClassVar[str]
    """The program: `tests.story.panel`."""

    def __init__(self, place: Place, folder: Path, *words: str) -> None:
        self.place, self.folder = place, folder
        self._argv = [sys.executable, "-m", self.module, str(folder), place.address, *words]
        self._turn = threading.Lock()
        self._child: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start it and wait until it says that it is there; raise AssertionError with what it wrote when it is not."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._log.open("a", encoding="utf-8") as log:
            pipe = subprocess.PIPE
            self._child = self.place.popen(self._argv, stdin=pipe, stdout=pipe, stderr=log, text=True, cwd=ROOT)
        self._heard("its start")

    def stop(self) -> None:
        """End it, as well when it never started."""
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        try:
            child.wait(PATIENCE_SECONDS)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()

    def order(self, name: str, *words: Any, **named: Any) -> Any:
        """Have a method of the program run and return what it returns."""
        with self._turn:
            child = self._child
            assert child is not None, f"{self.module} does not run"
            assert child.stdin is not None
            child.stdin.write(json.dumps([name, words, named]) + "\n")
            child.stdin.flush()
            return self._heard(name)

    @property
    def _log(self) -> Path:
        return self.folder / "stderr.log"

    def _heard(self, what: str) -> Any:
        child = self._child
        assert child is not None
        assert child.stdout is not None
        ready = select.select([child.stdout], [], [], PATIENCE_SECONDS)[0]
        line = child.stdout.readline() if ready else ""
        if not line:
            raise AssertionError(f"{self.module} did not answer {what}: {self._log.read_text('utf-8')[-2000:]}")
        found = json.loads(line)
        assert "error" not in found, f"{self.module}, {what}: {found['error']}"
        return found["told"]


def obey(program: Any) -> None:
    """Say that the program is there, and run its methods as ordered, until standard input ends."""
    _say({"told": "here"})
    for line in sys.stdin:
        name, words, named = json.loads(line)
        try:
            told = {"told": getattr(program, name)(*words, **named)}
        except Exception as error:
            told = {"error": f"{type(error).__name__}: {error}"}
        _say(told)


def _say(told: dict[str, Any]) -> None:
    print(json.dumps(told), flush=True)
