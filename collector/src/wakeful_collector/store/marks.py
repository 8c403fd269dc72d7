"""Which sequences of a run were taken: everything from the first to the last but some holes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

HOLES_MAX = 20_000


@dataclass(slots=True)
class Mark:
    """The sequences taken so far; `holes` are inclusive ranges between `first` and `last`, rising."""

    first: int
    last: int
    holes: list[tuple[int, int]]

    def has(self, sequence: int) -> bool:
        """Return whether this sequence was taken."""
        return self.first <= sequence <= self.last and self._hole(sequence) is None

    def take(self, sequence: int) -> None:
        """Remember a sequence that was not taken yet."""
        if sequence > self.last:
            if sequence > self.last + 1:
                self.holes.append((self.last + 1, sequence - 1))
            self.last = sequence
        elif sequence < self.first:
            if sequence < self.first - 1:
                self.holes.insert(0, (sequence + 1, self.first - 1))
            self.first = sequence
        else:
            self._fill(sequence)
        del self.holes[: max(0, len(self.holes) - HOLES_MAX)]

    def _hole(self, sequence: int) -> int | None:
        return next((index for index, (low, high) in enumerate(self.holes) if low <= sequence <= high), None)

    def _fill(self, sequence: int) -> None:
        index = self._hole(sequence)
        if index is not None:
            low, high = self.holes[index]
            left = [(low, sequence - 1)] if low < sequence else []
            right = [(sequence + 1, high)] if sequence < high else []
            self.holes[index : index + 1] = left + right


def pack_holes(mark: Mark) -> bytes | None:
    """Return the stored form of the holes; None when there are none."""
    return np.array(mark.holes, "<i8").tobytes() if mark.holes else None


def read_holes(stored: bytes | None) -> list[tuple[int, int]]:
    """Read the stored form of the holes."""
    pairs = np.frombuffer(stored or b"", "<i8").reshape(-1, 2)
    return [(low, high) for low, high in pairs.tolist()]
