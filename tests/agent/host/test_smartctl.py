"""The forms are those of smartctl 7.0 to 7.5; `loop-*.json` was written by the real 7.3, the others after real ones."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.smartctl import Device, is_ata_behind_scsi, is_refused, parse_disk, parse_scan

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "smartctl"


def captured(name):
    return (CAPTURED / f"{name}.json").read_text()


def disk(name, code=0):
    return parse_disk(captured(name), code)


def changed(name, **more):
    return json.dumps({**json.loads(captured(name)), **more})


def test_a_scan_tells_the_disks_with_their_types():
    assert parse_scan(captured("scan")) == [
        Device("/dev/sda", "scsi"),
        Device("/dev/sdb", "scsi"),
        Device("/dev/sdc", "scsi"),
        Device("/dev/nvme0", "nvme"),
    ]
    behind = parse_scan(captured("scan-megaraid"))
    assert [one.name for one in behind] == ["sda", "bus/0 megaraid,0", "bus/0 megaraid,1"]
    assert parse_scan(captured("gone")) == [], "no disks"


@pytest.mark.parametrize(
    "item",
    [
        {"name": "/dev/../etc/shadow", "type": "sat"},
        {"name": "sda", "type": "sat"},
        {"name": "/dev/sda; id", "type": "sat"},
        {"name": "-a", "type": "sat"},
        {"name": "/dev/sda", "type": "--help"},
        {"name": "/dev/sda", "type": ""},
        {"name": ["/dev/sda"], "type": "sat"},
        7,
    ],
)
def test_what_is_no_disk_is_not_asked(item):
    assert parse_scan(json.dumps({"smartctl": {}, "devices": [item]})) == []


def test_an_ata_disk():
    read = disk("ata-hdd", 64)
    assert read.state == "ok"
    assert read.findings == ("the disk's log holds errors",), "which is no reason to call it degraded"
    assert read.figures == {
        ("temperature", ""): 35,
        ("power_on_time", ""): 37118 * 3600 + 43 * 60,
        ("power_cycles", ""): 61,
        ("sectors", "reallocated"): 16,
        ("sectors", "pending"): 0,
        ("sectors", "uncorrectable"): 0,
        ("errors", "uncorrectable"): 2,
        ("errors", "command_timeout"): 3,
        ("errors", "crc"): 7,
        ("io", "write"): 60129542144 * 512,
        ("io", "read"): 429496729600 * 512,
    }
    assert read.about == {
        "model": "ST8000VN0022-2EL112",
        "family": "Seagate IronWolf",
        "vendor": "",
        "serial": "ZA1EXAMP",
        "firmware": "SC61",
        "size_bytes": 8001563222016,
        "rotation_rpm": 7200,
        "interface": "sata",
        "passed": True,
    }


def test_a_failing_disk_says_what_is_wrong():
    read = disk("ata-failing", 88)
    assert (read.state, read.about["passed"]) == ("failed", False)
    assert read.findings == (
        "SMART says that the disk is failing",
        "an attribute is at its threshold: the disk is about to fail",
        "the disk's log holds errors",
    )
    assert read.figures["sectors", "pending"] == 720
    assert parse_disk(changed("ata-hdd", smart_status={"passed": False}, smartctl={}), 0).findings == (
        "SMART says that the disk is failing",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [(0, "ok"), (4, "ok"), (16, "degraded"), (32, "ok"), (64, "ok"), (128, "degraded"), (8, "failed")],
)
def test_the_bits_of_the_exit_status(status, state):
    read = parse_disk(changed("ata-ssd", smartctl={"exit_status": status}), 0)
    assert read.state == state
    assert len(read.findings) == (status > 0)
    assert parse_disk(changed("ata-ssd", smartctl={}), status) == read, "the process' own code serves as well"


def test_wear_of_ata_solid_state_disks():
    assert disk("ata-ssd").figures["wear", ""] == 0.38
    assert disk("ata-ssd").about["rotation_rpm"] == 0
    assert disk("ata-ssd-phison").figures["wear", ""] == 0.26
    assert ("sectors", "pending") not in disk("ata-ssd-phison").figures
    assert disk("ata-ssd-micron").figures["wear", ""] == 0.17
    nameless = disk("ata-ssd-nameless").figures
    assert not {("wear", ""), ("io", "write")} & set(nameless), "what has no name is not guessed"


def test_wear_that_only_smartctl_knows():
    assert parse_disk(changed("ata-hdd", endurance_used={"current_percent": 12}), 0).figures["wear", ""] == 0.12
    assert parse_disk(changed("ata-ssd", endurance_used={"current_percent": 12}), 0).figures["wear", ""] == 0.38
    assert disk("sas-ssd-7.0").figures["wear", ""] == 0.03


def test_an_nvme_disk():
    read = disk("nvme")
    assert read.state == "ok"
    assert read.figures == {
        ("temperature", ""): 44,
        ("power_on_time", ""): 17213 * 3600,
        ("power_cycles", ""): 213,
        ("spare", ""): 0.98,
        ("wear", ""): 0.07,
        ("unsafe_shutdowns", ""): 41,
        ("errors", "media"): 2,
        ("io", "read"): 61234567 * 512_000,
        ("io", "write"): 98765432 * 512_000,
    }
    assert (read.about["interface"], read.about["rotation_rpm"]) == ("nvme", 0)
    failing = disk("nvme-failing", 8)
    assert failing.state == "failed"
    assert failing.figures["wear", ""] == 1.31
    assert "spare blocks are below their threshold" in failing.findings
    worn = json.loads(captured("nvme"))
    worn["nvme_smart_health_information_log"]["percentage_used"] = 100
    assert parse_disk(json.dumps(worn), 0)[:2] == ("degraded", ("its rated writes are used up",))
    worn["nvme_smart_health_information_log"].update(percentage_used=1, critical_warning=2)
    assert parse_disk(json.dumps(worn), 0)[:2] == ("degraded", ("the temperature is outside its limits",))


def test_a_sas_disk():
    read = disk("sas")
    assert read.state == "ok"
    assert read.figures == {
        ("temperature", ""): 34,
        ("power_on_time", ""): 43549 * 3600 + 33 * 60,
        ("sectors", "grown_defect"): 56,
        ("errors", "read_uncorrected"): 3,
        ("errors", "write_uncorrected"): 0,
        ("errors", "verify_uncorrected"): 1,
        ("io", "read"): 176_987_332_000_000,
        ("io", "write"): 86_472_611_000_000,
    }
    assert (read.about["model"], read.about["interface"], read.about["firmware"]) == (
        "SEAGATE ST4000NM0043",
        "sas",
        "MS03",
    )
    old = disk("sas-ssd-7.0").about
    assert (old["model"], old["interface"], old["firmware"], old["vendor"]) == (
        "HGST HUSMM1640ASS204",
        "scsi",
        "C360",
        "HGST",
    )


def test_a_disk_behind_megaraid():
    read = disk("megaraid-ata", 4)
    assert read.state == "degraded"
    assert read.findings == ("a SMART command failed", "8 sectors wait to be reallocated")
    assert read.about["serial"] == "WD-WCC000EXAMPL"


@pytest.mark.parametrize("name", ["asleep", "asleep-7.5", "asleep-sas", "loop-sat"])
def test_a_sleeping_disk_is_neither_failed_nor_read(name):
    read = disk(name, 2)
    assert (read.state, read.figures, read.about) == ("asleep", {}, {})
    assert "mode" in read.findings[0]


def test_sleep_is_seen_without_its_sentence():
    mode = {"power_mode": {"ata_value": 0, "name": "STANDBY"}}
    assert parse_disk(changed("gone", **mode), 2).state == "asleep"
    awake = {"power_mode": {"ata_value": 255, "name": "ACTIVE or IDLE"}}
    assert parse_disk(changed("gone", **awake), 2).state == "unknown"


def test_what_could_not_be_read_says_why():
    assert disk("gone", 2)[:2] == ("unknown", ("Smartctl open device: /dev/sda [SAT] failed: No such device",))
    assert "Invalid argument" in disk("loop-nvme", 2).findings[0]
    assert is_refused(disk("denied", 2))
    assert not is_refused(disk("gone", 2))
    assert parse_disk('{"smartctl": {}}', 1).findings == ("smartctl could not read it (exit status 1)",)
    assert parse_disk('{"smartctl": {}}', -9).state == "unknown"


def test_a_disk_without_smart_is_unknown_but_has_its_name():
    read = disk("virtual", 4)
    assert (read.state, read.about["model"]) == ("unknown", "DELL PERC H730 Mini")
    assert parse_disk('{"smartctl": {}}', 0).findings == ("it keeps no SMART data",)


def test_an_ata_disk_asked_as_scsi_is_recognised():
    read = disk("ata-as-scsi")
    assert is_ata_behind_scsi(read, Device("/dev/sda", "scsi"))
    assert not is_ata_behind_scsi(read, Device("/dev/sda", "sat"))
    assert not is_ata_behind_scsi(disk("sas"), Device("/dev/sda", "scsi"))


def test_a_temperature_no_disk_has_is_none():
    assert ("temperature", "") not in parse_disk(changed("nvme", temperature={"current": 65535}), 0).figures


def test_a_volume_that_tells_no_temperature_is_not_at_freezing_point():
    assert ("temperature", "") not in disk("ata-as-scsi").figures
    assert ("temperature", "") not in parse_disk(changed("sas", temperature={"current": 0, "drive_trip": 0}), 0).figures
    frozen = parse_disk(changed("sas", temperature={"current": 0, "drive_trip": 65}), 0)
    assert frozen.figures["temperature", ""] == 0
    assert parse_disk(changed("nvme", temperature={"current": 0}), 0).figures["temperature", ""] == 0


def test_what_is_of_another_form_is_malformed():
    for text in (
        "",
        "smartctl: unrecognized option '--json'",
        "[]",
        "{}",
        '{"smartctl": 7}',
        captured("nvme")[:900],
        "[" * 90_000,
    ):
        with pytest.raises(Malformed):
            parse_disk(text, 0)
        with pytest.raises(Malformed):
            parse_scan(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(["ata-hdd", "nvme", "sas", "asleep", "scan"]), st.data())
def test_values_of_any_kind_break_nothing(name, data):
    document = json.loads(captured(name))
    place = document
    while isinstance(place, (dict, list)) and place:
        keys = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()) or not isinstance(place[key], (dict, list)):
            place[key] = data.draw(values)
            break
        place = place[key]
    text = json.dumps(document)
    try:
        parse_scan(text)
        parse_disk(text, 0)
    except Malformed:
        return
