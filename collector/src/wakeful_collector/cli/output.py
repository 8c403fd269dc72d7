"""What the commands print: results on standard output, everything else on standard error, colour only for people."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLOURS = {"ok": "32", "warn": "33", "fail": "31", "bold": "1"}


class CommandError(Exception):
    """A command cannot do what was asked; the text is for people, `exit_code` for programs."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def say(text: str = "") -> None:
    """Print a line of the result."""
    print(text, flush=True)


def say_error(text: str) -> None:
    """Print a line about what went wrong."""
    print(f"{coloured('error', 'fail', sys.stderr)}: {text}", file=sys.stderr, flush=True)


def say_aside(text: str) -> None:
    """Print a line that is not part of the result: a warning, progress."""
    print(text, file=sys.stderr, flush=True)


def say_json(value: Any) -> None:
    """Print `value` as one JSON document."""
    print(json.dumps(value, ensure_ascii=True, indent=None), flush=True)


def say_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their heads, columns aligned."""
    widths = [max(len(row[index]) for row in [heads, *rows]) for index in range(len(heads))]
    for row in [heads, *rows]:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def coloured(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Return `text` in a colour when a person looks at `stream` and did not forbid it with NO_COLOR."""
    target = stream if stream is not None else sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not target.isatty():
        return text
    return f"\033[{_COLOURS[colour]}m{text}\033[0m"


def plain(text: object) -> str:
    """Return text from outside fit for a terminal: without control characters."""
    return "".join(character if character.isprintable() else "?" for character in str(text))
