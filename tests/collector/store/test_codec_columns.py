from __future__ import annotations

import numpy as np

from wakeful_collector.store.codec_columns import RAW, costs, packed, scaled, unpacked


def test_decimals_are_found_and_what_is_none_keeps_its_bits():
    values = np.array([[1.0, 2.0], [0.25, 1.5], [1 / 3, 1.0], [-0.0, 1.0], [1e300, 1.0], [0.1 + 0.2, 1.0]])
    whole, decimals = scaled(values)
    assert decimals.tolist() == [0, 2, RAW, RAW, RAW, RAW]
    assert whole[1].tolist() == [25, 150]


def test_each_course_gets_the_form_that_suits_it():
    at = np.arange(200)
    noise = np.random.default_rng(1).integers(0, 200, 200)
    values = np.array([noise, np.cumsum(noise), at * 4096, np.cumsum(at * 7)], float)
    streams = packed(values)
    assert streams.order[0] == 0
    assert streams.order[3] == 2
    assert streams.planes[0] == 1
    assert packed(values[:1] * 4096).shift.tolist() == [12]
    assert (unpacked(streams) == values).all()
    assert costs(streams.words)[2] < costs(streams.words)[0]
