"""A `smartctl` that prints captured output; see tests/agent/host/test_smartctl.py for where that comes from."""

import pathlib

import pytest

from wakeful_agent.host.errors import Absent, Denied, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.smart import SmartMeter
from wakeful_agent.options import check_options
from wakeful_wire.push import parse_inventories

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "smartctl"
NOW_MS = 1_763_100_000_000


@pytest.fixture
def smartctl(tmp_path):
    """Return a function that writes a smartctl (cases of its last words to what it does) and gives the host."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(cases, user_id=0, sudo=None, files=None):
        body = "".join(f"*'{words}') {what};;\n" for words, what in cases.items())
        write(
            folder / "smartctl",
            f'say() {{ cat "{CAPTURED}/$1.json"; exit "${{2:-0}}"; }}\n'
            f'echo "$*" >> {tmp_path}/asked\ncase "$*" in\n{body}esac\n',
        )
        if sudo is not None:
            write(folder / "sudo", sudo)
        for path, content in (files or {}).items():
            place = tmp_path / "root" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(content)
        (tmp_path / "root").mkdir(exist_ok=True)
        return Host(str(tmp_path / "root"), programs=(str(folder),), user_id=user_id)

    return make


def write(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def asked(tmp_path):
    return (tmp_path / "asked").read_text().splitlines()


FOUR = {
    "--scan": "say scan",
    "sat /dev/sda": "say ata-hdd 64",
    "sat /dev/sdb": "say asleep 2",
    "scsi /dev/sdc": "say sas",
    "nvme /dev/nvme0": "say nvme",
}
ATA = {"sys/block/sda/device/vendor": "ATA     \n", "sys/block/sdb/device/vendor": "ATA     \n"}


def read(meter, host, now_ms=NOW_MS):
    reading = meter.read(host, now_ms)
    assert len(reading.series) == len(reading.values)
    parse_inventories({name: {"hash": "x", "body": body} for name, body in reading.inventories.items()})
    values = {(one.name.removeprefix("hw."), *dict(one.labels).values()): v for one, v in zip(*reading[:2])}
    return values, {row["device"]: row for row in reading.inventories["disks"]}


def state(values, name):
    (found,) = [key[2] for key, value in values.items() if key[0] == "status" and key[1] == name and value == 1]
    return found


def test_every_disk_is_asked_with_the_type_it_has(smartctl, tmp_path):
    values, rows = read(SmartMeter(), smartctl(FOUR, files=ATA))
    assert asked(tmp_path) == [
        "--json --scan",
        "--json -i -H -A -n standby -d sat /dev/sda",
        "--json -i -H -A -n standby -d sat /dev/sdb",
        "--json -i -H -A -n standby -d scsi /dev/sdc",
        "--json -i -H -A -n standby -d nvme /dev/nvme0",
    ]
    assert [state(values, name) for name in ("sda", "sdb", "sdc", "nvme0")] == ["ok", "asleep", "ok", "ok"]
    assert values["physical_disk.temperature", "sda", "ZA1EXAMP"] == 35
    assert values["physical_disk.sectors", "sda", "ZA1EXAMP", "reallocated"] == 16
    assert values["physical_disk.errors", "nvme0", "media", "S5GXNX0EXAMPLE1"] == 2
    assert values["physical_disk.io", "sdc", "write", "Z1Z0EXAMPLE0"] == 86_472_611_000_000
    assert rows["sda"] == {
        "device": "sda",
        "state": "ok",
        "type": "sat",
        "passed": True,
        "model": "ST8000VN0022-2EL112",
        "family": "Seagate IronWolf",
        "vendor": "",
        "serial": "ZA1EXAMP",
        "firmware": "SC61",
        "size_bytes": 8001563222016,
        "rotation_rpm": 7200,
        "interface": "sata",
        "findings": ["the disk's log holds errors"],
        "seen_at_ms": NOW_MS,
    }
    assert rows["sdb"] == {
        "device": "sdb",
        "state": "asleep",
        "type": "sat",
        "passed": None,
        "findings": ["it is in STANDBY mode"],
        "seen_at_ms": None,
    }


def test_a_disk_that_falls_asleep_keeps_its_series_and_its_inventory(smartctl):
    meter = SmartMeter()
    before, known = read(meter, smartctl(FOUR, files=ATA))
    values, rows = read(meter, smartctl({**FOUR, "sat /dev/sda": "say asleep 2"}), NOW_MS + 600_000)
    assert list(values) == list(before)
    assert {value for key, value in values.items() if key[0] != "status" and key[1] == "sda"} == {None}
    assert state(values, "sda") == "asleep"
    assert rows["sda"] == {**known["sda"], "state": "asleep", "findings": ["it is in STANDBY mode"]}
    assert rows["sda"]["seen_at_ms"] == NOW_MS


def test_a_disk_that_the_kernel_gave_up_is_not_asleep(smartctl):
    lost = {**ATA, "sys/block/sda/device/state": "offline\n", "sys/block/sdb/device/state": "running\n"}
    values, rows = read(SmartMeter(), smartctl({**FOUR, "sat /dev/sda": "say loop-sat 2"}, files=lost))
    assert (state(values, "sda"), state(values, "sdb")) == ("failed", "asleep")
    assert rows["sda"]["findings"] == ["the kernel has taken it out of service (offline)"]


def test_an_ata_disk_is_known_without_the_kernels_word(smartctl, tmp_path):
    meter = SmartMeter()
    cases = {**FOUR, "scsi /dev/sda": "say ata-as-scsi", "scsi /dev/sdb": "say asleep-sas 2"}
    for _ in range(2):
        values, _ = read(meter, smartctl(cases))
        assert values["physical_disk.sectors", "sda", "ZA1EXAMP", "reallocated"] == 16
    assert [line.rpartition("-d ")[2] for line in asked(tmp_path) if line.endswith("/dev/sda")] == [
        "scsi /dev/sda",
        "sat /dev/sda",
        "sat /dev/sda",
    ]


def test_a_disk_behind_usb_is_left_to_smartctl(smartctl, tmp_path):
    host = smartctl({**FOUR, "auto /dev/sdc": "say ata-ssd"}, files=ATA)
    (tmp_path / "root/sys/block/sdc").symlink_to("../devices/pci0000:00/0000:00:14.0/usb2/2-1/host6/block/sdc")
    assert read(SmartMeter(), host)[1]["sdc"]["model"] == "INTEL SSDSC2BB480G6"


def test_disks_behind_a_controller_keep_apart(smartctl):
    cases = {
        "--scan": "say scan-megaraid",
        "scsi /dev/sda": "say virtual 4",
        "megaraid,0 /dev/bus/0": "say megaraid-ata 4",
        "megaraid,1 /dev/bus/0": "say gone 2",
    }
    values, rows = read(SmartMeter(), smartctl(cases))
    assert list(rows) == ["sda", "bus/0 megaraid,0", "bus/0 megaraid,1"]
    assert [state(values, name) for name in rows] == ["unknown", "degraded", "unknown"]
    assert values["physical_disk.sectors", "bus/0 megaraid,0", "WD-WCC000EXAMPL", "pending"] == 8


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("echo nonsense", "smartctl wrote no JSON but 'nonsense\\n'"),
        ("exit 0", "smartctl wrote no JSON but ''"),
        ("head -c 700 {captured}/nvme.json", "smartctl wrote no JSON but"),
        ("exec yes", "writes more than"),
        ("kill -9 $$", "smartctl wrote no JSON but ''"),
    ],
)
def test_one_disk_that_answers_nonsense_costs_no_other(smartctl, what, said):
    values, rows = read(SmartMeter(), smartctl({**FOUR, "sat /dev/sda": what.format(captured=CAPTURED)}, files=ATA))
    assert said in rows["sda"]["findings"][0]
    assert [state(values, name) for name in ("sda", "sdc", "nvme0")] == ["unknown", "ok", "ok"]


def test_a_disk_that_hangs_is_asked_last_the_next_time(smartctl, tmp_path, monkeypatch):
    monkeypatch.setattr("wakeful_agent.meters.smart._DISK_SECONDS", 0.3)
    meter = SmartMeter()
    host = smartctl({**FOUR, "sat /dev/sda": "sleep 60"}, files=ATA)
    _, rows = read(meter, host)
    assert "did not end within 0.3 s" in rows["sda"]["findings"][0]
    read(meter, host)
    assert asked(tmp_path)[-1].endswith("/dev/sda")
    meter.budget_seconds = 4.0
    _, rows = read(meter, host)
    assert rows["nvme0"]["state"] == "unknown"
    assert rows["nvme0"]["model"] == "Samsung SSD 980 PRO 1TB", "what was known of it stays"
    assert "no time left" in rows["nvme0"]["findings"][0]


def test_disks_come_and_go(smartctl):
    meter = SmartMeter()
    read(meter, smartctl(FOUR, files=ATA))
    _, rows = read(meter, smartctl({"--scan": "say scan-megaraid", "scsi /dev/sda": "say virtual 4"}))
    assert list(rows) == ["sda", "bus/0 megaraid,0", "bus/0 megaraid,1"]
    assert len(meter._last) == 3


def test_options_name_more_disks_and_leave_some_out(smartctl, tmp_path):
    given = {"devices": ["/dev/sdz areca,1/2", "/dev/sdy"], "left_out": ["/dev/sda", "nvme0"]}
    accepted, problems = check_options(SmartMeter.options, given, True)
    assert not problems
    assert check_options(SmartMeter.options, given, False)[1], "only the machine's own file names devices"
    meter = SmartMeter()
    meter.configure(accepted)
    _, rows = read(
        meter, smartctl({**FOUR, "areca,1/2 /dev/sdz": "say ata-ssd", "auto /dev/sdy": "say nvme"}, files=ATA)
    )
    assert list(rows) == ["sdz areca,1/2", "sdy", "sdb", "sdc"]


def test_no_disks_is_no_data(smartctl):
    host = smartctl({"--scan": "say gone"})
    with pytest.raises(NoData):
        SmartMeter().read(host, NOW_MS)
    assert SmartMeter().probe(host).reason == "smartctl finds no disks (virtual machines have none)"


def test_without_smartctl(tmp_path):
    host = Host(str(tmp_path), programs=(str(tmp_path),))
    with pytest.raises(Absent):
        SmartMeter().read(host, NOW_MS)
    found = SmartMeter().probe(host)
    assert (found.available, found.fix) == (False, "apt install smartmontools")


def test_a_smartctl_too_old_for_json_is_a_failure(smartctl):
    host = smartctl({"--scan": "echo 'smartctl 6.5 2016-05-07 r4318'; exit 1"})
    with pytest.raises(Malformed):
        SmartMeter().read(host, NOW_MS)
    assert "no JSON" in SmartMeter().probe(host).reason


REFUSES = "echo 'sudo: a password is required' >&2; exit 1"
PERMITS = 'shift; [ "$1" = -l ] && exit 0; exec "$@"'
CLOSED = {**FOUR, **dict.fromkeys(list(FOUR)[1:], "say denied 2")}


def test_without_rights_it_is_refused_and_the_grant_names_each_command(smartctl, tmp_path):
    host = smartctl(CLOSED, 1000, REFUSES, ATA)
    with pytest.raises(Denied, match="a password is required"):
        SmartMeter().read(host, NOW_MS)
    found = SmartMeter().probe(host)
    assert not found.available
    assert found.reason == "sudo: a password is required"
    path = tmp_path / "bin/smartctl"
    assert found.fix == (
        f'echo "wakeful ALL=(root) NOPASSWD: {path} --json --scan, {path} --json -i -H -A -n standby -d sat /dev/sda, '
        f"{path} --json -i -H -A -n standby -d sat /dev/sdb, {path} --json -i -H -A -n standby -d scsi /dev/sdc, "
        f'{path} --json -i -H -A -n standby -d nvme /dev/nvme0" > /etc/sudoers.d/wakeful-smart'
    )
    assert found.exposes


def test_sudo_or_an_open_device_is_right_enough(smartctl):
    host = smartctl(FOUR, 1000, PERMITS, ATA)
    assert state(read(SmartMeter(), host)[0], "sda") == "ok"
    assert SmartMeter().probe(host)[:3] == ("smart", True, "as root")
    host = smartctl(FOUR, 1000, REFUSES, ATA)
    assert state(read(SmartMeter(), host)[0], "sda") == "ok"
    assert SmartMeter().probe(host)[:3] == ("smart", True, "directly")


def test_one_disk_that_may_not_be_opened_costs_no_other(smartctl):
    values, rows = read(SmartMeter(), smartctl({**CLOSED, "scsi /dev/sdc": "say sas"}, 1000, REFUSES, ATA))
    assert [state(values, name) for name in ("sda", "sdc")] == ["unknown", "ok"]
    assert "Permission denied" in rows["sda"]["findings"][0]


def test_a_disk_that_is_not_in_the_grant_is_told_with_a_new_one(smartctl):
    refuses = 'case "$*" in */dev/sdc) echo "sudo: a password is required" >&2; exit 1;; esac'
    host = smartctl(FOUR, 1000, f'shift; {refuses}; [ "$1" = -l ] || exec "$@"', ATA)
    values, rows = read(SmartMeter(), host)
    assert [state(values, name) for name in ("sda", "sdc")] == ["ok", "unknown"]
    assert rows["sdc"]["findings"] == ["sudo: a password is required"]
    found = SmartMeter().probe(host)
    assert (found.available, found.reason) == (True, "as root, but not for sdc")
    assert "-d scsi /dev/sdc" in found.fix
    assert found.exposes
