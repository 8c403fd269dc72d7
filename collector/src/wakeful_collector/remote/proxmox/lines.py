"""Lines of the console: what each means as a command, and running them one after the other."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from wakeful_collector.remote.failure import OK, USAGE
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    from wakeful_collector.remote.session import Session

BYTES_MAX = 1_048_576
ENDS = {"exit", "quit", "bye"}
_DESCRIBED = {
    **dict.fromkeys(("vm", "ct", "guest", "qemu", "lxc", "container"), "guest"),
    "node": "nodes",
    "storage": "storage",
    "task": "log",
    "cluster": "status",
    "deed": "deeds",
}
_WITHOUT_CLUSTER = {"add", "change", "remove", "test-connection", "trust", "clusters", "console", "validate", "wishes"}


class Console:
    """Runs lines as commands; `cluster` is the one that `use` chose, empty for all."""

    def __init__(self, session: Session, before: list[str], cluster: str = "") -> None:
        self._session = session
        self._before = before
        self.cluster = cluster

    def script(self, text: str, keep_going: bool) -> int:
        """Run lines until one fails, and return its exit code; of all that failed the last when they are kept going."""
        code = OK
        for line in text.splitlines():
            found = self.line(line)
            if found is None:
                break
            code = found or code
            if found and not keep_going:
                break
        return code

    def line(self, text: str) -> int | None:
        """Run one line and return its exit code; None when it ends the console."""
        try:
            words = words_of(text)
        except ValueError as error:
            self._session.err.line(Styled("wakeful", "bad"), f": {error}".lower())
            return USAGE
        if not words:
            return OK
        if words[0] in ENDS:
            return None
        if words[0] == "use":
            return self._use(words[1:])
        if words[0] == "console":
            self._session.err.line("This is the console.")
            return OK
        return self._session.shell.run([*self._before, *self.command(words)])

    def command(self, words: list[str]) -> list[str]:
        """Return words of a line as the words of a whole command line, with the cluster that is in use."""
        if words[0] in {"help", "?", "--help", "-h"}:
            return ["help", "proxmox", *words[1:]]
        named = any(word == "--cluster" or word.startswith("--cluster=") for word in words)
        wanted = self.cluster and not named and words[0] not in _WITHOUT_CLUSTER
        return ["proxmox", *words, *(["--cluster", self.cluster] if wanted else [])]

    def offered(self, text: str) -> list[str]:
        """Return what may stand for the last word of an unfinished line."""
        words = begun(text)
        if len(words) == 1:
            more = [word for word in ("describe", "use", "help", "exit") if word.startswith(words[0])]
            return [*self._candidates(["proxmox", words[0]]), *more]
        if words[0] == "describe":
            if len(words) == 2:
                return [word for word in _DESCRIBED if word.startswith(words[1])]
            words = [_DESCRIBED.get(words[1], words[1]), *words[2:]]
        if words[0] == "use":
            words = ["status", "--cluster", *words[1:2]]
        if words[0] == "help":
            return self._candidates(["proxmox", *words[1:2]])
        return self._candidates(["proxmox", *words])

    def _use(self, words: list[str]) -> int:
        self.cluster = words[0] if words else ""
        said = f"Everything is about {self.cluster} now." if self.cluster else "Everything is about all clusters again."
        self._session.err.line(said)
        return OK

    def _candidates(self, words: list[str]) -> list[str]:
        before = [word for word in self._before if word != "--json"]
        return self._session.shell.candidates([*before, *words])


def words_of(text: str) -> list[str]:
    """Return the words of a line, `describe` translated; raise ValueError for a quotation that has no end."""
    words = shlex.split(text, comments=True)
    while words and words[0] in {"wakeful", "proxmox"}:
        words.pop(0)
    if words[:1] == ["describe"]:
        if len(words) < 2 or words[1] not in _DESCRIBED:
            raise ValueError(f"describe what? {', '.join(_DESCRIBED)}")
        words = [_DESCRIBED[words[1]], *words[2:]]
    return words


def begun(text: str) -> list[str]:
    """Return the words of an unfinished line, with the one at the cursor, which may be empty."""
    words = text.split()
    return [*words, ""] if not words or text[-1:].isspace() else words
