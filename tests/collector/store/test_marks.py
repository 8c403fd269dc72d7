from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from wakeful_collector.store import marks
from wakeful_collector.store.marks import Mark, pack_holes, read_holes


@given(st.lists(st.integers(0, 30), min_size=1, max_size=60))
@settings(deadline=None)
def test_a_mark_is_a_set_of_numbers(sequences):
    mark, taken = Mark(sequences[0], sequences[0], []), {sequences[0]}
    for sequence in sequences:
        assert mark.has(sequence) == (sequence in taken)
        if not mark.has(sequence):
            mark.take(sequence)
            taken.add(sequence)
        mark.holes = read_holes(pack_holes(mark))
    assert [number for number in range(31) if mark.has(number)] == sorted(taken)
    assert (pack_holes(mark) is None) == (len(taken) == max(taken) - min(taken) + 1)


def test_taking_again_what_was_taken_changes_nothing():
    mark = Mark(1, 5, [(3, 3)])
    mark.take(2)
    assert mark == Mark(1, 5, [(3, 3)])


def test_holes_are_bounded(monkeypatch):
    monkeypatch.setattr(marks, "HOLES_MAX", 3)
    mark = Mark(0, 0, [])
    for sequence in range(2, 20, 2):
        mark.take(sequence)
    assert len(mark.holes) == 3
    assert mark.has(1)
    assert not mark.has(17)
