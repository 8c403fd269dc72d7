"""Which charts are drawn: failed, empty and absent stay three things."""

from __future__ import annotations

import re
from pathlib import Path

from wakeful_collector.model.host import MeterOutcome
from wakeful_collector.web import pages_panels

ALL = {
    "system.pressure.time": 1.0,
    "system.paging.limit": 1.0,
    "system.paging.io": 0.0,
    "system.disk.operation_time": 0.0,
    "hw.temperature": 40.0,
    "hw.fan.speed": 900.0,
    "hw.power": 4.0,
}
OK = {
    panel.meter: MeterOutcome(panel.meter, "ok", "", 0.1, 0) for _, panels in pages_panels.SECTIONS for panel in panels
}


def keys(outcomes: dict[str, MeterOutcome], known: dict[str, float]) -> list[str]:
    return [panel.key for _, panels in pages_panels.sections(outcomes, known)[0] for panel, _ in panels]


def test_every_panel_is_known_to_the_script_and_the_other_way_round() -> None:
    script = Path(pages_panels.__file__).parent / "static/js/panels.js"
    table = script.read_text().split("export const PANELS = {", 1)[1]
    known = set(re.findall(r"^  (\w+): \{", table, re.MULTILINE))
    assert known == {panel.key for _, panels in pages_panels.SECTIONS for panel in panels}


def test_a_whole_machine_has_every_chart_and_so_has_one_that_said_nothing_yet() -> None:
    every = [panel.key for _, panels in pages_panels.SECTIONS for panel in panels]
    assert keys(OK, ALL) == every
    assert keys({}, {}) == every


def test_what_the_machine_does_not_have_takes_no_room_and_is_named() -> None:
    outcomes = {**OK, "sensors": MeterOutcome("sensors", "nothing", "", 0.1, 0)}
    sections, absent = pages_panels.sections(outcomes, ALL)
    assert "Sensors" not in [title for title, _ in sections]
    assert absent == ["temperature sensors", "fans", "power meters"]


def test_no_swap_means_no_swap_charts() -> None:
    drawn = keys(OK, {**ALL, "system.paging.limit": 0.0})
    assert "swap" not in drawn
    assert "paging" not in drawn
    assert pages_panels.sections(
        OK, {"system.paging.limit": 0.0, **{name: 1.0 for name in ALL if "paging" not in name}}
    )[1] == ["swap"]


def test_a_failed_meter_keeps_its_chart_and_says_why() -> None:
    failed = {**OK, "filesystem": MeterOutcome("filesystem", "timeout", "/mnt/nfs did not answer", 2.0, 0)}
    found = {panel.key: reason for _, panels in pages_panels.sections(failed, ALL)[0] for panel, reason in panels}
    assert found["filesystems"] == "Took too long: /mnt/nfs did not answer"
    assert found["cpu"] == ""


def test_reasons_name_the_meter_where_it_said_none() -> None:
    refused = MeterOutcome("pressure", "refused", "", 0.0, 0)
    assert pages_panels.reason(refused) == "Not permitted here (meter pressure)"
    assert pages_panels.reason(None) == ""
