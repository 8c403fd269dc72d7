"""Tests of wakeful_wire.limits: the bounds fit each other, and the docs name them."""

from __future__ import annotations

from wakeful_wire import limits


def test_every_bound_is_a_positive_whole_number() -> None:
    bounds = {name: value for name, value in vars(limits).items() if name.isupper()}
    assert len(bounds) > 20
    assert all(isinstance(value, int) and value > 0 for value in bounds.values())


def test_a_full_push_fits_the_bounds_that_hold_it() -> None:
    assert limits.PACKED_BYTES_MAX < limits.INFLATED_BYTES_MAX
    assert limits.HELLO_BYTES_MAX < limits.INVENTORY_BYTES_MAX < limits.INFLATED_BYTES_MAX
    # A list of all series and all ticks must not run into the bound of lists.
    assert 2 * limits.SERIES_MAX + 2 * limits.TICKS_MAX < limits.CONTAINERS_MAX
    assert limits.SERIES_MAX <= limits.VALUES_MAX
    # And a push of as many values as are taken must not run into the bound of items.
    assert limits.VALUES_MAX + limits.SERIES_MAX * (1 + limits.LABELS_MAX) < limits.ITEMS_MAX


def test_a_sequence_and_a_time_fit_a_float_and_a_database_integer() -> None:
    assert int(float(limits.SEQUENCE_MAX)) == limits.SEQUENCE_MAX < 2**63
    assert limits.TIME_MS_MAX < limits.SEQUENCE_MAX
