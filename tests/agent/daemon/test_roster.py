"""How watches stand, as the collector reads it."""

from __future__ import annotations

from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.daemon.roster import DATA_CHARACTERS_MAX, Entry, fitting, result, row
from wakeful_agent.meter import OK
from wakeful_agent.standing import State
from wakeful_agent.watch import DOWN, HELD, STARTING, STOPPED, UNKNOWN, UP, Sight
from wakeful_wire.names import METRICS
from wakeful_wire.schema import series

SETTING = WatchSetting("web", "unit", attempts=3, dry_run=True)
STATE = State(phase="waiting", changed_ms=7, due_ms=9, tried_ms=(1, 2), attempts=11, incident="ab", flapping=True)


def test_a_row_says_everything() -> None:
    assert row(Entry(SETTING, STATE, Sight(DOWN, "failed\n", {"exit_code": 1}))) == {
        "name": "web",
        "kind": "unit",
        "state": "down",
        "phase": "waiting",
        "since_ms": 7,
        "attempts": 2,
        "of": 3,
        "next_ms": 9,
        "detail": "failed\ufffd",
        "paused": False,
        "until_ms": None,
        "dry_run": True,
        "flapping": True,
        "incident": "ab",
        "data": {"exit_code": 1},
    }


def test_figures_are_of_the_catalogue_and_what_nobody_can_tell_has_none() -> None:
    states = [UP, STARTING, DOWN, HELD, STOPPED, UNKNOWN]
    found = result([Entry(SETTING._replace(name=one), STATE, Sight(one)) for one in states])
    assert found.outcome == OK
    figures = dict(zip(found.series, found.values))
    ups = [figures[series("watch.up", watch=one, kind="unit")] for one in states]
    assert ups == [1.0, 1.0, 0.0, 0.0, 0.0, None]
    assert figures[series("recovery.attempts", watch=UP)] == 11.0
    assert {one.name for one in found.series} <= set(METRICS)
    assert all(set(METRICS[one.name].labels) == {name for name, _ in one.labels} for one in found.series)


def test_a_kind_may_have_an_inventory_of_its_own() -> None:
    found = result(
        [Entry(SETTING, STATE, Sight(UP), ("pterodactyl", {"name": "survival"})), Entry(SETTING, STATE, Sight(UP))]
    )
    assert found.inventories["pterodactyl"] == [{"name": "survival"}]
    assert len(found.inventories["watches"]) == 2


def test_what_is_no_json_or_too_much_is_left_out() -> None:
    assert fitting({"a": [1, "x"]}) == {"a": [1, "x"]}
    assert fitting({"a": {1, 2}}) == {}
    assert fitting({"a": float("nan")}) == {}
    assert fitting({"a": "x" * DATA_CHARACTERS_MAX}) == {}
