import os
import pathlib
import shutil

import pytest

from wakeful_agent.host import package_databases
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.package_databases import changed_ms, find_databases, read_packages

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "packages"
PLACES = {
    "dpkg-status": "var/lib/dpkg/status",
    "apk-installed": "lib/apk/db/installed",
    "pacman-desc": "var/lib/pacman/local/lib32-glibc-2.40-2/desc",
}


def put(root, name, place=None):
    target = root / (place or PLACES[name])
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(CAPTURED / name, target)
    return target


def rpm(folder, script):
    folder.mkdir(exist_ok=True)
    program = folder / "rpm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("name", "manager", "first"),
    [
        ("dpkg-status", "dpkg", "adduser"),
        ("apk-installed", "apk", "busybox-binsh"),
        ("pacman-desc", "pacman", "lib32-glibc"),
    ],
)
def test_a_database_is_found_where_it_lies_and_read_in_order(tmp_path, name, manager, first):
    host = Host(str(tmp_path))
    assert find_databases(host) == []
    put(tmp_path, name)
    (found,) = find_databases(host)
    assert (found.manager, found.path in PLACES[name]) == (manager, True)
    packages = sorted(read_packages(host, found))
    assert packages == sorted(packages)
    assert packages[0].name == first


def test_an_empty_status_file_is_no_database(tmp_path):
    put(tmp_path, "dpkg-status").write_text("")
    assert find_databases(Host(str(tmp_path))) == []


def test_a_change_is_another_stamp_and_a_look_is_none(tmp_path):
    status = put(tmp_path, "dpkg-status")
    host = Host(str(tmp_path))
    before = find_databases(host)
    sorted(read_packages(host, before[0]))
    assert find_databases(host) == before
    os.utime(status, ns=(1, 1))
    assert find_databases(host) != before


def test_rpm_is_asked_with_the_folder_that_was_found(tmp_path):
    folder = tmp_path / "root/var/lib/rpm"
    folder.mkdir(parents=True)
    (folder / "rpmdb.sqlite").write_text("x")
    (folder / "rpmdb.sqlite-wal").write_text("")
    tools = rpm(tmp_path / "bin", f'echo "$*" > {tmp_path}/asked; cat {CAPTURED}/rpm-qa')
    host = Host(str(tmp_path / "root"), programs=(str(tools),))
    (found,) = find_databases(host)
    assert len(found.stamps) == 1, "an empty write-ahead log says nothing"
    assert [one.name for one in sorted(read_packages(host, found))] == ["wk-alpha", "wk-beta", "wk-gamma"]
    asked = (tmp_path / "asked").read_text()
    assert f"--dbpath {folder} -qa --qf %{{NAME}}" in asked


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("exit 1", "1"),
        (
            "echo 'error: cannot open Packages database' >&2; exit 1",
            "rpm failed: error: cannot open Packages database$",
        ),
        ("echo garbage", "'garbage' is not a package"),
        ("exec sleep 60", "did not end within"),
        ("exec yes", "writes more than"),
    ],
)
def test_an_rpm_that_fails_is_a_failure(tmp_path, monkeypatch, script, error):
    monkeypatch.setattr(package_databases, "_RPM_SECONDS", 1.0)
    monkeypatch.setattr(package_databases, "_FILE_BYTES_MAX", 400_000)
    folder = tmp_path / "root/usr/lib/sysimage/rpm"
    folder.mkdir(parents=True)
    (folder / "Packages.db").write_text("x")
    host = Host(str(tmp_path / "root"), programs=(str(rpm(tmp_path / "bin", script)),))
    with pytest.raises(HostError, match=error):
        sorted(read_packages(host, find_databases(host)[0]))


def test_a_database_without_its_program_says_so(tmp_path):
    folder = tmp_path / "var/lib/rpm"
    folder.mkdir(parents=True)
    (folder / "Packages").write_text("x")
    host = Host(str(tmp_path), programs=(str(tmp_path),))
    with pytest.raises(Absent):
        sorted(read_packages(host, find_databases(host)[0]))


def test_one_broken_package_of_pacman_costs_itself(tmp_path):
    put(tmp_path, "pacman-desc")
    broken = tmp_path / "var/lib/pacman/local/broken-1-1"
    broken.mkdir()
    (broken / "desc").write_text("nothing")
    (tmp_path / "var/lib/pacman/local/ALPM_DB_VERSION").write_text("9\n")
    host = Host(str(tmp_path))
    assert len(sorted(read_packages(host, find_databases(host)[0]))) == 1
    (tmp_path / PLACES["pacman-desc"]).write_text("")
    with pytest.raises(Malformed):
        sorted(read_packages(host, find_databases(host)[0]))


def test_a_database_of_a_gigabyte_is_not_read(tmp_path):
    status = put(tmp_path, "dpkg-status")
    os.truncate(status, 1 << 30)
    host = Host(str(tmp_path))
    with pytest.raises(Malformed, match="has more than"):
        sorted(read_packages(host, find_databases(host)[0]))


def test_what_cannot_be_looked_at_fails_when_it_is_read(tmp_path):
    loop = tmp_path / "var/lib/dpkg/status"
    loop.parent.mkdir(parents=True)
    loop.symlink_to(loop)
    host = Host(str(tmp_path))
    (found,) = find_databases(host)
    with pytest.raises(HostError):
        sorted(read_packages(host, found))


def test_when_something_changed(tmp_path):
    status = put(tmp_path, "dpkg-status")
    os.utime(status, ns=(0, 1_763_000_000_123_456_789))
    assert changed_ms(Host(str(tmp_path)), "var/lib/dpkg/status") == 1_763_000_000_123
    assert changed_ms(Host(str(tmp_path)), "nowhere") is None
