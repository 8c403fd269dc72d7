"""A chunk: the columns of many series over one list of times, packed so that one series is read without the others.

The head holds the times, and for every series how its column is undone and in which block it lies; the body is the
blocks, each some series alike in width, cut into byte planes, each plane one zstd frame. Series that never change and
series that equal another need no block. Lossless: NaN is the null, every other float64 comes back bit for bit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import zstandard

from wakeful_collector.store import codec_columns as columns
from wakeful_collector.store.codec_head import COPY, FIXED, PACKED, Head, pack_head

if TYPE_CHECKING:
    from wakeful_collector.store.codec_columns import Bytes, Floats, Ints

BLOCK_BYTES = 65_536
LEVEL_FRESH = 3
LEVEL_SEALED = 9

_unpacker = zstandard.ZstdDecompressor


class Body(Protocol):
    """Bytes that are read by slices: the blob itself or an open handle on it."""

    def __getitem__(self, span: slice, /) -> bytes:
        """Return the bytes of the span."""
        ...


class Chunk(NamedTuple):
    """One packed chunk: what is stored."""

    head: bytes
    body: bytes


def encode(times_ms: Ints, keys: Ints, values: Floats, level: int = LEVEL_SEALED) -> Chunk:
    """Pack `values` (one row a key, one column a time, NaN = null).

    Times must rise, keys must rise; rows without any value are left out.
    """
    present = ~np.isnan(values)
    used = present.any(axis=1)
    keys, values, present = keys[used], np.ascontiguousarray(values[used]), present[used]
    head = Head.empty(times_ms, keys)
    _masks(head, present)
    _copies(head, values)
    packer = zstandard.ZstdCompressor(level=level, write_checksum=False, write_content_size=True)
    frames: list[bytes] = []
    for mask in range(len(head.masks)):
        where = head.mask(mask)
        rows = np.flatnonzero((head.mask_of == mask) & (head.kind == PACKED))
        dense = values[rows] if where.all() else values[np.ix_(rows, np.flatnonzero(where))]
        frames += _pack_group(head, rows, dense, packer)
    head.lengths = np.array([len(frame) for frame in frames], np.uint32)
    return Chunk(pack_head(head), b"".join(frames))


def decode(head: Head, body: Body, rows: npt.NDArray[np.intp]) -> Floats:
    """Unpack the given rows (indices into `head.keys`); NaN where there was no value."""
    copied = head.kind[rows] == COPY
    if copied.any():
        source = np.where(copied, head.first[rows], rows).astype(np.intp)
        sources, back = np.unique(source, return_inverse=True)
        return _decode(head, body, sources)[back]
    return _decode(head, body, rows)


def _decode(head: Head, body: Body, rows: npt.NDArray[np.intp]) -> Floats:
    mask_of = head.mask_of[rows]
    masks = set(mask_of.tolist())
    found = None if len(masks) == 1 else np.full((len(rows), len(head.times_ms)), np.nan)
    for mask in masks:
        group = np.flatnonzero(mask_of == mask)
        where = head.mask(mask)
        dense = _unpack_group(head, rows[group], int(np.count_nonzero(where)), body)
        if where.all():
            if found is None:
                return dense
            found[group] = dense
        else:
            found = np.full((len(rows), len(head.times_ms)), np.nan) if found is None else found
            found[np.ix_(group, np.flatnonzero(where))] = dense
    return np.zeros((0, len(head.times_ms))) if found is None else found


def _masks(head: Head, present: npt.NDArray[np.bool_]) -> None:
    known: dict[bytes, int] = {}
    bits = np.packbits(present, axis=1)
    for row in range(len(bits)):
        head.mask_of[row] = known.setdefault(bits[row].tobytes(), len(known))
    head.masks = list(known)


def _copies(head: Head, values: Floats) -> None:
    known: dict[bytes, int] = {}
    for row in range(len(values)):
        original = known.setdefault(values[row].tobytes(), row)
        if original != row:
            head.kind[row] = COPY
            head.first[row] = original


def _pack_group(head: Head, rows: npt.NDArray[np.intp], dense: Floats, packer: zstandard.ZstdCompressor) -> list[bytes]:
    bits = dense.view(np.int64)
    fixed = (bits == bits[:, :1]).all(axis=1)
    head.kind[rows[fixed]] = FIXED
    head.first[rows[fixed]] = bits[fixed, 0]
    rows, dense = rows[~fixed], dense[~fixed]
    if not len(rows):
        return []
    streams = columns.packed(dense)
    head.decimals[rows], head.order[rows], head.shift[rows] = streams.decimals, streams.order, streams.shift
    head.first[rows], head.second[rows], head.planes[rows] = streams.first, streams.second, streams.planes
    alike = np.lexsort((columns.costs(streams.words), streams.planes))
    little = streams.words.astype("<u8", copy=False).view(np.uint8).reshape(len(rows), -1, 8)
    frames = []
    for planes in np.unique(streams.planes):
        members = alike[streams.planes[alike] == planes]
        many = max(1, BLOCK_BYTES // (dense.shape[1] * int(planes)))
        for start in range(0, len(members), many):
            block = members[start : start + many]
            head.block_of[rows[block]] = head.blocks
            head.place[rows[block]] = np.arange(len(block))
            head.block_rows.append(len(block))
            head.block_planes.append(int(planes))
            frames += [
                packer.compress(np.ascontiguousarray(little[block, :, plane]).data) for plane in range(int(planes))
            ]
    return frames


def _unpack_group(head: Head, rows: npt.NDArray[np.intp], width: int, body: Body) -> Floats:
    dense = np.empty((len(rows), width))
    fixed = head.kind[rows] == FIXED
    if fixed.any():
        dense[fixed] = head.first[rows[fixed]].view(np.float64)[:, None]
    moving = np.flatnonzero(~fixed)
    block_of = head.block_of[rows[moving]]
    unpacker = _unpacker()
    for block in sorted(set(block_of.tolist())):
        members = moving[block_of == block]
        at = rows[members]
        place = head.place[at]
        words = np.zeros((len(members), width), np.uint64)
        for plane, frame in enumerate(head.frames(block, body)):
            whole: Bytes = np.frombuffer(unpacker.decompress(frame), np.uint8).reshape(-1, width)
            words |= whole[place].astype(np.uint64) << np.uint64(8 * plane)
        dense[members] = columns.unpacked(
            columns.Streams(
                words,
                head.decimals[at],
                head.order[at],
                head.first[at],
                head.second[at],
                head.shift[at],
                head.planes[at],
            )
        )
    return dense
