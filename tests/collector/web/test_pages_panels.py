"""Which charts are drawn: failed, empty and absent stay three things."""

from __future__ import annotations

import re
from pathlib import Path

from wakeful_collector.model.host import MeterOutcome
from wakeful_collector.web import pages_panels

ALL = {name: 1.0 for names in pages_panels.NEEDS.values() for name in names}
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


def test_what_an_old_host_never_had_takes_no_room_even_without_a_meters_word() -> None:
    quiet = {name: value for name, value in ALL.items() if "context_switches" not in name and "interrupts" not in name}
    shown = {panel.key for _, panels in pages_panels.sections({}, quiet)[0] for panel, _ in panels}
    assert "switches" not in shown
    assert "handles" in shown
    young = {panel.key for _, panels in pages_panels.sections({}, quiet, young=True)[0] for panel, _ in panels}
    assert "switches" in young


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
