"""Seats of those who look at clusters."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.acting import seats


def test_seats_are_bounded_and_given_back() -> None:
    with seats.seat(2), seats.seat(2):
        with pytest.raises(seats.Full), seats.seat(2):
            raise AssertionError("there is no third seat")
        with seats.seat(3):
            pass
    with pytest.raises(ValueError, match="a fault"), seats.seat(1):
        raise ValueError("a fault")
    with seats.seat(1):
        pass
