"""What all kinds share that are looked at."""

from __future__ import annotations

from wakeful_agent.watch import Watch
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked


class Kind(Looked):
    options = (TIMEOUT, INTERVAL)


def test_the_file_says_how_often_and_how_long() -> None:
    one = Kind("it", {"interval_seconds": 2, "timeout_seconds": 3.0})
    assert (one.interval_seconds, one.timeout_seconds, one.budget_seconds) == (2.0, 3.0, 11.0)
    assert Looked("it", {}).budget_seconds == Watch.budget_seconds
