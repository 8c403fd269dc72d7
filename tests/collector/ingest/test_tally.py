from __future__ import annotations

from wakeful_collector.ingest.tally import Tally


def test_what_was_counted_is_taken_once_and_can_be_given_back() -> None:
    tally = Tally()
    tally.add("pushes")
    tally.add("pushes", 2)
    tally.add("seconds", 0.5)
    counted = tally.take()
    assert counted == {"pushes": 3, "seconds": 0.5}
    assert tally.take() == {}
    tally.add("pushes")
    tally.give_back(counted)
    assert tally.take() == {"pushes": 4, "seconds": 0.5}
