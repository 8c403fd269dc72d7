"""Tests of wakeful_wire.push: what is read, what is refused, and with which words."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wakeful_wire import limits
from wakeful_wire.errors import WireError
from wakeful_wire.packing import inflate, pack, parse_json
from wakeful_wire.push import (
    Event,
    Inventory,
    Outcome,
    Push,
    Result,
    Tick,
    check_times,
    parse_push,
    parse_ticks,
    parse_wire,
)
from wakeful_wire.schema import schema_hash, series

Spoil = Callable[[str, Any], "dict[str, Any]"]
NOW_MS = 1_763_716_800_000


def test_every_part_is_read(document: dict[str, Any]) -> None:
    push = parse_push(document)
    assert (push.run, push.sequence) == ("run-0001", 17)
    assert push.series == [series("system.cpu.time", cpu="0", mode="user"), series("system.uptime")]
    assert push.ticks == [Tick(NOW_MS, [1.5, 10.0]), Tick(NOW_MS + 15_000, [None, 25.0])]
    assert push.meters == {"cpu": Outcome("ok", "", 0.001), "pressure": Outcome("nothing", "", 0.0)}
    assert push.inventories == [
        Inventory("ports", "abc", True, [{"port": 22}]),
        Inventory("packages", "def", False, None),
    ]
    assert push.events == [Event("e1", NOW_MS, "agent.started", "agent", {})]
    assert push.results == [Result("c1", "done", {"said": "yes"})]
    assert push.hello is not None
    assert push.hello["uname"] == {"release": "6.1.0"}


def test_the_smallest_push(document: dict[str, Any]) -> None:
    small = {key: document[key] for key in ("wire", "run", "sequence", "schema")}
    push = parse_push(small)
    assert (push.hello, push.series, push.ticks, push.meters) == (None, None, [], {})
    assert (push.inventories, push.events, push.results) == ([], [], [])


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_an_agent_can_say_arrives(data: st.DataObject, pushes: st.SearchStrategy[dict[str, Any]]) -> None:
    document = data.draw(pushes)
    push = parse_push(parse_json(inflate(pack(document))))
    assert [[tick.time_ms, tick.values] for tick in push.ticks] == document["ticks"]
    assert push.sequence == document["sequence"]
    assert (push.series is None) == ("series" not in document)
    assert push.series is None or [column.document() for column in push.series] == document["series"]
    assert {item.name for item in push.inventories} == set(document.get("inventories", {}))
    assert len(push.events) == len(document.get("events", []))
    assert push.hello == document.get("hello")


@given(data=st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_stranger_says_is_a_push_or_a_wire_error(
    data: st.DataObject, pushes: st.SearchStrategy[dict[str, Any]], json_documents: st.SearchStrategy[Any]
) -> None:
    document = data.draw(pushes)
    part = data.draw(st.sampled_from(sorted(document)))
    document[part] = data.draw(json_documents)
    read = read_or_refused(document)
    if isinstance(read, Push):
        assert read.schema == document["schema"]
    else:
        assert read.status in (413, 422)
        assert read.document() == {"error": read.code, "message": str(read)}
        assert "\n" not in str(read)


def read_or_refused(document: Any) -> Push | WireError:
    try:
        return parse_push(document)
    except WireError as error:
        return error


@given(value=st.recursive(st.none() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=4)))
def test_no_json_at_the_top_is_anything_but_an_error(value: Any) -> None:
    with pytest.raises(WireError, match="push: must be an object"):
        parse_push(value)


WRONG = [
    ("wire", 2, "unknown_wire", "wire: this side speaks 1"),
    ("wire", True, "unknown_wire", "wire"),
    ("wire", None, "unknown_wire", "wire"),
    ("run", "short", "invalid", "run: must be 8 to 64"),
    ("run", "../../etc/passwd", "invalid", "run: must be 8 to 64"),
    ("run", "r\u00fcn-00001", "invalid", "run: must be 8 to 64"),
    ("run", "x" * 65, "too_long", "run: has 65"),
    ("run", 12345678, "invalid", "run: must be text"),
    ("sequence", -1, "out_of_range", "sequence: must be from 0"),
    ("sequence", 2**53, "out_of_range", "sequence"),
    ("sequence", 1.5, "invalid", "sequence: must be a whole number"),
    ("sequence", True, "invalid", "sequence: must be a whole number"),
    ("sequence", None, "invalid", "sequence"),
    ("schema", None, "invalid", "schema: must be text"),
    ("schema", "A" * 32, "invalid", "schema: must be 32 lower-case hex digits"),
    ("schema", "0" * 32, "schema_mismatch", "schema: is not the hash of the series list"),
    ("series", {}, "invalid", "series: must be a list"),
    ("ticks", {}, "invalid", "ticks: must be a list"),
    ("ticks.0", [1], "invalid", r"ticks\[0\]: must be a pair"),
    ("ticks.0", {"0": 1}, "invalid", r"ticks\[0\]: must be a pair"),
    ("ticks.0.0", "now", "invalid", r"ticks\[0\] time: must be a whole number"),
    ("ticks.0.0", 10**30, "out_of_range", r"ticks\[0\] time"),
    ("ticks.0.1", {}, "invalid", r"ticks\[0\] values: must be a list"),
    ("ticks.0.1", [1], "wrong_width", "a row has 1 values, the schema has 2 series"),
    ("ticks.1.1", [1, 2, 3], "wrong_width", "a row has 3 values"),
    ("ticks.0.1.0", float("nan"), "not_finite", r"ticks\[0\]: must be finite"),
    ("ticks.0.1.0", float("inf"), "not_finite", r"ticks\[0\]: must be finite"),
    ("ticks.0.1.0", 10**400, "not_finite", r"ticks\[0\]: is too large"),
    ("ticks.0.1.0", "1", "invalid", r"ticks\[0\]: must be a number"),
    ("ticks.0.1.0", False, "invalid", r"ticks\[0\]: must be a number"),
    ("ticks.1.0", NOW_MS, "ticks_out_of_order", "times must rise"),
    ("ticks.1.0", NOW_MS - 1, "ticks_out_of_order", "times must rise"),
    ("hello", [], "invalid", "hello: must be an object"),
    ("hello.version", 1, "invalid", "hello.version: must be text"),
    ("hello.name", "two\nlines", "invalid", "hello.name: must stand on one line"),
    ("hello.uname", [], "invalid", "hello.uname: must be an object"),
    ("hello.user", [], "invalid", "hello.user: must be an object"),
    ("hello.interval", "15", "invalid", "hello.interval: must be a number"),
    ("hello.interval", 3601, "out_of_range", "hello.interval: must be from 0 to 3600"),
    ("hello.boot_time_ms", 1e300, "out_of_range", "hello.boot_time_ms"),
    ("hello.capabilities", {}, "invalid", "hello.capabilities: must be a list"),
    ("hello.capabilities.0", [], "invalid", r"hello.capabilities\[0\]: must be an object"),
    ("hello.capabilities.0.available", 1, "invalid", r"capabilities\[0\].available: must be true or false"),
    ("hello.capabilities.0.name", "", "invalid", r"capabilities\[0\].name: must not be empty"),
    ("hello.capabilities.0.fix", None, "invalid", r"capabilities\[0\].fix: must be text"),
    ("hello.actions", {}, "invalid", "hello.actions: must be a list"),
    ("hello.config", [], "invalid", "hello.config: must be an object"),
    ("hello.config.hash", 5, "invalid", "hello.config.hash: must be text"),
    ("hello.config.refused", [], "invalid", "hello.config.refused: must be an object"),
    ("hello.config.refused.hash", None, "invalid", "hello.config.refused.hash"),
    ("hello.config.refused.error", "\x1b[2J", "invalid", "hello.config.refused.error: holds a control character"),
    ("hello.later", "\ud800", "invalid", "hello: holds a lone surrogate"),
    ("hello.later", float("inf"), "not_finite", "hello: holds a number that is not finite"),
    ("meters", [], "invalid", "meters: must be an object"),
    ("meters.cpu", 1, "invalid", "meters.cpu: must be an object"),
    ("meters.cpu.outcome", "great", "invalid", "meters.cpu.outcome: must be one of ok"),
    ("meters.cpu.outcome", ["ok"], "invalid", "meters.cpu.outcome: must be one of ok"),
    ("meters.cpu.error", 1, "invalid", "meters.cpu.error: must be text"),
    ("meters.cpu.seconds", "1", "invalid", "meters.cpu.seconds: must be a number"),
    ("meters", {"": {"outcome": "ok"}}, "invalid", "meters key: must not be empty"),
    ("meters", {"m" * 129: {"outcome": "ok"}}, "too_long", "meters key: has 129"),
    ("meters", {"a\nb": {"outcome": "ok"}}, "invalid", "meters key: must stand on one line"),
    ("inventories", [], "invalid", "inventories: must be an object"),
    ("inventories.ports", [], "invalid", "inventories.ports: must be an object"),
    ("inventories.ports.hash", None, "invalid", "inventories.ports.hash: must be text"),
    ("inventories.ports.hash", "", "invalid", "inventories.ports.hash: must not be empty"),
    ("inventories.ports.body", float("nan"), "not_finite", "inventories.ports.body"),
    ("inventories.ports.body", ["\udfff"], "invalid", "inventories.ports.body: holds a lone surrogate"),
    ("inventories", {"a\tb": {"hash": "x"}}, "invalid", "inventories key: must stand on one line"),
    ("events", {}, "invalid", "events: must be a list"),
    ("events.0", [], "invalid", r"events\[0\]: must be an object"),
    ("events.0.id", "", "invalid", r"events\[0\].id: must not be empty"),
    ("events.0.id", "i" * 65, "too_long", r"events\[0\].id: has 65"),
    ("events.0.at", "now", "invalid", r"events\[0\].at: must be a whole number"),
    ("events.0.kind", "", "invalid", r"events\[0\].kind: must not be empty"),
    ("events.0.kind", "a\nb", "invalid", r"events\[0\].kind: must stand on one line"),
    ("events.0.subject", "\x00", "invalid", r"events\[0\].subject: holds a control character"),
    ("events.0.data", [], "invalid", r"events\[0\].data: must be an object"),
    ("results", {}, "invalid", "results: must be a list"),
    ("results.0", [], "invalid", r"results\[0\]: must be an object"),
    ("results.0.state", "perhaps", "invalid", r"results\[0\].state: must be one of done"),
    ("results.0.command", "", "invalid", r"results\[0\].command: must not be empty"),
    ("results.0.data", [], "invalid", r"results\[0\].data: must be an object"),
]


@pytest.mark.parametrize(("path", "value", "code", "message"), WRONG)
def test_a_wrong_field_is_named(spoil: Spoil, path: str, value: Any, code: str, message: str) -> None:
    with pytest.raises(WireError, match=message) as caught:
        parse_push(spoil(path, value))
    assert (caught.value.code, caught.value.status) == (code, 422)


def nested(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


MANY = [
    ("ticks", [[time, [1, 2]] for time in range(limits.TICKS_MAX + 1)], "too_many", 422),
    ("meters", {f"m{n}": {"outcome": "ok"} for n in range(limits.METERS_MAX + 1)}, "too_many", 422),
    ("inventories", {f"i{n}": {"hash": "x"} for n in range(limits.INVENTORIES_MAX + 1)}, "too_many", 422),
    ("events", [{}] * (limits.EVENTS_MAX + 1), "too_many", 422),
    ("results", [{}] * (limits.RESULTS_MAX + 1), "too_many", 422),
    ("hello.capabilities", [{}] * (limits.CAPABILITIES_MAX + 1), "too_many", 422),
    ("hello.networks", [0] * (limits.CAPABILITIES_MAX + 1), "too_many", 422),
    ("hello.watches", [0] * (limits.CAPABILITIES_MAX + 1), "too_many", 422),
    ("hello.later", nested(limits.DEPTH_MAX), "too_deep", 422),
    ("inventories.ports.body", nested(limits.DEPTH_MAX + 1), "too_deep", 422),
    ("events.0.data.later", nested(limits.DEPTH_MAX), "too_deep", 422),
    ("hello.later", "x" * limits.HELLO_BYTES_MAX, "too_large", 413),
    ("events.0.data.later", "x" * limits.EVENT_BYTES_MAX, "too_large", 413),
    ("results.0.data.later", "x" * limits.EVENT_BYTES_MAX, "too_large", 413),
    ("inventories.ports.body", "x" * limits.INVENTORY_BYTES_MAX, "too_large", 413),
    ("series", [["a", {}]] * 100_000, "too_many_series", 413),
]


@pytest.mark.parametrize(("path", "value", "code", "status"), MANY, ids=[f"{row[0]}-{row[2]}" for row in MANY])
def test_every_bound_holds(spoil: Spoil, path: str, value: Any, code: str, status: int) -> None:
    with pytest.raises(WireError) as caught:
        parse_push(spoil(path, value))
    assert (caught.value.code, caught.value.status) == (code, status)


def test_what_lies_at_the_bound_is_taken(spoil: Spoil) -> None:
    spoil("ticks", [[time, [1, 2]] for time in range(limits.TICKS_MAX)])
    spoil("meters", {f"m{n}": {"outcome": "ok"} for n in range(limits.METERS_MAX)})
    push = parse_push(spoil("inventories.ports.body", nested(limits.DEPTH_MAX)))
    assert (len(push.ticks), len(push.meters)) == (limits.TICKS_MAX, limits.METERS_MAX)


def test_values_are_bounded_as_a_whole() -> None:
    row = [0.0] * 2_000
    with pytest.raises(WireError, match="more than 1000000 values") as caught:
        parse_ticks([[time, row] for time in range(501)], None)
    assert caught.value.status == 413
    assert len(parse_ticks([[time, row] for time in range(500)], None)) == 500


def test_without_a_series_list_all_rows_are_as_wide_as_the_first() -> None:
    assert len(parse_ticks([[1, [1, 2]], [2, [None, 3]]], None)) == 2
    with pytest.raises(WireError, match="a row has 1 values, the schema has 2 series"):
        parse_ticks([[1, [1, 2]], [2, [1]]], None)


def test_the_clock_may_be_ten_minutes_ahead_and_a_month_behind() -> None:
    ahead, month = limits.SKEW_AHEAD_SECONDS_MAX * 1000, limits.AGE_SECONDS_MAX * 1000
    check_times(NOW_MS - month, NOW_MS + ahead, NOW_MS)
    with pytest.raises(WireError, match="601 s in the future; check the machine's clock") as caught:
        check_times(NOW_MS, NOW_MS + ahead + 1_000, NOW_MS)
    assert caught.value.code == "clock_ahead"
    with pytest.raises(WireError, match="are older than 30 days") as caught:
        check_times(NOW_MS - month - 1, NOW_MS, NOW_MS)
    assert caught.value.code == "too_old"


def test_fields_of_a_later_release_are_ignored(spoil: Spoil) -> None:
    spoil("events.0.importance", "high")
    spoil("hello.tpm", {"present": True})
    assert parse_push(spoil("later", {"anything": [1]})).sequence == 17


def test_this_side_speaks_one_wire() -> None:
    assert parse_wire(1) == 1


def test_a_series_list_in_any_label_order_has_one_hash(document: dict[str, Any]) -> None:
    document["series"][0][1] = {"mode": "user", "cpu": "0"}
    push = parse_push(json.loads(json.dumps(document)))
    assert push.series is not None
    assert schema_hash(push.series) == document["schema"]
