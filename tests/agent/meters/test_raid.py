"""See tests/agent/host/test_mdstat.py for where the captured output comes from."""

import pathlib
import shutil

import pytest

from wakeful_agent.host.errors import Absent, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.raid import RaidMeter
from wakeful_wire.push import parse_inventories

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "md"
NOW_MS = 1_763_100_000_000


@pytest.fixture
def machine(tmp_path):
    """Return a function that gives a host with a captured mdstat and, if wanted, an mdadm and a sudo."""

    def make(name, mdadm=None, sudo=None, user_id=0):
        (tmp_path / "root/proc").mkdir(parents=True, exist_ok=True)
        shutil.copy(CAPTURED / name, tmp_path / "root/proc/mdstat")
        (tmp_path / "bin").mkdir(exist_ok=True)
        for program, body in (("mdadm", mdadm), ("sudo", sudo)):
            if body is not None:
                path = tmp_path / "bin" / program
                path.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n{body}\n')
                path.chmod(0o755)
        return Host(str(tmp_path / "root"), programs=(str(tmp_path / "bin"),), user_id=user_id)

    return make


MDADM = f"""case "$*" in
"--detail /dev/md1") cat {CAPTURED}/detail-degraded;;
"--detail /dev/md2") cat {CAPTURED}/detail-recovering;;
*) echo "mdadm: cannot open $2: No such file or directory" >&2; exit 1;;
esac"""
DENIES = "echo 'sudo: a password is required' >&2; exit 1"


def read(meter, host, now_ms=NOW_MS):
    reading = meter.read(host, now_ms)
    parse_inventories({name: {"hash": "x", "body": body} for name, body in reading.inventories.items()})
    values = {(one.name.removeprefix("hw."), *dict(one.labels).values()): v for one, v in zip(*reading[:2])}
    return values, {row["array"]: row for row in reading.inventories["raid"]}


def of(values, name):
    return {key[0:1] + key[2:] if key[0] != "status" else (key[2],): v for key, v in values.items() if key[1] == name}


def test_arrays_without_any_right(machine, tmp_path):
    host = machine("mdstat")
    folder = tmp_path / "root/sys/block/md1/md"
    folder.mkdir(parents=True)
    (folder / "mismatch_cnt").write_text("128\n")
    values, rows = read(RaidMeter(), host)
    assert of(values, "md1") == {
        ("ok",): 0,
        ("degraded",): 1,
        ("recovering",): 0,
        ("failed",): 0,
        ("inactive",): 0,
        ("raid.disks", "active"): 1,
        ("raid.disks", "failed"): 0,
        ("raid.disks", "spare"): 0,
        ("raid.disks", "missing"): 1,
        ("raid.disks.limit",): 2,
        ("raid.sync.progress",): None,
        ("raid.sync.speed",): None,
        ("raid.mismatches",): 128,
    }
    recovering = of(values, "md2")
    assert recovering["raid.sync.progress",] == 0.126
    assert recovering["raid.sync.speed",] == 188123 * 1024
    assert [recovering["raid.disks", state] for state in ("active", "failed", "spare", "missing")] == [2, 1, 1, 0]
    assert rows["md1"]["members"][1] == {"device": "", "slot": None, "state": "missing"}
    assert "uuid" not in rows["md1"]


def test_mdadm_adds_what_it_knows(machine):
    _, rows = read(RaidMeter(), machine("mdstat", MDADM))
    assert rows["md1"]["uuid"] == "3a1c2b44:00000000:9d0e11aa:22bb33cc"
    assert rows["md1"]["title"] == "example:1  (local to host example)"
    assert rows["md1"]["detail_state"] == "active, degraded"
    assert rows["md1"]["members"] == [
        {"device": "sda2", "slot": 0, "state": "active"},
        {"device": "", "slot": 1, "state": "missing"},
    ]
    assert rows["md2"]["members"][2] == {"device": "sdf1", "slot": 2, "state": "recovering"}
    assert "names no RAID level" in rows["md0"]["detail_error"]
    assert rows["md0"]["state"] == "ok", "mdadm that cannot tell makes no array worse"


def test_mdadm_is_asked_when_something_changed(machine, tmp_path):
    meter = RaidMeter()
    host = machine("mdstat", MDADM)
    read(meter, host)
    read(meter, host, NOW_MS + 30_000)
    assert len((tmp_path / "asked").read_text().splitlines()) == 3
    text = (CAPTURED / "mdstat").read_text()
    (tmp_path / "root/proc/mdstat").write_text(
        text.replace("sdb1[1] sda1[0]", "sdb1[1](F) sda1[0]").replace("[2/2] [UU]", "[2/1] [U_]")
    )
    values, _ = read(meter, host, NOW_MS + 60_000)
    assert (tmp_path / "asked").read_text().splitlines()[3:] == ["--detail /dev/md0"]
    assert of(values, "md0")["raid.disks", "failed"] == 1
    read(meter, host, NOW_MS + 700_000)
    assert len((tmp_path / "asked").read_text().splitlines()) == 7
    shutil.copy(CAPTURED / "mdstat-many", tmp_path / "root/proc/mdstat")
    _, rows = read(meter, host, NOW_MS + 730_000)
    assert set(rows) == {"md126", "md127", "md10", "md11", "md12", "md13", "md14", "md_d15"}
    assert len((tmp_path / "asked").read_text().splitlines()) == 11, "no more than four at once"


def test_mdadm_knows_that_a_mirror_of_stripes_has_failed(machine):
    failed = "echo 'Raid Level : raid10'; echo 'State : clean, FAILED'"
    values, rows = read(RaidMeter(), machine("mdstat", failed))
    assert of(values, "md0")["failed",] == 1
    assert rows["md0"]["state"] == "failed"


@pytest.mark.parametrize(
    ("mdadm", "said"), [("yes", "writes more than"), ("echo nonsense", "not as documented"), ("exit 0", "not as")]
)
def test_mdadm_that_writes_nonsense_costs_nothing_else(machine, mdadm, said):
    values, rows = read(RaidMeter(), machine("mdstat", mdadm))
    assert said in rows["md0"]["detail_error"]
    assert of(values, "md0")["ok",] == 1


def test_without_sudo_the_grant_is_told(machine, tmp_path):
    host = machine("mdstat", MDADM, DENIES, 1000)
    _, rows = read(RaidMeter(), host)
    assert not {"uuid", "detail_error"} & set(rows["md1"])
    found = RaidMeter().probe(host)
    assert found.available
    assert "a password is required" in found.reason
    path = tmp_path / "bin/mdadm"
    commands = ", ".join(f"{path} --detail /dev/{name}" for name in ("md2", "md1", "md0"))
    assert found.fix == f'echo "wakeful ALL=(root) NOPASSWD: {commands}" > /etc/sudoers.d/wakeful-raid'


def test_the_probe(machine, tmp_path):
    assert RaidMeter().probe(machine("mdstat", MDADM))[:3] == ("raid", True, "")
    (tmp_path / "bin/mdadm").unlink()
    assert RaidMeter().probe(machine("mdstat")).reason == "without mdadm --detail: mdadm is not installed"
    assert not RaidMeter().probe(machine("mdstat-none")).available
    assert not RaidMeter().probe(Host(str(tmp_path))).available


def test_no_arrays_no_module_and_garbage_are_three_things(machine, tmp_path):
    with pytest.raises(NoData):
        RaidMeter().read(machine("mdstat-none"), NOW_MS)
    with pytest.raises(Absent):
        RaidMeter().read(Host(str(tmp_path)), NOW_MS)
    with pytest.raises(Malformed):
        RaidMeter().read(machine("detail-degraded"), NOW_MS)
