"""The ticks of one push as they lie in a hot row: times, then a row of float64 a tick; NaN is the null.

Small ones stay as they are, since packing would cost more than the row; the ticks of a backlog are packed.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING, cast

import numpy as np
import zstandard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.store.codec_columns import Floats, Ints

_HEAD = struct.Struct("<BxxxI")
_PLAIN, _PACKED = 0, 1
_PACK_FROM_BYTES = 16_384
_NULL = float("nan")


def pack_ticks(ticks: Sequence[tuple[int, Sequence[float | None]]]) -> bytes:
    """Return the stored form of ticks that are all of one width."""
    content = array("q", [time_ms for time_ms, _ in ticks]).tobytes()
    for _, values in ticks:
        try:
            row = array("d", cast("Sequence[float]", values)).tobytes()
        except TypeError:  # None is among them
            row = array("d", [_NULL if value is None else value for value in values]).tobytes()
        content += row
    return _stored(content, len(ticks))


def pack_arrays(times_ms: Ints, values: Floats) -> bytes:
    """Return the stored form of ticks given as times and a row of values a tick."""
    return _stored(times_ms.astype("<i8").tobytes() + values.astype("<f8").tobytes(), len(times_ms))


def read_ticks(stored: bytes) -> tuple[Ints, Floats]:
    """Return times and a row of values a tick."""
    form, count = _HEAD.unpack_from(stored)
    content = stored[_HEAD.size :]
    if form == _PACKED:
        content = zstandard.ZstdDecompressor().decompress(content)
    numbers = np.frombuffer(content, np.float64)
    return numbers[:count].view(np.int64), numbers[count:].reshape(count, -1)


def _stored(content: bytes, count: int) -> bytes:
    if len(content) < _PACK_FROM_BYTES:
        return _HEAD.pack(_PLAIN, count) + content
    return _HEAD.pack(_PACKED, count) + zstandard.ZstdCompressor(level=1).compress(content)
