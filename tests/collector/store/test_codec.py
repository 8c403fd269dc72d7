from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from wakeful_collector.store import codec
from wakeful_collector.store.codec_head import COPY, FIXED, read_head

ANY = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False, width=64),
    st.sampled_from([-0.0, 0.0, 5e-324, 1.7976931348623157e308, -1.7976931348623157e308, 2.0**53, 2.0**62, 2.0**63]),
    st.integers(-(2**53), 2**53).map(float),
    st.decimals(min_value=-(10**9), max_value=10**9, places=3).map(float),
    st.just(float("nan")),
)


def bits(values):
    return np.ascontiguousarray(values).view(np.int64)


def assert_same(times, keys, values, level=3):
    chunk = codec.encode(times, keys, values, level)
    head = read_head(chunk.head)
    used = ~np.isnan(values).all(axis=1)
    assert head.times_ms.tolist() == times.tolist()
    assert head.keys.tolist() == keys[used].tolist()
    found = codec.decode(head, chunk.body, np.arange(len(head.keys)))
    expected = np.where(np.isnan(values), np.nan, values)[used]
    assert (bits(found) == bits(expected)).all()
    return head, chunk


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_every_finite_number_comes_back_bit_for_bit(data):
    shape = data.draw(st.tuples(st.integers(1, 6), st.integers(1, 40)))
    values = data.draw(arrays.arrays(np.float64, shape, elements=ANY))
    times = np.array(sorted(data.draw(st.sets(st.integers(0, 2**42), min_size=shape[1], max_size=shape[1]))))
    keys = np.array(sorted(data.draw(st.sets(st.integers(0, 2**40), min_size=shape[0], max_size=shape[0]))))
    assert_same(times, keys, values)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(-(2**62), 2**62), min_size=2, max_size=50), st.integers(0, 13))
@example([2**53, -(2**53), 0, 1], 0)
@example([10**15, 1, 10**15 + 1], 13)
def test_decimals_and_large_whole_numbers_come_back(numbers, places):
    values = np.array([[number / 10**places for number in numbers]])
    assert_same(np.arange(values.shape[1]), np.array([7]), values)


def test_one_row_is_read_without_the_others():
    generator = np.random.default_rng(1)
    values = np.round(np.cumsum(generator.normal(0, 1, (400, 1440)), axis=1), 2)
    _, chunk = assert_same(np.arange(1440) * 60_000, np.arange(400), values)

    class Counted:
        read = 0

        def __getitem__(self, span):
            self.read += span.stop - span.start
            return chunk.body[span]

    body = Counted()
    found = codec.decode(read_head(chunk.head), body, np.array([123]))
    assert (found[0] == values[123]).all()
    assert body.read < len(chunk.body) / 4


def test_what_never_changes_or_equals_another_takes_no_block():
    moving = np.round(np.random.default_rng(1).normal(0, 1, 500), 3)
    values = np.array([np.full(500, 4096.0), moving, moving, np.full(500, -0.0)])
    head, _ = assert_same(np.arange(500) * 15_000, np.arange(4), values)
    assert head.kind.tolist() == [FIXED, 0, COPY, FIXED]
    assert head.blocks == 1


def test_a_slow_meter_among_fast_ones_keeps_its_nulls():
    generator = np.random.default_rng(2)
    values = generator.integers(0, 100, (20, 960)).astype(float)
    values[10:, np.arange(960) % 4 != 0] = np.nan
    head, chunk = assert_same(np.arange(960) * 15_000, np.arange(20), values)
    assert len(head.masks) == 2
    assert len(chunk.body) < 10 * 960 + 10 * 240 + 200


@pytest.mark.parametrize("jitter", [0, 40])
def test_times_on_a_grid_cost_next_to_nothing(jitter):
    times = np.arange(5760) * 15_000 + 1_763_683_200_000
    times += np.random.default_rng(4).integers(0, jitter + 1, len(times))
    _, chunk = assert_same(times, np.array([1]), np.ones((1, 5760)))
    assert (len(chunk.head) < 150) is (jitter == 0)


def test_ordinary_data_takes_less_than_a_byte_a_sample():
    generator = np.random.default_rng(3)
    values = np.full((100, 1440), 1.0)
    values[:20] = 1e9 + np.cumsum(generator.poisson(50, (20, 1440)), axis=1)
    values[20:50] = np.round(20 + np.cumsum(generator.normal(0, 0.1, (30, 1440)), axis=1), 2)
    _, chunk = assert_same(np.arange(1440) * 60_000, np.arange(100), values)
    assert len(chunk.head) + len(chunk.body) < values.size * 0.6


def test_a_chunk_of_nothing_is_nothing():
    head, chunk = assert_same(np.arange(3), np.arange(2), np.full((2, 3), np.nan))
    assert chunk.body == b""
    assert head.masks == []
