from __future__ import annotations

import pytest

from wakeful_collector.web.kept_connections import KeptConnections


def test_it_keeps_order_and_moves_what_is_put_again_to_the_end() -> None:
    kept = KeptConnections()
    for name in "abc":
        kept.append(name)
    kept.append("a")
    assert (list(kept), kept[0], len(kept), "b" in kept) == (["b", "c", "a"], "b", 3, True)
    assert kept.popleft() == "b"
    kept.remove("a")
    assert list(kept) == ["c"]


def test_what_is_not_there_is_an_error_as_in_a_deque() -> None:
    kept = KeptConnections()
    with pytest.raises(IndexError):
        kept.popleft()
    with pytest.raises(IndexError):
        kept[1]
    with pytest.raises(ValueError, match="not kept"):
        kept.remove("a")
    assert not kept
