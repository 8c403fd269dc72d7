"""The console's prompt: completion by Tab, what was typed before, and a history file that nobody else reads."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import Completer, Completion, ThreadedCompleter
from prompt_toolkit.history import History

from wakeful_collector.remote.failure import OK
from wakeful_collector.remote.proxmox.lines import begun

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prompt_toolkit.completion import CompleteEvent
    from prompt_toolkit.document import Document

    from wakeful_collector.remote.proxmox.lines import Console

ENTRIES_MAX = 2_000
_HUSH = re.compile(r"(?i)(secret|password|token|key)=(?!@)")
_WELCOME = "Tab completes, help lists what there is, exit or Ctrl-D leaves."


def converse(console: Console, environ: Mapping[str, str]) -> int:
    """Read lines and run them until whoever sits there leaves; a line that failed ends nothing."""
    prompt: PromptSession[str] = PromptSession(
        history=Kept(place(environ)),
        completer=ThreadedCompleter(Offering(console)),
        complete_while_typing=False,
        enable_history_search=True,
    )
    print_formatted_text(_WELCOME)
    while True:
        try:
            line = prompt.prompt(f"{console.cluster or 'proxmox'}> ")
        except KeyboardInterrupt:
            continue
        except EOFError:
            return OK
        if console.line(line) is None:
            return OK


def place(environ: Mapping[str, str]) -> Path:
    """Return where the history is kept."""
    state = environ.get("XDG_STATE_HOME") or os.path.join(
        environ.get("HOME") or os.path.expanduser("~"), ".local/state"
    )
    return Path(state) / "wakeful" / "console-history"


class Offering(Completer):
    """Offers what may stand at the cursor."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:  # noqa: ARG002 - its name is the library's
        """Yield what fits."""
        text = document.text_before_cursor
        length = len(begun(text)[-1])
        for one in self._console.offered(text):
            yield Completion(one, start_position=-length)


class Kept(History):
    """Lines that were typed, in a file of mode 0600; one that holds a secret is not kept."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        """Yield lines, newest first; a file that cannot be read is an empty one."""
        try:
            lines = self._path.read_text("utf-8", "replace").splitlines()
        except OSError:
            return []
        if len(lines) > 2 * ENTRIES_MAX:
            self._write("".join(f"{line}\n" for line in lines[-ENTRIES_MAX:]), os.O_TRUNC)
        return lines[: -ENTRIES_MAX - 1 : -1]

    def store_string(self, string: str) -> None:
        """Keep a line."""
        line = " ".join(string.split())
        if line and not _HUSH.search(line):
            self._write(f"{line}\n", os.O_APPEND)

    def _write(self, text: str, how: int) -> None:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | how
            descriptor = os.open(self._path, flags, 0o600)
            with open(descriptor, "w", encoding="utf-8", errors="replace") as stream:
                os.fchmod(descriptor, 0o600)
                stream.write(text)
        except OSError:
            return  # a prompt without a past is still a prompt
