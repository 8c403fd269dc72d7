from __future__ import annotations

import numpy as np

from wakeful_collector.model.table import EMPTY, Table, in_order, merge

NAN = float("nan")


def table(times, keys, values):
    return Table(np.array(times, np.int64), np.array(keys, np.int64), np.array(values, float))


def same(one, two):
    assert one.times_ms.tolist() == two.times_ms.tolist()
    assert one.keys.tolist() == two.keys.tolist()
    assert np.array_equal(one.values, two.values, equal_nan=True)


def test_ticks_are_sorted_and_the_last_of_equal_times_counts():
    found = in_order(np.array([30, 10, 30, 20]), np.array([7, 3]), np.array([[1.0, 2], [3, 4], [NAN, 9], [5, NAN]]))
    same(found, table([10, 20, 30], [3, 7], [[4, NAN, 9], [3, 5, 1]]))


def test_of_two_tables_the_later_counts_but_its_nulls_erase_nothing():
    one = table([10, 20], [1, 2], [[1, 2], [3, 4]])
    two = table([20, 30], [2, 3], [[NAN, 40], [50, 60]])
    same(merge([one, two]), table([10, 20, 30], [1, 2, 3], [[1, 2, NAN], [3, 4, 40], [NAN, 50, 60]]))
    same(merge([two, table([20], [2], [[7]])]), table([20, 30], [2, 3], [[7, 40], [50, 60]]))


def test_tables_that_follow_one_another_are_joined():
    same(merge([table([1], [5], [[1]]), EMPTY, table([2], [5], [[2]])]), table([1, 2], [5], [[1, 2]]))
    assert merge([]) is EMPTY


def test_a_row_and_a_span_are_cut_out():
    whole = table([10, 20, 30], [1, 2], [[1, 2, 3], [4, 5, 6]])
    same(whole.between(20, 30), table([20], [1, 2], [[2], [5]]))
    assert whole.row(2).tolist() == [4, 5, 6]
    assert whole.row(3) is None
    assert whole.row(0) is None
