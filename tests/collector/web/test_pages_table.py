"""Any document becomes a table."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wakeful_collector.web import pages_table
from wakeful_collector.web.pages_table import TableWish, table

PORTS = [{"port": 22, "process": "sshd"}, {"port": 5432, "address": "::1"}, {"port": 80, "process": "nginx"}]


@pytest.mark.parametrize(
    ("document", "columns", "rows"),
    [
        (
            {"columns": ["pid", "name"], "rows": [[1, "init"], [2], "no row"], "total": 9},
            ["pid", "name"],
            [[1, "init"], [2, None]],
        ),
        (PORTS[:2], ["port", "process", "address"], [[22, "sshd", None], [5432, None, "::1"]]),
        ({"eth0": {"mac": "m"}, "lo": {}}, ["name", "mac"], [["eth0", "m"], ["lo", None]]),
        ({"a": 1, "b": {"c": 2}}, ["name", "value"], [["a", 1], ["b", {"c": 2}]]),
        ({"version": "1", "jails": [{"jail": "sshd"}], "left_out": 0}, ["jail"], [["sshd"]]),
        ({"interfaces": [{"device": "wg0"}], "peers": [{"peer": "a"}, {"peer": "b"}]}, ["peer"], [["a"], ["b"]]),
        (["x", "y"], ["value"], [["x"], ["y"]]),
        ([], ["value"], []),
        ("text", ["value"], [["text"]]),
    ],
)
def test_shapes(document: Any, columns: list[str], rows: list[list[Any]]) -> None:
    made = table(document, TableWish())
    assert [column.key for column in made.columns] == columns
    assert made.rows == rows


def test_what_stands_beside_the_rows_is_kept() -> None:
    made = table({"columns": ["pid"], "rows": [[1]], "total": 9}, TableWish())
    assert made.facts == {"total": 9}


def test_numbers_sort_as_numbers_text_as_text_and_nothing_last() -> None:
    assert [row[0] for row in table(PORTS, TableWish(sort="port", descending=True)).rows] == [5432, 80, 22]
    assert [row[1] for row in table(PORTS, TableWish(sort="process")).rows] == ["nginx", "sshd", None]
    assert [row[1] for row in table(PORTS, TableWish(sort="process", descending=True)).rows] == ["sshd", "nginx", None]
    assert table(PORTS, TableWish(sort="no such")).rows == table(PORTS, TableWish()).rows


def test_searching_looks_at_every_cell() -> None:
    made = table(PORTS, TableWish(query="SSHD 22"))
    assert (made.found, made.total, made.rows) == (1, 3, [[22, "sshd", None]])


def test_pages() -> None:
    made = table(list(range(450)), TableWish(page=3))
    assert (made.pages, made.page, len(made.rows)) == (3, 3, 50)
    assert table(list(range(450)), TableWish(page=99)).page == 3


def test_columns_know_their_heading_and_side() -> None:
    port, process, address = table(PORTS, TableWish()).columns
    assert (port.label, port.numeric, process.numeric, address.label) == ("Port", True, False, "Address")
    assert pages_table.TableColumn("pid", True).label == "PID"
    assert pages_table.TableColumn("last_seen", True).label == "Last seen"


def test_values_are_shown_with_the_unit_their_name_implies() -> None:
    assert pages_table.shown("memory", 2**20) == "1 MiB"
    assert pages_table.shown("cpu", 0.25) == "25 %"
    assert pages_table.shown("start", 1_795_000_000_000).startswith("<time")
    assert pages_table.shown("start", 4) == "4"
    assert pages_table.shown("memory", True) == "yes"
    assert pages_table.shown("name", "<b>") == "<b>"


def test_long_cells_may_wrap() -> None:
    assert pages_table.is_long("x" * 41)
    assert not pages_table.is_long("x")
    assert not pages_table.is_long(10**50)


DISKS = [
    {"device": "sda", "state": "ok", "size_bytes": 2**40, "rotation_rpm": 7200, "serial": ""},
    {"device": "sdb", "state": "failed", "size_bytes": 2**40, "rotation_rpm": 0, "serial": None},
    {"device": "sdc", "state": "degraded", "size_bytes": 2**40, "rotation_rpm": 0},
]


def test_problems_come_first_until_somebody_sorts() -> None:
    assert [row[0] for row in table(DISKS, TableWish()).rows] == ["sdb", "sdc", "sda"]
    assert [row[0] for row in table(DISKS, TableWish(sort="device")).rows] == ["sda", "sdb", "sdc"]


def test_columns_that_say_nothing_are_left_out() -> None:
    assert [column.key for column in table(DISKS, TableWish()).columns] == [
        "device",
        "state",
        "size_bytes",
        "rotation_rpm",
    ]
    assert [column.key for column in table([{"a": ""}], TableWish()).columns] == ["a"]


def test_units_stand_in_the_cells_and_not_in_the_headings() -> None:
    labels = [column.label for column in table(DISKS, TableWish()).columns]
    assert labels == ["Device", "State", "Size", "Rotation"]
    assert pages_table.shown("size_bytes", 2**40) == "1 TiB"
    assert pages_table.shown("rotation_rpm", 7200) == "7200 rpm"
    assert pages_table.shown("uptime_seconds", 7200) == "2 h"
    assert pages_table.shown("idle_celsius", 31.5) == "31.5 \u00b0C"
    assert pages_table.shown("delay_ms", 12) == "12 ms"
    assert pages_table.shown("seen_at_ms", 1_795_000_000_000).startswith("<time")
    assert pages_table.shown("used_share", 0.5) == "50 %"
    assert pages_table.shown("state", "does_not_answer") == "does not answer"


def test_things_within_a_cell_have_a_line_each() -> None:
    members = [{"device": "sda1", "slot": 1, "state": "active"}, {"device": "", "slot": 2, "state": "missing"}]
    assert pages_table.parts(members) == [("sda1 slot 1 active", "ok"), ("slot 2 missing", "bad")]
    tree = pages_table.parts([{"vdev": "tank", "depth": 0, "state": "online", "read": 0, "size_bytes": 1024}])
    assert tree == [("tank online 1 KiB", "ok")]
    assert pages_table.parts([{"vdev": "sda", "depth": 1}])[0][0] == "\u00a0\u00a0\u00a0sda"
    assert pages_table.parts(["a"]) == pages_table.parts([]) == pages_table.parts("text") == []
    assert pages_table.parts([{"n": 1}] * 45)[-1] == ("and 5 more", "")


def test_troubles_are_counted() -> None:
    assert pages_table.troubles(DISKS) == (3, [("bad", "1 failed"), ("warn", "1 degraded")])
    many = [{"name": str(number), "state": "failed"} for number in range(3)] + [{"parts": [{"state": "missing"}]}]
    assert pages_table.troubles(many) == (4, [("bad", "3 failed"), ("bad", "1 not well")])
    assert pages_table.troubles({"a": 1}) == (1, [])


def test_titles() -> None:
    assert pages_table.title("zfs_pools") == "ZFS pools"
    assert pages_table.title("network") == "Network"


def test_names_and_states_stand_first() -> None:
    row = {"engine": "docker", "name": "web", "image": "nginx", "state": "running", "health": "none", "restarts": 2}
    keys = [column.key for column in table([row], TableWish()).columns]
    assert keys == ["engine", "name", "state", "health", "image", "restarts"]


KEYS = st.sampled_from(["at", "seen_at_ms", "size_bytes", "cpu", "used_share", "uptime_seconds", "rotation_rpm", "x"])
WORDS = st.text(max_size=6)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.sampled_from([10**300, 10**400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS | KEYS, inner, max_size=4),
    max_leaves=10,
)
PATIENT = settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(JSON)
def test_every_document_becomes_a_table_whose_cells_can_be_written(document: Any) -> None:
    made = table(document, TableWish())
    pages_table.troubles(document)
    for row in made.rows:
        for column, value in zip(made.columns, row, strict=True):
            assert column.label or not column.key
            assert isinstance(pages_table.shown(column.key, value), str)
            assert isinstance(pages_table.parts(value), list)


@PATIENT
@given(KEYS, st.integers() | st.floats() | st.sampled_from([10**300, 10**400, 253_402_300_800_000]))
def test_every_number_in_every_column_can_be_written(key: str, value: float) -> None:
    assert isinstance(pages_table.shown(key, value), str)
    assert isinstance(pages_table.parts([{key: value}])[0][0], str)


def test_what_stands_beside_the_longest_list_is_told_above_it() -> None:
    made = table({"state": "online", "lists_ms": 0, "total": 2, "peers": [{"peer": "a"}], "notes": []}, TableWish())
    assert pages_table.facts(made) == [("State", "state", "online")]
