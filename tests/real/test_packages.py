"""The package databases of this machine as its own tools list them, and one of rpm that is made for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.package_databases import find_databases, read_packages
from wakeful_agent.meters.packages import PackagesMeter
from wakeful_agent.meters.updates import UpdatesMeter, find_way
from wakeful_agent.runner import Runner

from .conftest import program

pytestmark = pytest.mark.real

SPEC = """
Name: wakeful-test
Version: 1.2
Release: 3
Epoch: 4
Summary: x
License: MIT
BuildArch: noarch
%description
x
%files
"""


def test_every_package_that_dpkg_lists() -> None:
    form = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\n"
    listed = subprocess.run(
        [program("dpkg-query"), "-W", "-f", form], capture_output=True, text=True, check=True
    ).stdout
    there = [line.split("\t")[1:] for line in listed.splitlines() if line.startswith("installed\t")]
    runner = Runner(Host(), [PackagesMeter()])
    result = runner.collect(0).results["packages"]
    runner.close()
    assert result.outcome == "ok", result.error
    document = result.inventories["packages"].document()
    found = [row[:4] for row in document["rows"] if row[4] == "dpkg"]
    assert sorted(found) == sorted(there)
    assert len(found) > 100
    assert document["distro"]["id"] in {"debian", "ubuntu"}


def test_every_update_that_apt_lists() -> None:
    program("apt-get")
    assert getattr(find_way(Host()), "program", "") == "apt-get"
    before = sorted((path, path.stat().st_mtime_ns) for path in Path("/var/cache/apt").glob("*") if path.is_file())
    runner = Runner(Host(), [UpdatesMeter()])
    result = runner.collect(4_000_000_000_000).results["updates"]
    runner.close()
    assert result.outcome == "ok", result.error
    values = {one.name: value for one, value in zip(result.series, result.values)}
    rows = result.inventories["updates"]["rows"]
    assert values["system.updates.pending"] == len(rows)
    assert values["system.updates.security"] == sum(row[3] for row in rows)
    listed = subprocess.run(
        ["apt", "list", "--upgradable"],
        capture_output=True,
        text=True,
        check=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin"},
    ).stdout
    # NAME/SUITES NEW ARCHITECTURE [upgradable from: OLD]
    lines = [line.replace("]", "").split() for line in listed.splitlines() if "upgradable from" in line]
    offered = {line[0].partition("/")[0]: (line[-1], line[1]) for line in lines}
    for name, installed, available, security in rows:
        assert offered[name.partition(":")[0]] == (installed, available)
        if "-security" in next(line[0] for line in lines if line[0].startswith(f"{name.partition(':')[0]}/")):
            assert security
    assert values["system.updates.lists.age"] is None or values["system.updates.lists.age"] > 0
    after = sorted((path, path.stat().st_mtime_ns) for path in Path("/var/cache/apt").glob("*") if path.is_file())
    assert after == before, "asking wrote a cache"


def test_a_database_of_rpm(tmp_path: Path) -> None:
    rpm, build = program("rpm"), program("rpmbuild")
    (tmp_path / "one.spec").write_text(SPEC)
    words = ["--define", f"_topdir {tmp_path}/top", "--define", "debug_package %{nil}"]
    subprocess.run([build, "-bb", "--quiet", *words, str(tmp_path / "one.spec")], check=True, capture_output=True)
    (built,) = (tmp_path / "top").rglob("*.rpm")
    folder = tmp_path / "root/var/lib/rpm"
    folder.mkdir(parents=True)
    subprocess.run([rpm, "--dbpath", str(folder), "--initdb"], check=True, capture_output=True)
    host = Host(str(tmp_path / "root"), programs=("/usr/bin", "/bin"))
    command = [rpm, "--dbpath", str(folder), "-i", "--nodeps", "--ignoreos", str(built)]
    subprocess.run(command, check=True, capture_output=True)
    (database,) = find_databases(host)
    assert list(read_packages(host, database)) == [("wakeful-test", "4:1.2-3", "noarch", "wakeful-test")]
    assert find_databases(host) == [database], "reading it changed it"
