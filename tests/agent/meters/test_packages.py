import os
import pathlib
import shutil

import pytest

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.packages import PackagesMeter

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "packages"
MINUTES_MS = 60_000


class Counting(Host):
    """Counts how often a file is read."""

    reads = 0

    def lines(self, relative):
        type(self).reads += 1
        return super().lines(relative)

    def read(self, relative, most=1_000_000):
        type(self).reads += 1
        return super().read(relative, most)


@pytest.fixture
def debian(tmp_path):
    status = tmp_path / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    shutil.copy(CAPTURED / "dpkg-status", status)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    Counting.reads = 0
    return Counting(str(tmp_path))


def change(host, text="\nPackage: new\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n"):
    path = host.path("var/lib/dpkg/status")
    with open(path, "a") as status:
        status.write(text)
    os.utime(path, ns=(0, os.stat(path).st_mtime_ns + 1))


def values(reading):
    return {dict(one.labels)["manager"]: value for one, value in zip(reading.series, reading.values)}


def test_the_packages_of_a_debian(debian):
    reading = PackagesMeter().read(debian, 0)
    assert values(reading) == {"dpkg": 8}
    document = reading.inventories["packages"].document()
    assert document["distro"] == {"id": "debian", "version": "12"}
    assert document["columns"] == ["name", "version", "architecture", "source", "manager"]
    assert document["rows"] == sorted(document["rows"])
    assert ["bash", "5.2.15-2+b8", "amd64", "bash", "dpkg"] in document["rows"]
    assert (document["total"], document["problems"]) == (8, {})


def test_nothing_is_read_again_while_nothing_changed(debian):
    meter = PackagesMeter()
    first = meter.read(debian, 0)
    reads = debian.reads
    assert reads > 0
    for minutes in (15, 30, 45, 24 * 60):
        again = meter.read(debian, minutes * MINUTES_MS)
        assert again.inventories["packages"] is first.inventories["packages"]
        assert again.series is first.series
        assert values(again) == {"dpkg": 8}
    assert debian.reads == reads, "the status file was read although nothing had changed"


def test_a_change_is_read_once_and_at_most_every_fifteen_minutes(debian):
    meter = PackagesMeter()
    meter.read(debian, 0)
    reads = debian.reads
    change(debian)
    assert values(meter.read(debian, 5 * MINUTES_MS)) == {"dpkg": 8}
    assert debian.reads == reads, "read again within fifteen minutes"
    assert values(meter.read(debian, 15 * MINUTES_MS - 500)) == {"dpkg": 9}
    assert debian.reads == 2 * reads
    meter.read(debian, 30 * MINUTES_MS)
    assert debian.reads == 2 * reads
    change(debian, "\n")
    assert values(meter.read(debian, 10)) == {"dpkg": 9}, "a clock that was set back keeps nothing from being read"
    assert debian.reads == 3 * reads


def test_a_change_that_changes_no_package_gives_the_same_document(debian):
    meter = PackagesMeter()
    first = meter.read(debian, 0)
    change(debian, "\n")
    second = meter.read(debian, 15 * MINUTES_MS)
    assert second.inventories["packages"] is first.inventories["packages"]


def test_a_database_that_fails_costs_no_other_and_is_tried_again(debian, tmp_path):
    apk = tmp_path / "lib/apk/db/installed"
    apk.parent.mkdir(parents=True)
    apk.write_text("garbage")
    meter = PackagesMeter()
    reading = meter.read(debian, 0)
    assert values(reading) == {"dpkg": 8, "apk": None}
    assert reading.inventories["packages"].document()["problems"] == {"apk": "apk's database holds no packages"}
    shutil.copy(CAPTURED / "apk-installed", apk)
    assert values(meter.read(debian, 15 * MINUTES_MS)) == {"dpkg": 8, "apk": 2}


def test_garbage_alone_is_a_failure_and_not_an_empty_list(debian):
    pathlib.Path(debian.path("var/lib/dpkg/status")).write_text("\x00garbage\n")
    meter = PackagesMeter()
    for minutes in (0, 1, 14, 15, 16):
        with pytest.raises(Malformed):
            meter.read(debian, minutes * MINUTES_MS)
    assert debian.reads == 2, "what failed is read again after fifteen minutes"
    shutil.copy(CAPTURED / "dpkg-status", debian.path("var/lib/dpkg/status"))
    with pytest.raises(HostError):
        meter.read(debian, 29 * MINUTES_MS)
    assert values(meter.read(debian, 30 * MINUTES_MS)) == {"dpkg": 8}


def test_a_failure_that_lasts_does_not_grow(debian):
    pathlib.Path(debian.path("var/lib/dpkg/status")).write_text("\x00garbage\n")
    meter = PackagesMeter()
    lengths = set()
    for minutes in range(1, 4):
        with pytest.raises(Malformed) as failed:
            meter.read(debian, minutes * MINUTES_MS)
        lengths.add(len(failed.traceback))
    assert len(lengths) == 1, "an error that is raised again remembers each way it went"


def test_a_machine_without_a_package_database(tmp_path):
    host = Host(str(tmp_path))
    with pytest.raises(NoData):
        PackagesMeter().read(host, 0)
    assert not PackagesMeter().probe(host).available


def test_the_probe_names_the_databases_and_reads_none(debian):
    found = PackagesMeter().probe(debian)
    assert (found.available, found.reason) == (True, "read from dpkg")
    assert debian.reads == 0


def test_as_many_packages_as_a_push_may_carry(debian):
    path = pathlib.Path(debian.path("var/lib/dpkg/status"))
    stanza = "Package: p{:05}\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n"
    path.write_text("".join(stanza.format(number) for number in range(20_050)))
    reading = PackagesMeter().read(debian, 0)
    document = reading.inventories["packages"].document()
    assert (document["total"], len(document["rows"])) == (20_050, 20_000)
    assert document["rows"][-1][0] == "p19999"
