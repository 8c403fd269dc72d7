"""Numbers of one series turned into small whole numbers and back, bit for bit; many series at a time.

A value that was written as a decimal is a whole number over a power of ten: `v == m / 10**e` holds exactly. Those
whole numbers, or their first or second differences, need few bytes. What is no decimal (or is -0.0) keeps its 64 bits,
each combined by XOR with the one before.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]
Bytes = npt.NDArray[np.uint8]

DECIMALS_MAX = 13
RAW = 255
"""In place of a number of decimals: the values' own bits."""

_POWERS = np.power(10.0, np.arange(DECIMALS_MAX + 1))
_EXACT_MAX = 2.0**53
_WHOLE_MAX = 2.0**62
_PROBES = 32


class Streams(NamedTuple):
    """Rows of values as unsigned words: `values[i]` is undone by decimals, order, bases and shift of row i."""

    words: Words
    decimals: Bytes
    order: Bytes
    first: Ints
    second: Ints
    shift: Bytes
    planes: Bytes


def scaled(values: Floats) -> tuple[Ints, Bytes]:
    """Return whole numbers and decimals of each row of `values` (no NaN); RAW rows hold the values' bits."""
    whole = values.view(np.int64).copy()
    decimals = np.full(len(values), RAW, np.uint8)
    open_rows = np.arange(len(values))
    step = max(1, values.shape[1] // _PROBES)
    for places in range(DECIMALS_MAX + 1):
        if not len(open_rows):
            break
        likely = open_rows[_whole(values[open_rows, ::step], places)[1]]
        if len(likely):
            found, sure = _whole(values[likely], places)
            whole[likely[sure]] = found[sure]
            decimals[likely[sure]] = places
            open_rows = open_rows[decimals[open_rows] == RAW]
    return whole, decimals


def unscaled(whole: Ints, decimals: Bytes) -> Floats:
    """Undo `scaled`."""
    values = whole.astype(np.float64)
    values /= _POWERS[np.where(decimals == RAW, 0, decimals)][:, None]
    raw = decimals == RAW
    if raw.any():
        values[raw] = whole[raw].view(np.float64)
    return values


def packed(values: Floats) -> Streams:
    """Turn rows of values (at least two a row, no NaN) into words that need few bytes."""
    whole, decimals = scaled(values)
    rows, width = whole.shape
    raw = decimals == RAW
    first_differences = np.diff(whole, axis=1)
    second_differences = np.diff(first_differences, axis=1)
    order = _orders(whole, first_differences, second_differences)
    order[raw] = 1
    first = np.where(order == 0, whole.min(axis=1), whole[:, 0])
    second = np.where(order == 2, first_differences[:, 0], 0)
    words = np.zeros((rows, width), np.uint64)
    plain, once, twice = order == 0, (order == 1) & ~raw, order == 2
    words[plain] = (whole[plain] - first[plain, None]).view(np.uint64)
    words[once, 1:] = _zigzag(first_differences[once])
    words[twice, 2:] = _zigzag(second_differences[twice])
    words[raw, 1:] = (whole[raw, 1:] ^ whole[raw, :-1]).view(np.uint64)
    used = np.bitwise_or.reduce(words, axis=1)
    shift = _trailing_zeros(used)
    words >>= shift[:, None].astype(np.uint64)
    planes = _byte_length(used >> shift.astype(np.uint64))
    return Streams(words, decimals, order, first, second, shift, planes)


def unpacked(streams: Streams) -> Floats:
    """Undo `packed`."""
    whole = (streams.words << streams.shift[:, None].astype(np.uint64)).view(np.int64)
    raw = streams.decimals == RAW
    plain, once, twice = streams.order == 0, (streams.order == 1) & ~raw, streams.order == 2
    whole[plain] += streams.first[plain, None]
    if once.any():
        steps = _unzigzag(whole[once])
        steps[:, 0] = streams.first[once]
        whole[once] = np.cumsum(steps, axis=1)
    if twice.any():
        steps = _unzigzag(whole[twice])
        steps[:, 0] = 0
        steps[:, 1] = streams.second[twice]
        steps = np.cumsum(steps, axis=1)
        steps[:, 0] = streams.first[twice]
        whole[twice] = np.cumsum(steps, axis=1)
    if raw.any():
        bits = whole[raw]
        bits[:, 0] = streams.first[raw]
        whole[raw] = np.bitwise_xor.accumulate(bits, axis=1)
    return unscaled(whole, streams.decimals)


def costs(words: Words) -> npt.NDArray[np.float64]:
    """Return about how many bits a word of each row needs, from a sample of the row."""
    step = max(1, words.shape[1] // 128)
    return np.asarray(np.log2(words[:, ::step].astype(np.float64) + 1.0).mean(axis=1))


def _whole(values: Floats, places: int) -> tuple[Ints, npt.NDArray[np.bool_]]:
    most = _WHOLE_MAX if places == 0 else _EXACT_MAX
    with np.errstate(over="ignore", invalid="ignore"):
        wide = np.rint(values * _POWERS[places]) if places else np.rint(values)
        fits = np.abs(wide) <= most
        whole = np.where(fits, wide, 0).astype(np.int64)
        back = whole.astype(np.float64) / _POWERS[places]
    return whole, np.asarray((fits & (back.view(np.int64) == np.ascontiguousarray(values).view(np.int64))).all(axis=1))


def _orders(whole: Ints, once: Ints, twice: Ints) -> Bytes:
    spread = (whole - whole.min(axis=1)[:, None]).view(np.uint64)
    choices = [costs(spread), costs(_zigzag(once)) + 0.01]
    if twice.shape[1]:
        choices.append(costs(_zigzag(twice)) + 0.02)
    return np.asarray(np.argmin(np.stack(choices), axis=0), np.uint8)


def _zigzag(values: Ints) -> Words:
    return ((values << np.int64(1)) ^ (values >> np.int64(63))).view(np.uint64)


def _unzigzag(values: Ints) -> Ints:
    words = values.view(np.uint64)
    return np.asarray((words >> np.uint64(1)).view(np.int64) ^ -(values & np.int64(1)))


def _trailing_zeros(words: Words) -> Bytes:
    lowest = words & (~words + np.uint64(1))
    return np.asarray(np.where(words == 0, 0, np.log2(np.maximum(lowest, 1).astype(np.float64))).astype(np.uint8))


def _byte_length(words: Words) -> Bytes:
    bounds = np.uint64(1) << (np.arange(1, 8, dtype=np.uint64) * np.uint64(8))
    return (1 + np.searchsorted(bounds, words, side="right")).astype(np.uint8)
