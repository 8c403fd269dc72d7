"""Timers: one moment a name, taken in order, once."""

from __future__ import annotations

from wakeful_agent.watches.pterodactyl.timers import Timers


def test_moments_come_in_order_and_once() -> None:
    timers = Timers()
    assert timers.due() is None
    assert timers.take(99.0) == ""
    timers.set("b", 2.0)
    timers.set("a", 1.0)
    timers.keep("a", 0.5)
    timers.keep("c", 3.0)
    assert timers.due() == 1.0
    assert "a" in timers
    assert [timers.take(2.0), timers.take(2.0), timers.take(2.0)] == ["a", "b", ""]
    timers.drop("c", "unknown")
    assert timers.due() is None
    assert "c" not in timers
