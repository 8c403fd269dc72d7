from __future__ import annotations

from wakeful_agent.daemon.columns import GONE_MS, Columns
from wakeful_agent.meter import OK, TIMEOUT, Result
from wakeful_wire.schema import Series, parse_series, schema_hash, series

A, B, C, D = (series(name) for name in "abcd")


def read(columns: list[Series], *values: float | None) -> Result:
    return Result(OK, "", 0.0, columns, values)


def test_a_schema_is_the_columns_of_all_meters_in_order() -> None:
    columns = Columns()
    row = columns.row({"one": read([A, B], 1, 2), "none": Result(OK), "two": read([C], 3)}, 0)
    assert row == [1, 2, 3]
    assert columns.document() == [["a", {}], ["b", {}], ["c", {}]]
    assert columns.schema == schema_hash(parse_series(columns.document()))


def test_a_meter_that_did_not_run_or_failed_leaves_a_gap_and_the_schema_as_it_was() -> None:
    columns = Columns()
    one = [A, B]
    columns.row({"one": read(one, 1, 2), "two": read([C], 3)}, 0)
    before = columns.schema
    assert columns.row({"two": read([C], 4)}, 1) == [None, None, 4]
    assert columns.row({"one": Result(TIMEOUT, "late")}, 2) == [None, None, None]
    assert columns.row({"one": read(one, 5, None)}, 3) == [5, None, None]
    assert columns.schema == before


def test_series_that_come_and_go_find_their_columns() -> None:
    columns = Columns()
    columns.row({"one": read([A, B], 1, 2)}, 0)
    assert columns.row({"one": read([B, C], 5, 6)}, 1) == [None, 5, 6]
    schema = columns.schema
    assert columns.row({"one": read([C, A], 7, 8)}, 2) == [8, None, 7]
    assert columns.schema == schema


def test_series_that_stay_away_for_an_hour_leave() -> None:
    columns = Columns()
    rest = [B]
    columns.row({"one": read([A, B], 1, 2)}, 0)
    columns.row({"one": read(rest, 2)}, 1)
    assert columns.row({"one": read(rest, 2)}, GONE_MS) == [None, 2]
    assert columns.row({"one": read(rest, 3)}, GONE_MS + 2) == [3]
    assert columns.document() == [["b", {}]]
    assert columns.row({"one": read([B, A], 4, 5)}, GONE_MS + 3) == [4, 5]


def test_a_meter_that_reads_nothing_for_an_hour_leaves_its_columns() -> None:
    columns = Columns()
    columns.row({"one": read([A], 1), "two": read([D], 2)}, 0)
    columns.row({"one": read([B], 1)}, 1)
    assert columns.row({"one": Result(TIMEOUT)}, GONE_MS + 2) == [None, None]
    assert columns.document() == [["b", {}], ["d", {}]]


def test_the_columns_of_a_meter_that_is_switched_off_leave() -> None:
    columns = Columns()
    columns.row({"one": read([A], 1), "two": read([B], 2)}, 0)
    columns.forget("one")
    columns.forget("never")
    assert columns.document() == [["b", {}]]
    assert columns.row({"two": read([B], 2)}, 0) == [2]


def test_what_the_wire_does_not_take_is_left_out_and_counted() -> None:
    columns = Columns(most=3)
    assert columns.row({"one": read([A, B], 1, 2), "two": read([C, D], 3, 4)}, 0) == [1, 2, 3]
    assert columns.cut == 1
    columns.forget("one")
    assert columns.row({"two": read([C, D], 3, 4)}, 1) == [3, 4]
    assert columns.cut == 0


def test_what_two_meters_give_is_the_first_ones() -> None:
    columns = Columns()
    one, two = [A, B], [B, C]
    assert columns.row({"one": read(one, 1, 2), "two": read(two, 3, 4)}, 0) == [1, 2, 4]
    assert columns.document() == [["a", {}], ["b", {}], ["c", {}]]
    assert columns.cut == 1
    parse_series(columns.document())
    assert columns.row({"two": read(two, 5, 6)}, 1) == [None, None, 6]
    assert columns.row({"one": read([A], 7), "two": read([B, C], 8, 9)}, 2) == [7, None, 9], "it stays for an hour"
    assert columns.row({"one": read([A], 7), "two": read([C, B], 9, 8)}, GONE_MS + 3) == [7, 9, 8]
    assert columns.cut == 0
