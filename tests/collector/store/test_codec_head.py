from __future__ import annotations

import msgspec
import numpy as np
import pytest
import zstandard

from wakeful_collector.store.codec_head import Head, pack_head, read_head


def test_times_and_keys_come_back_whatever_their_steps():
    for times in ([5], [5, 6], [0, 10, 20, 30], [1, 2, 2**41, 2**41 + 7], []):
        head = read_head(pack_head(Head.empty(np.array(times, np.int64), np.array(times, np.int64))))
        assert head.times_ms.tolist() == times
        assert head.keys.tolist() == times


def test_a_head_of_a_newer_form_is_refused():
    packed = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode((2,)))
    with pytest.raises(ValueError, match="form 2"):
        read_head(packed)
