"""What machines of the sample fleet say of themselves is what the wire accepts."""

import pytest

from wakeful_collector.demo import keeping, papers, shelves
from wakeful_collector.demo.fleet import fleet
from wakeful_wire import push

END_MS = 1_763_719_200_000
START_MS = END_MS - 14 * 86_400_000


@pytest.mark.parametrize("machine", [*fleet(25, 1), *fleet(200, 1)[44::25]], ids=lambda machine: machine.name)
def test_the_introduction_is_acceptable(machine):
    told = papers.introduction(machine, END_MS, END_MS, START_MS, keeping.Keeping(machine, END_MS))
    hello = push.parse_hello(told["hello"])
    assert hello["name"] == machine.name
    assert 0 < hello["boot_time_ms"] < END_MS
    assert set(push.parse_meters(told["meters"])) == {*papers.METERS, *shelves.meters(machine)}
    names = {one.name for one in push.parse_inventories(told["inventories"])}
    assert names >= {"system", "processes", "ports", "network", "filesystems"}
    events = push.parse_events(told["events"])
    assert len({one.id for one in events}) == len(events)
    assert all(START_MS <= one.at_ms <= END_MS for one in events)


def test_each_fate_leaves_its_trace():
    kinds = {}
    for machine in fleet(200, 1):
        kinds.setdefault(machine.fate, {one.kind for one in papers.events(machine, START_MS, END_MS)})
    assert "agent.stopped" in kinds["rebooted"]
    assert "agent.config_applied" in kinds["deploy"]
    assert "agent.capability_changed" in kinds["meter fails"]
    assert "agent.spool_unwritable" in kinds["silent"]
    failing = next(one for one in fleet(200, 1) if one.fate == "meter fails")
    assert papers.outcomes(failing)["filesystem"].outcome == "timeout"


def test_a_later_start_tells_no_past():
    machine = fleet(1, 1)[0]
    assert papers.introduction(machine, END_MS, END_MS, None, keeping.Keeping(machine, END_MS))["events"] == []
