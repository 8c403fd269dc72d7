"""The head of a chunk: times, series, and how and where each column lies in the body."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt
import zstandard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_collector.store.codec_columns import Bytes, Ints

FORM = 1
PACKED, FIXED, COPY = 0, 1, 2
"""A column lies in a block; never changes (`first` is its bits); equals the column of row `first`."""

_TABLE = (
    ("kind", np.uint8),
    ("decimals", np.uint8),
    ("order", np.uint8),
    ("shift", np.uint8),
    ("planes", np.uint8),
    ("mask_of", np.uint32),
    ("block_of", np.uint32),
    ("place", np.uint32),
    ("first", np.int64),
    ("second", np.int64),
)


class Sliced(Protocol):
    """Bytes that are read by slices."""

    def __getitem__(self, span: slice, /) -> bytes:
        """Return the bytes of the span."""
        ...


@dataclass(slots=True)
class Head:
    """What is known of a chunk without its body; arrays hold one entry a series, in the order of `keys`."""

    times_ms: Ints
    keys: Ints
    kind: Bytes
    decimals: Bytes
    order: Bytes
    shift: Bytes
    planes: Bytes
    mask_of: npt.NDArray[np.uint32]
    block_of: npt.NDArray[np.uint32]
    place: npt.NDArray[np.uint32]
    first: Ints
    second: Ints
    masks: list[bytes] = field(default_factory=list)
    block_rows: list[int] = field(default_factory=list)
    block_planes: list[int] = field(default_factory=list)
    lengths: npt.NDArray[np.uint32] = field(default_factory=lambda: np.zeros(0, np.uint32))

    @classmethod
    def empty(cls, times_ms: Ints, keys: Ints) -> Head:
        """Return a head in which nothing is placed yet."""
        return cls(times_ms, keys, *(np.zeros(len(keys), form) for _, form in _TABLE))  # type: ignore[arg-type]  # the table names each form

    @property
    def blocks(self) -> int:
        """How many blocks there are so far."""
        return len(self.block_rows)

    def mask(self, index: int) -> npt.NDArray[np.bool_]:
        """Return at which times the series of this mask have a value."""
        bits = np.unpackbits(np.frombuffer(self.masks[index], np.uint8), count=len(self.times_ms))
        return bits.astype(np.bool_)

    def frames(self, block: int, body: Sliced) -> Iterator[bytes]:
        """Yield the packed byte planes of a block, lowest first."""
        first = sum(self.block_planes[:block])
        start = sum(self.lengths[:first].tolist())
        for length in self.lengths[first : first + self.block_planes[block]].tolist():
            yield body[start : start + length]
            start += length


def pack_head(head: Head) -> bytes:
    """Return the stored form of a head."""
    document = (
        FORM,
        _steps(head.times_ms),
        _steps(head.keys),
        [_narrow(getattr(head, name)) for name, _ in _TABLE],
        head.masks,
        _narrow(np.array(head.block_rows, np.uint32)),
        _narrow(np.array(head.block_planes, np.uint8)),
        _narrow(head.lengths),
    )
    return zstandard.ZstdCompressor(level=9).compress(msgspec.msgpack.encode(document))


def read_head(packed: bytes) -> Head:
    """Read the stored form of a head; raise ValueError when it is of a form this version does not know."""
    _, times, keys, table, masks, block_rows, block_planes, lengths = _document(packed)
    read = {name: _widen(item, form) for (name, form), item in zip(_TABLE, table, strict=True)}
    return Head(
        _unsteps(times),
        _unsteps(keys),
        **read,
        masks=masks,
        block_rows=_widen(block_rows, np.uint32).tolist(),
        block_planes=_widen(block_planes, np.uint8).tolist(),
        lengths=_widen(lengths, np.uint32),
    )


def read_keys(packed: bytes) -> Ints:
    """Read only which columns a chunk holds; raise ValueError as `read_head` does."""
    return _unsteps(_document(packed)[2])


def _document(packed: bytes) -> Any:
    document = msgspec.msgpack.decode(zstandard.ZstdDecompressor().decompress(packed))
    if document[0] != FORM:
        raise ValueError(f"a chunk has form {document[0]}, this version knows {FORM}")
    return document


def _steps(rising: Ints) -> tuple[int, int, tuple[str, bytes, int]]:
    """Pack rising whole numbers: the first, the first step, and by how much each step differs from the one before."""
    steps = np.diff(rising)
    start = int(rising[0]) if len(rising) else 0
    turns = np.diff(steps)
    if not turns.any():
        turns = turns[:0]
    return start, int(steps[0]) if len(steps) else 0, (*_narrow(turns), len(rising))


def _unsteps(packed: tuple[int, int, tuple[str, bytes, int]]) -> Ints:
    start, step, (form, content, count) = packed
    turns = _widen((form, content), np.int64)
    steps = np.full(max(0, count - 1), step, np.int64)
    if len(turns):
        steps[1:] += np.cumsum(turns)
    return np.concatenate(([start], start + np.cumsum(steps))).astype(np.int64)[:count]


def _narrow(values: npt.NDArray[Any]) -> tuple[str, bytes]:
    """Return the narrowest little-endian form that holds all values, and the bytes."""
    least, most = (int(values.min()), int(values.max())) if len(values) else (0, 0)
    form = next(
        form
        for form in ("u1", "i1", "<u2", "<i2", "<u4", "<i4", "<i8")
        if np.iinfo(form).min <= least and most <= np.iinfo(form).max
    )
    return form, values.astype(form).tobytes()


def _widen(packed: tuple[str, bytes], form: type) -> npt.NDArray[Any]:
    stored = np.frombuffer(packed[1], packed[0])
    return stored if stored.dtype == form else stored.astype(form)
