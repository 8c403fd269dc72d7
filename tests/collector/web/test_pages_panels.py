"""Which charts are drawn: failed, empty and absent stay three things."""

from __future__ import annotations

import json
import re
from pathlib import Path

from wakeful_collector.model.host import MeterOutcome
from wakeful_collector.model.sample import LatestSample
from wakeful_collector.web import pages_panels
from wakeful_wire.catalogue import machine as machine_catalogue
from wakeful_wire.names import METRICS

ALL = {name: 1.0 for names in pages_panels.NEEDS.values() for name in names}
OK = {
    panel.meter: MeterOutcome(panel.meter, "ok", "", 0.1, 0) for _, panels in pages_panels.SECTIONS for panel in panels
}


def keys(outcomes: dict[str, MeterOutcome], known: dict[str, float]) -> list[str]:
    return [panel.key for section in pages_panels.sections(outcomes, known)[0] for panel, _ in section.panels]


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
    assert "Sensors" not in [section.title for section in sections]
    assert absent == ["temperature sensors", "fans", "power meters"]


def test_what_an_old_host_never_had_takes_no_room_even_without_a_meters_word() -> None:
    quiet = {name: value for name, value in ALL.items() if "context_switches" not in name and "interrupts" not in name}
    shown = {panel.key for section in pages_panels.sections({}, quiet)[0] for panel, _ in section.panels}
    assert "switches" not in shown
    assert "handles" in shown
    young = {panel.key for section in pages_panels.sections({}, quiet, young=True)[0] for panel, _ in section.panels}
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
    found = {panel.key: reason for section in pages_panels.sections(failed, ALL)[0] for panel, reason in section.panels}
    assert found["filesystems"] == "Took too long: /mnt/nfs did not answer"
    assert found["cpu"] == ""


def test_reasons_name_the_meter_where_it_said_none() -> None:
    refused = MeterOutcome("pressure", "refused", "", 0.0, 0)
    assert pages_panels.reason(refused) == "Not permitted here (meter pressure)"
    assert pages_panels.reason(None) == ""


def sample(name: str, /, **labels: str) -> LatestSample:
    return LatestSample(name, labels, 1.0, 0)


def test_charts_of_what_a_machine_has_besides_come_by_themselves() -> None:
    assert pages_panels.families({}, []) == []
    disks = [
        sample("hw.status", type="physical_disk", name=disk, state=state)
        for disk in ("sda", "sdb")
        for state in ("ok", "failed")
    ]
    (section,) = pages_panels.families({}, [*disks, sample("hw.physical_disk.temperature", device="sda", serial="1")])
    assert section.title == "Disk health"
    assert [(panel.key, rows) for panel, _, rows in section.strips] == [("smart-state", 2)]
    assert [panel.key for panel, _ in section.panels] == ["smart-temperature"]


def test_a_meter_that_failed_says_so_with_its_charts_and_without_any() -> None:
    failed = {
        "containers": MeterOutcome("containers", "failed", "nothing answers at /run/docker.sock", 0.1, 0),
        "smart": MeterOutcome("smart", "refused", "sudo", 0.1, 0),
        "cpu": MeterOutcome("cpu", "failed", "", 0.1, 0),
    }
    (section,) = pages_panels.families(failed, [sample("container.cpu.time", engine="docker", container="web")])
    assert section.panels[0][1] == "Failed: nothing answers at /run/docker.sock"
    assert [note.meter for note in pages_panels.notes(failed)] == ["containers"]


def test_every_family_of_the_catalogue_has_a_chart_of_its_own() -> None:
    drawn = {
        name.split(".")[0]
        for _, panels in pages_panels.FAMILIES
        for panel in panels
        if panel.draw
        for name in panel.draw.names
    }
    machine = {metric.name.split(".")[0] for metric in machine_catalogue.ROWS}
    assert {name.split(".")[0] for name in METRICS} - machine <= drawn


def test_every_chart_asks_for_what_there_is_and_names_lines_by_labels_there_are() -> None:
    keys = [panel.key for _, panels in (*pages_panels.SECTIONS, *pages_panels.FAMILIES) for panel in panels]
    assert len(keys) == len(set(keys))
    for _, panels in pages_panels.FAMILIES:
        for panel in panels:
            draw = panel.draw
            assert draw is not None
            for name in draw.names:
                labels = {*METRICS[name].labels, "name"}
                assert {*draw.line, *draw.by, *draw.only} <= labels, (panel.key, name)
                assert draw.down[0] in {*labels, ""}, panel.key
            assert set(draw.words) <= set(draw.names)
            assert json.loads(draw.text())["names"] == list(draw.names)
