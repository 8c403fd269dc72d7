"""One stream that a person or a program reads: styles for people only, and nothing hostile ever reaches it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, TextIO

from wakeful_collector.remote.table import Cell, Column, Styled, lay_out
from wakeful_collector.remote.width import ELLIPSIS, cut, harmless, wrapped

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SGR = {"good": "32", "warn": "33", "bad": "31", "dim": "2", "bold": "1"}
_WIDTH_WITHOUT_ANSWER = 80
_CLEARED = "\r\033[K"


class Terminal:
    """A stream to write to; `width` is None where nobody looks, so that lines stay whole for programs."""

    def __init__(self, stream: TextIO, environ: Mapping[str, str]) -> None:
        self._stream = stream
        if hasattr(stream, "reconfigure"):
            # A letter that this terminal has no code for must not end the command.
            stream.reconfigure(errors="backslashreplace")
        self.is_terminal = stream.isatty()
        self.colour = self.is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        self.width = _width(stream, environ, self.is_terminal)
        self.ellipsis = ELLIPSIS if (stream.encoding or "").lower().startswith("utf") else "~"
        self._is_passing = False

    def line(self, *pieces: Cell) -> None:
        """Write one line; every piece is made harmless first."""
        self._write("".join(map(self._drawn, pieces)).rstrip(" ") + "\n")

    def passing(self, text: str = "") -> None:
        """Write a line that the next one takes the place of; nothing where nobody looks."""
        if not self.colour:
            return
        self._write("")
        if text:
            self._stream.write(cut(harmless(text), max(1, (self.width or _WIDTH_WITHOUT_ANSWER) - 1), self.ellipsis))
            self._stream.flush()
            self._is_passing = True

    def paragraph(self, text: str, indent: str = "") -> None:
        """Write a text as lines that fit."""
        room = max(20, (self.width or 120) - len(indent))
        for line in wrapped(harmless(text), room):
            self.line(indent + line)

    def table(self, heads: Sequence[Column], rows: Sequence[Sequence[Cell]], indent: str = "") -> None:
        """Write rows under their heads, fitted to the width."""
        room = None if self.width is None else max(1, self.width - len(indent))
        for pieces in lay_out(heads, rows, room, self.ellipsis):
            self.line(indent, *pieces)

    def pairs(self, rows: Iterable[tuple[str, Cell]], indent: str = "") -> None:
        """Write names with their values beside them, without those that have none."""
        said = [(name, value) for name, value in rows if (value.text if isinstance(value, Styled) else value)]
        if said:
            room = None if self.width is None else max(1, self.width - len(indent))
            heads = (Column("", 0), Column("", 10))
            lines = lay_out(heads, [(Styled(name, "dim"), value) for name, value in said], room, self.ellipsis)
            for pieces in lines[1:]:
                self.line(indent, *pieces)

    def document(self, value: Any, one_line: bool = False) -> None:
        """Write a JSON document in ASCII."""
        import json

        text = json.dumps(value, ensure_ascii=True, indent=None if one_line else 2)
        self._write(text.replace("\x7f", "\\u007f") + "\n")

    def script(self, text: str) -> None:
        """Write a text of our own as it stands."""
        self._write(text)

    def _drawn(self, piece: Cell) -> str:
        if not isinstance(piece, Styled):
            return harmless(piece)
        text = harmless(piece.text)
        return f"\033[{_SGR[piece.style]}m{text}\033[0m" if self.colour and piece.style in _SGR and text else text

    def _write(self, text: str) -> None:
        self._stream.write(_CLEARED + text if self._is_passing else text)
        self._is_passing = False
        self._stream.flush()


def _width(stream: TextIO, environ: Mapping[str, str], is_terminal: bool) -> int | None:
    said = environ.get("COLUMNS", "")
    if said.isascii() and said.isdigit() and 0 < int(said) < 10_000:
        return int(said)
    if not is_terminal:
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or _WIDTH_WITHOUT_ANSWER
    except OSError:
        return _WIDTH_WITHOUT_ANSWER
