import json
import os
import subprocess
import sys
import threading

import pytest

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.filesystem import LEFT_OUT, FilesystemMeter, Mount, choose, parse_mounts, values
from wakeful_agent.runner import Runner

EIGHT = 8


def space(**given):
    fields = dict.fromkeys(
        ("bsize", "frsize", "blocks", "bfree", "bavail", "files", "ffree", "favail", "flag", "max"), 0
    )
    fields.update(given)
    return os.statvfs_result(tuple(fields.values()))


def mountpoints(reading):
    return list(dict.fromkeys(dict(one.labels)["mountpoint"] for one in reading.series))


def test_each_device_once_each_mount_point_as_it_is_seen(machine):
    reading = FilesystemMeter().read(machine("bare-metal"), 0)
    assert mountpoints(reading) == ["/", "/boot/efi", "/mnt/over", "/mnt/with space\ufffdtab\\back", "/mnt/nas"]
    assert {dict(one.labels)["device"] for one in reading.series if dict(one.labels)["mountpoint"] == "/mnt/over"} == {
        "/dev/new"
    }
    assert len(reading.values) == len(reading.series)


def test_the_inventory_comes_when_the_table_moved(made):
    meter = FilesystemMeter()
    host = made({"proc/self/mounts": "/dev/a / ext4 rw 0 0\n"})
    assert meter.read(host, 0).inventories["filesystems"] == [
        {"mountpoint": "/", "device": "/dev/a", "type": "ext4", "options": "rw", "state": "ok"}
    ]
    first = meter.read(host, 1)
    assert first.inventories == {}
    host = made({"proc/self/mounts": "/dev/a / ext4 rw 0 0\n/dev/b /proc ext4 ro 0 0\n"})
    assert [row["mountpoint"] for row in meter.read(host, 2).inventories["filesystems"]] == ["/", "/proc"]


def test_the_inventory_comes_again_for_a_collector_that_missed_it(made):
    meter = FilesystemMeter()
    host = made({"proc/self/mounts": "/dev/a / ext4 rw 0 0\n"})
    first = meter.read(host, 1_000).inventories["filesystems"]
    assert meter.read(host, 600_999).inventories == {}
    assert meter.read(host, 601_000).inventories["filesystems"] is first, "the same, so that only its hash travels"
    assert meter.read(host, 615_000).inventories == {}
    assert meter.read(host, 0).inventories["filesystems"] is first, "a clock that was set back"


def test_types_that_hold_no_space_of_their_own(machine):
    for name in ("overlay", "squashfs", "tmpfs", "devtmpfs", "cdfs", "iso9660", "udf", "nullfs"):
        assert name in LEFT_OUT
    assert mountpoints(FilesystemMeter().read(machine("lxc-container"), 0)) == ["/"]
    assert mountpoints(FilesystemMeter().read(machine("gvisor"), 0)) == ["/"]


def test_only_left_out_types_is_no_data(made):
    host = made({"proc/self/mounts": "overlay / overlay rw 0 0\n"})
    meter = FilesystemMeter()
    with pytest.raises(NoData):
        meter.read(host, 0)
    meter.configure({"included": ["overlay"]})
    assert mountpoints(meter.read(host, 1)) == ["/"]
    meter = FilesystemMeter()
    meter.configure({"included": ["overlay"], "left_out": ["ext4"]})
    assert mountpoints(meter.read(made({"proc/self/mounts": "a / overlay rw 0 0\nb /proc ext4 rw 0 0\n"}), 0)) == ["/"]


def test_each_mount_of_a_type_without_devices_is_one(made):
    meter = FilesystemMeter()
    meter.configure({"included": ["tmpfs"]})
    host = made({"proc/self/mounts": "tmpfs /proc tmpfs rw 0 0\ntmpfs / tmpfs rw 0 0\n"})
    assert mountpoints(meter.read(host, 0)) == ["/", "/proc"]


def test_options_take_hold_at_once(made):
    host = made({"proc/self/mounts": "a / ext4 rw 0 0\nb /proc xfs rw 0 0\n"})
    meter = FilesystemMeter()
    assert mountpoints(meter.read(host, 0)) == ["/", "/proc"]
    meter.configure({"left_out": ["xfs"]})
    assert mountpoints(meter.read(host, 1)) == ["/"]


def test_a_name_that_is_not_utf8_still_finds_its_files(made, tmp_path):
    os.mkdir(os.fsencode(tmp_path) + b"/caf\xe9")
    host = made({"proc/self/mounts": b"/dev/a /caf\xe9 ext4 rw 0 0\n"})
    reading = FilesystemMeter().read(host, 0)
    assert mountpoints(reading) == ["/caf\ufffd"]
    assert reading.values[0] > 0


def test_used_free_and_reserved_add_up():
    found = values(space(frsize=4096, blocks=100, bfree=40, bavail=30, files=10, ffree=4))
    assert found == [409_600, 245_760, 122_880, 40_960, 0.6667, 10, 6, 4]
    assert values(space(bsize=512, blocks=10, bfree=10, bavail=10))[4:] == [0.0, None, None, None]
    assert values(space(bsize=512, blocks=10, bfree=10))[4] is None


class Stuck(Host):
    """A machine with mounts that do not answer, like a hard NFS mount whose server is gone."""

    def __init__(self, root, stuck):
        super().__init__(root)
        self.stuck = stuck
        self.release = threading.Event()
        self.asked = []

    def statvfs(self, mountpoint):
        self.asked.append(mountpoint)
        if mountpoint in self.stuck:
            self.release.wait(30)
        return super().statvfs("/")


def test_a_dead_mount_costs_only_itself(made):
    made({"proc/self/mounts": "nas:/x /nas nfs4 rw 0 0\n/dev/a / ext4 rw 0 0\n/dev/b /data xfs rw 0 0\n"})
    host = Stuck(made({}).root, {"/nas"})
    meter = FilesystemMeter()
    for turn in range(3):
        result = Runner(host, [meter]).collect(0).results["filesystem"]
        assert result.outcome == "ok"
        found = dict(zip((dict(one.labels)["mountpoint"] for one in result.series[::EIGHT]), result.values[::EIGHT]))
        assert found["/"] > 0
        assert found["/data"] > 0
        assert found["/nas"] is None
        assert bool(result.inventories) == (turn == 0)
        if turn == 0:
            told = {row["mountpoint"]: row["state"] for row in result.inventories["filesystems"]}
            assert told == {"/": "ok", "/data": "ok", "/nas": "does not answer"}
    assert host.asked.count("/nas") == 1, "while it hangs it is not asked again"
    host.release.set()
    for _ in range(100):
        reading = meter.read(host, 0)
        if None not in reading.values[::EIGHT]:
            break
        threading.Event().wait(0.01)
    assert None not in reading.values[::EIGHT], "and when it comes back, so do its samples"


def test_a_mount_that_fails_is_told(made):
    class Broken(Host):
        def statvfs(self, mountpoint):
            raise HostError("/: Input/output error")

    made({"proc/self/mounts": "a / ext4 rw 0 0\n"})
    reading = FilesystemMeter().read(Broken(made({}).root), 0)
    assert reading.inventories["filesystems"][0]["state"] == "/: Input/output error"
    assert set(reading.values) == {None}


def test_empty_and_vanished_mounts_are_left_out(made):
    class Odd(Host):
        def statvfs(self, mountpoint):
            return space() if mountpoint == "/empty" else super().statvfs(mountpoint)

    made({"proc/self/mounts": "a / ext4 rw 0 0\nb /empty ext4 rw 0 0\nc /gone ext4 rw 0 0\n"})
    assert mountpoints(FilesystemMeter().read(Odd(made({}).root), 0)) == ["/"]


def test_choosing_prefers_short_paths_and_local_ones_first():
    mounts = [
        Mount("n:/", "/a", "nfs", ""),
        Mount("/dev/a", "/long/path", "ext4", ""),
        Mount("/dev/a", "/z", "ext4", ""),
    ]
    assert [mount.mountpoint for mount in choose(mounts)] == ["/z", "/a"]


@pytest.mark.parametrize("text", ["one", "one two\n", "a b c"])
def test_lines_with_too_few_fields_are_malformed(text):
    with pytest.raises(Malformed):
        parse_mounts(text)


STUCK_FUSE = """
import ctypes, json, os, sys, threading, time
from wakeful_agent import meters
from wakeful_agent.host.files import Host
from wakeful_agent.runner import Runner

libc = ctypes.CDLL(None, use_errno=True)
def check(result):
    if result:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
check(libc.unshare(0x20000))  # CLONE_NEWNS: nobody else shall meet this mount
check(libc.mount(b"none", b"/", None, 0x44000, None))  # MS_REC | MS_PRIVATE
door = os.open("/dev/fuse", os.O_RDWR)
options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % door
check(libc.mount(b"stuck", sys.argv[1].encode(), b"fuse", 0, options))
said = []
runner = Runner(Host(), meters.build(), said.append)
ticks = []
for now_ms in (0, 15_000, 30_000):
    begun = time.monotonic()
    results = runner.collect(now_ms).results
    told = {row["mountpoint"]: row["state"] for row in results["filesystem"].inventories.get("filesystems", [])}
    values = {dict(one.labels)["mountpoint"]: value for one, value in zip(*results["filesystem"][3:5])}
    ticks.append([time.monotonic() - begun, {name: one.outcome for name, one in results.items()}, told, values])
runner.close()
print(json.dumps([ticks, threading.active_count(), said]))
"""


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/dev/fuse"), reason="needs root and FUSE")
def test_a_real_mount_that_never_answers(tmp_path):
    mountpoint = str(tmp_path)
    command = [sys.executable, "-c", STUCK_FUSE, mountpoint]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    ticks, threads, said = json.loads(ended.stdout)
    for _, outcomes, _, sizes in ticks:
        assert set(outcomes.values()) <= {"ok", "nothing"}
        assert outcomes["filesystem"] == "ok"
        assert sizes[mountpoint] is None
        assert any(size is not None for size in sizes.values())
    assert ticks[0][2][mountpoint] == "does not answer"
    assert ticks[0][0] >= 0.5
    assert min(ticks[1][0], ticks[2][0]) < 0.5, "a mount that hangs is waited for once"
    assert threads <= 4, "the program, the meters' lane, the mounts' lane, and the one left behind"
    assert said == []
