import pytest

from wakeful_agent.host.errors import Absent
from wakeful_agent.meter import NoData
from wakeful_agent.meters.disk_io import DiskIoMeter, is_partition, parse_diskstats


def read(meter, host):
    reading = meter.read(host, 0)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}


def devices(found):
    return sorted({key[1] for key in found})


def test_loop_ram_zram_optical_and_partitions_are_left_out(machine):
    found = read(DiskIoMeter(), machine("bare-metal"))
    assert devices(found) == ["dm-0", "md1", "md12", "md127", "nvme0n1", "sda", "sdb"]


def test_the_fields_have_their_units(machine):
    found = read(DiskIoMeter(), machine("bare-metal"))
    nvme = {
        key[0][12:] + ("." + key[2] if len(key) > 2 else ""): value
        for key, value in found.items()
        if key[1] == "nvme0n1"
    }
    assert nvme == {
        "io.read": 20_000 * 512,
        "io.write": 40_000 * 512,
        "operations.read": 1000,
        "operations.write": 2000,
        "operation_time.read": 1.5,
        "operation_time.write": 2.5,
        "merged.read": 100,
        "merged.write": 200,
        "io_time": 3.0,
        "weighted_io_time": 4.0,
        "pending_operations": 3,
    }


def test_partitions_when_asked(machine):
    meter = DiskIoMeter()
    meter.configure({"partitions": True})
    assert {"nvme0n1p1", "sda1", "md127p1"} <= set(devices(read(meter, machine("bare-metal"))))


def test_short_lines_of_old_kernels_are_left_out(machine):
    assert devices(read(DiskIoMeter(), machine("centos7"))) == ["sda"]


def test_a_disk_appears_and_vanishes(made):
    line = "   8       {} {} 1 0 8 1 1 0 8 1 0 1 2\n"
    meter = DiskIoMeter()
    assert devices(read(meter, made({"proc/diskstats": line.format(0, "sda")}))) == ["sda"]
    both = made({"proc/diskstats": line.format(0, "sda") + line.format(16, "sdb") + line.format(17, "sdb1")})
    assert devices(read(meter, both)) == ["sda", "sdb"]
    assert devices(read(meter, made({"proc/diskstats": line.format(16, "sdb")}))) == ["sdb"]


def test_the_partitions_of_an_image_in_a_loop_are_no_disks(made):
    line = "   8 0 {} 1 0 8 1 1 0 8 1 0 1 2\n"
    names = ("sda", "loop0", "loop0p1", "loop12p3", "zram0", "sr0")
    host = made({"proc/diskstats": "".join(map(line.format, names))})
    assert devices(read(DiskIoMeter(), host)) == ["sda"]


def test_a_container_without_disks_has_no_data(machine):
    with pytest.raises(NoData):
        DiskIoMeter().read(machine("lxc-container"), 0)
    with pytest.raises(Absent):
        DiskIoMeter().read(machine("gvisor"), 0)


def test_the_kernels_rule_for_partitions():
    names = {"sda", "nvme0n1", "mmcblk0", "md1", "md127", "dm-1", "xvda"}
    parts = ["sda1", "nvme0n1p2", "mmcblk0p1", "md127p1", "xvda15"]
    wholes = ["md12", "dm-10", "nvme0n10", "sdb1", "sda", "nvme1n1p1", "p1"]
    assert [is_partition(name, names) for name in parts + wholes] == [True] * len(parts) + [False] * len(wholes)


def test_counters_that_wrapped_travel_as_they_are():
    (disk,) = parse_diskstats("8 0 sda 1 0 4294967295 1 1 0 8 1 0 1 2\n")
    assert disk.fields[2] == 4294967295
