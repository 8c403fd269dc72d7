"""See tests/agent/host/test_zpools.py for where the captured output comes from."""

import pathlib
import time

import pytest

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import zfs
from wakeful_agent.meters.zfs import ZfsMeter
from wakeful_wire.push import parse_inventories

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "zfs"
BOTH = f'case "$1" in list) cat {CAPTURED}/list;; status) cat {CAPTURED}/status;; esac'
NO_MODULE = (
    "echo 'The ZFS modules are not loaded.' >&2; "
    "echo \"Try running '/sbin/modprobe zfs' as root to load them.\" >&2; exit 1"
)


@pytest.fixture
def zpool(tmp_path):
    """Return a function that writes a zpool and gives the host."""

    def make(body):
        (tmp_path / "zpool").write_text(f"#!/bin/sh\n{body}\n")
        (tmp_path / "zpool").chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def read(host):
    reading = ZfsMeter().read(host, 0)
    parse_inventories({name: {"hash": "x", "body": body} for name, body in reading.inventories.items()})
    values = {(one.name.removeprefix("zfs."), *dict(one.labels).values()): v for one, v in zip(*reading[:2])}
    assert len(values) == len(reading.values)
    return values, {row["pool"]: row for row in reading.inventories["zfs_pools"]}


def test_pools(zpool):
    values, rows = read(zpool(BOTH))
    assert [key[2] for key, value in values.items() if key[0] == "hw.status" and value] == [
        "online",
        "degraded",
        "unavail",
    ]
    assert values["pool.limit", "rpool"] == 498216206336
    assert values["pool.usage", "tank", "used"] == 6174015488000
    assert values["pool.usage", "lost", "free"] is None
    assert values["pool.utilization", "tank"] == 0.51
    assert values["pool.deduplication", "tank"] == 1.34
    assert values["pool.data_errors", "tank"] == 7
    assert values["pool.scan.progress", "tank"] == 0.2548
    assert values["pool.scan.progress", "rpool"] is None
    assert values["pool.scrub.time", "rpool"] == time.mktime((2025, 11, 9, 0, 36, 44, 0, 0, -1))
    assert values["pool.scrub.time", "tank"] is None
    faulted = "ata-WDC_WD60EFRX-68L0BN1_WD-EXAM3"
    assert [values["vdev.errors", kind, "tank", faulted] for kind in ("read", "write", "checksum")] == [41, 112, 0]
    assert rows["tank"]["scan"] == "resilver"
    assert rows["tank"]["vdevs"][-1]["state"] == "avail"


def test_no_pools_is_empty_and_not_failed(zpool):
    host = zpool('[ "$1" = list ] || { echo "no pools available"; exit 0; }')
    assert ZfsMeter().read(host, 0) == ([], [], {"zfs_pools": []}, None)
    assert ZfsMeter().probe(host)[:3] == ("zfs", True, "0 pools")


def test_a_pool_made_between_the_two_questions_has_no_status_yet(zpool):
    values, rows = read(zpool(f'case "$1" in list) cat {CAPTURED}/list;; status) echo "no pools available";; esac'))
    assert values["pool.limit", "rpool"] == 498216206336
    assert rows["tank"]["vdevs"] == []


def test_a_program_without_its_module_is_nothing_here(zpool):
    host = zpool(NO_MODULE)
    with pytest.raises(NoData, match="ZFS is not in this kernel: The ZFS modules are not loaded"):
        ZfsMeter().read(host, 0)
    assert ZfsMeter().probe(host).fix == ""


def test_no_program_is_absent(tmp_path):
    with pytest.raises(Absent):
        ZfsMeter().read(Host(str(tmp_path), programs=(str(tmp_path),)), 0)


def test_a_device_that_may_not_be_opened_is_refused(zpool):
    host = zpool("echo 'Permission denied the ZFS utilities must be run as root.' >&2; exit 1")
    with pytest.raises(Denied):
        ZfsMeter().read(host, 0)
    found = ZfsMeter().probe(host)
    assert "/dev/zfs" in found.fix
    assert found.exposes


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("echo nonsense", Malformed),
        ("yes", Malformed),
        ("exit 3", HostError),
        ("echo 'internal error: out of memory' >&2; exit 1", HostError),
        ("sleep 60", Late),
        ('[ "$1" = list ] && cat ' + f"{CAPTURED}/list", HostError),
    ],
)
def test_a_zpool_that_is_broken_is_a_failure(zpool, body, error, monkeypatch):
    monkeypatch.setattr(zfs, "_SECONDS", 0.5)
    with pytest.raises(error):
        ZfsMeter().read(zpool(body), 0)


def test_the_probe_counts(zpool):
    assert ZfsMeter().probe(zpool(BOTH)).reason == "3 pools"
    assert ZfsMeter().probe(zpool("printf 'a\\t1\\t1\\t0\\t0\\t0\\t1\\tONLINE\\n'")).reason == "1 pool"
