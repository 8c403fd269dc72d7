"""Counts what passes in an answer: bytes, and the tokens that its end tells of. It never holds a byte back."""

from __future__ import annotations

import re

HEAD_BYTES = 4_096
TAIL_BYTES = 16_384
# A quote inside of a string of JSON has a backslash before it, so that no model's words can look like these.
_PROMPT = re.compile(rb'(?<!\\)"(?:prompt_eval_count|prompt_tokens|input_tokens)"\s*:\s*(\d{1,12})')
_COMPLETION = re.compile(rb'(?<!\\)"(?:eval_count|completion_tokens|output_tokens)"\s*:\s*(\d{1,12})')


class Tally:
    """What an answer amounts to so far."""

    def __init__(self) -> None:
        self.size_bytes = 0
        self.ends_line = True
        self.ends_event = True
        self._head = b""
        self._tail = b""

    def take(self, piece: bytes) -> None:
        """Count a piece that passes."""
        self.size_bytes += len(piece)
        if len(self._head) < HEAD_BYTES:
            self._head += piece[: HEAD_BYTES - len(self._head)]
        self._tail = piece[-TAIL_BYTES:] if len(piece) >= TAIL_BYTES else (self._tail + piece)[-TAIL_BYTES:]
        self.ends_line = self._tail.endswith(b"\n")
        self.ends_event = self._tail.endswith((b"\n\n", b"\r\n\r\n"))

    def tokens(self) -> tuple[int, int]:
        """Return how many tokens the prompt and the answer had; 0 for what was not told."""
        return self._last(_PROMPT), self._last(_COMPLETION)

    def _last(self, pattern: re.Pattern[bytes]) -> int:
        found = pattern.findall(self._tail) or pattern.findall(self._head)
        return int(found[-1]) if found else 0
