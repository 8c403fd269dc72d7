import os
import pathlib
import shutil

import pytest

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.updates import UpdatesMeter, find_way, newest_ms

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures"
LISTS_SECONDS = 1_763_000_000
NOW_MS = (LISTS_SECONDS + 3600) * 1000
QUARTER_MS = 900_000


def script(path, text):
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.fixture
def debian(tmp_path):
    """A Debian with an apt-get that counts how often it is asked."""
    root = tmp_path / "root"
    status = root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    shutil.copy(CAPTURED / "packages/dpkg-status", status)
    lists = root / "var/lib/apt/lists"
    (lists / "partial").mkdir(parents=True)
    (lists / "Packages").write_text("")
    for path in (lists / "Packages", lists):
        os.utime(path, (LISTS_SECONDS, LISTS_SECONDS))
    script(tmp_path / "bin/apt-get", f"echo x >> {tmp_path}/asked; cat {CAPTURED}/updates/apt-get-dist-upgrade")
    (tmp_path / "asked").write_text("")
    return Host(str(root), programs=(str(tmp_path / "bin"),))


def asked(host):
    return len((pathlib.Path(host.root).parent / "asked").read_text().splitlines())


def values(reading):
    return {one.name.removeprefix("system."): value for one, value in zip(reading.series, reading.values)}


def test_the_updates_of_a_debian(debian):
    reading = UpdatesMeter().read(debian, NOW_MS)
    assert values(reading) == {
        "updates.pending": 7,
        "updates.security": 4,
        "updates.lists.age": 3600,
        "reboot.required": 0,
    }
    document = reading.inventories["updates"]
    assert document["rows"][1] == ["bash", "5.2.15-2+b8", "5.2.15-2+b13", False]
    assert (document["manager"], document["total"], document["lists_ms"]) == ("apt-get", 7, LISTS_SECONDS * 1000)
    assert document["reboot"] == {"required": False, "reason": "", "packages": []}
    assert reading.trouble is None


def test_apt_is_asked_again_only_when_something_changed(debian):
    meter = UpdatesMeter()
    first = meter.read(debian, NOW_MS)
    again = meter.read(debian, NOW_MS + QUARTER_MS)
    assert asked(debian) == 1
    assert again.inventories["updates"] is first.inventories["updates"]
    assert values(again)["updates.lists.age"] == 4500
    pathlib.Path(debian.path("var/lib/apt/lists/New")).write_text("")
    meter.read(debian, NOW_MS + QUARTER_MS + 60_000)
    assert asked(debian) == 2
    os.utime(debian.path("var/lib/dpkg/status"), (1, 1))
    meter.read(debian, NOW_MS + QUARTER_MS + 120_000)
    assert asked(debian) == 2, "asked again within fifteen minutes"
    meter.read(debian, NOW_MS + 3 * QUARTER_MS)
    assert asked(debian) == 3
    meter.read(debian, NOW_MS + 3 * QUARTER_MS + 86_400_000)
    assert asked(debian) == 4, "once a day in any case"
    meter.read(debian, NOW_MS)
    assert asked(debian) == 5, "the clock was set back"


def test_fetching_that_fails_makes_lists_no_younger(debian):
    before = newest_ms(debian, ("var/lib/apt/lists",))
    partial = pathlib.Path(debian.path("var/lib/apt/lists/partial"))
    (partial / "InRelease.FAILED").write_text("")
    os.utime(partial)
    assert newest_ms(debian, ("var/lib/apt/lists",)) == before
    assert newest_ms(debian, ("nowhere",)) is None


def test_a_manager_that_fails_still_tells_of_the_restart(debian):
    script(pathlib.Path(debian.programs[0]) / "apt-get", "echo 'E: Unmet dependencies.' >&2; exit 100")
    pathlib.Path(debian.path("run")).mkdir()
    pathlib.Path(debian.path("run/reboot-required")).write_text("")
    meter = UpdatesMeter()
    reading = meter.read(debian, NOW_MS)
    assert values(reading) == {
        "updates.pending": None,
        "updates.security": None,
        "updates.lists.age": 3600,
        "reboot.required": 1,
    }
    assert str(reading.trouble) == "apt-get failed (100): E: Unmet dependencies."
    script(pathlib.Path(debian.programs[0]) / "apt-get", f"cat {CAPTURED}/updates/apt-get-dist-upgrade")
    assert meter.read(debian, NOW_MS + 60_000).trouble is not None
    again = meter.read(debian, NOW_MS + QUARTER_MS)
    assert (again.trouble, values(again)["updates.pending"]) == (None, 7), "what failed is tried again"


def test_no_manager_is_no_data(tmp_path, debian):
    for host in (Host(str(tmp_path)), Host(debian.root, programs=())):
        with pytest.raises(NoData):
            UpdatesMeter().read(host, NOW_MS)
        assert not UpdatesMeter().probe(host).available


def test_the_probe_of_a_manager_that_needs_no_rights(debian):
    found = UpdatesMeter().probe(debian)
    assert (found.available, found.reason) == (True, "asked from apt-get")
    assert asked(debian) == 0


def test_the_probe_of_one_that_needs_root_says_the_exact_line(tmp_path):
    database = tmp_path / "root/var/lib/rpm/rpmdb.sqlite"
    database.parent.mkdir(parents=True)
    database.write_text("x")
    script(tmp_path / "bin/dnf", "exit 0")
    script(tmp_path / "bin/sudo", "echo 'sudo: a password is required' >&2; exit 1")
    host = Host(str(tmp_path / "root"), programs=(str(tmp_path / "bin"),), user_id=1000)
    found = UpdatesMeter().probe(host)
    assert not found.available
    assert "a password is required" in found.reason
    dnf = tmp_path / "bin/dnf"
    assert f"NOPASSWD: {dnf} -C -q check-update, {dnf} -C -q check-update --security" in found.fix
    script(tmp_path / "bin/sudo", "exit 0")
    host.forget_refusals()
    assert UpdatesMeter().probe(host).available


def test_the_better_way_of_two_is_taken(tmp_path, debian):
    for name in ("dnf", "zypper", "apt-get"):
        script(tmp_path / "bin" / name, "exit 0")
    host = Host(debian.root, programs=(str(tmp_path / "bin"),))
    assert find_way(host).program == "apt-get"
    database = tmp_path / "suse/usr/lib/sysimage/rpm/Packages.db"
    database.parent.mkdir(parents=True)
    database.write_text("x")
    assert find_way(Host(str(tmp_path / "suse"), programs=(str(tmp_path / "bin"),))).program == "zypper"


def test_an_error_of_ours_is_what_trouble_holds(debian):
    script(pathlib.Path(debian.programs[0]) / "apt-get", "echo Nichts zu tun")
    assert isinstance(UpdatesMeter().read(debian, NOW_MS).trouble, HostError)
