"""Reads some fields of a JSON object from as much of it as there is, without the rest."""

from __future__ import annotations

import re
from typing import Any

import msgspec

_STRING = rb'("(?:[^"\\]++|\\.)*+")'
_SHALLOW = re.compile(rb'([^"{}\[\],:]*+)(?:' + _STRING + rb"|([{}\[\],:]))", re.DOTALL)
_DEEP = re.compile(rb'[^"{}\[\]]*+(?:' + _STRING + rb"|([{}\[\]]))", re.DOTALL)


class TopLevel:
    """Looks for the fields `names` of the object that a buffer begins with; `found` holds those that are plain values.

    `done` when all of them were found, or when no more can be: the object has ended, or is none.
    """

    def __init__(self, *names: str) -> None:
        self.names = frozenset(names)
        self.found: dict[str, Any] = {}
        self.done = False
        self._at = 0
        self._depth = 0
        self._key: str | None = None
        self._value = b""

    def read(self, buffer: bytes | bytearray) -> bool:
        """Read on in `buffer`, which holds all that was there before and more; return `done`."""
        while not self.done:
            token = (_SHALLOW if self._depth < 2 else _DEEP).match(buffer, self._at)
            if token is None:
                break
            self._at = token.end()
            if self._depth < 2:
                self._shallow(token[1].strip(), token[2], token[3])
            elif token[2] is not None:
                self._depth += 1 if token[2] in b"{[" else -1
        return self.done

    def _shallow(self, plain: bytes, string: bytes | None, mark: bytes | None) -> None:
        if self._depth == 0:
            self._depth, self.done = 1, mark != b"{" or bool(plain)
            return
        self._value = string or plain or self._value
        if mark == b":":
            self._key, self._value = str(_plain(self._value)), b""
        elif mark in {b",", b"}"}:
            self._field()
            self.done = self.done or mark == b"}"
        elif mark is not None:
            self._depth, self._value, self._key = 2, b"", None
            self.done = mark == b"]"

    def _field(self) -> None:
        if self._key in self.names and self._value:
            self.found[str(self._key)] = _plain(self._value)
            self.done = len(self.found) == len(self.names)
        self._key, self._value = None, b""


def _plain(token: bytes) -> Any:
    try:
        return msgspec.json.decode(token)
    except ValueError:
        return None
