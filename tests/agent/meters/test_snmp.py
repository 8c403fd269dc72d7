import pathlib
import time

import pytest

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import snmp
from wakeful_agent.meters.snmp import SnmpMeter

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "snmp"


@pytest.fixture
def host(tmp_path):
    """Give a host whose net-snmp answers as captured; `get` and `walk` are shell lines that come first."""
    said = tmp_path / "said"
    said.mkdir()
    credentials(tmp_path / "etc/snmp")
    for path in CAPTURED.iterdir():
        (said / path.name).write_text(path.read_text())

    def make(get="", walk=""):
        scripts = {
            "snmpget": f"{get}\ncat {said}/system",
            "snmpbulkwalk": f'{walk}\ncase "$*" in *.2.2.1) cat {said}/ifTable;; *) cat {said}/ifXTable;; esac',
        }
        for name, script in scripts.items():
            program = tmp_path / name
            program.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n{script}\n')
            program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def credentials(folder):
    folder.mkdir(parents=True, mode=0o700)
    (folder / "snmp.conf").write_text("defVersion 2c\ndefCommunity secret\n")


def metered(*targets, **options):
    meter = SnmpMeter()
    meter.configure({"targets": list(targets), "credentials": ["*=/etc/snmp"], **options})
    return meter


def values(reading):
    return {
        (one.name.removeprefix("snmp."), *(value for name, value in one.labels if name != "target")): value
        for one, value in zip(reading.series, reading.values)
    }


def test_a_device_with_its_interfaces(host, tmp_path):
    reading = metered("switch=192.0.2.1", timeout_seconds=3.0).read(host(), 0)
    found = values(reading)
    assert (found["up",], found["uptime",], found["interfaces",]) == (1, 177.29, 4)
    assert 0 < found["response.time",] < 3
    assert found["interface.io", "lo", "transmit"] == 12640807923
    assert found["interface.up", "eth0"] == 1
    assert found["interface.speed", "lo"] == 10_000_000
    assert found["interface.errors", "eth0", "receive"] == 0
    assert found["interface.up", "ifb0"] is None, "it is switched off"
    assert ("interface.io", "ifb0", "receive") not in found, "it never carried anything"
    (row,) = reading.inventories["snmp"]
    assert (row["target"], row["state"], row["name"], row["location"]) == ("switch", "up", "switch-1", "Rack 7")
    assert row["interfaces"][3] == {
        "interface": "eth0",
        "alias": "",
        "type": 6,
        "mac": "02:00:00:00:00:04",
        "speed": None,
        "enabled": True,
    }
    assert row["left_out"] == 0
    asked = (tmp_path / "asked").read_text().splitlines()
    assert len(asked) == 3
    assert all(" udp:192.0.2.1:161 " in f"{line} " for line in asked)


@pytest.mark.parametrize(
    ("address", "agent"),
    [
        ("switch.example.org:1161", "udp:switch.example.org:1161"),
        ("[2001:db8::1]", "udp6:[2001:db8::1]:161"),
        ("tcp://192.0.2.1", "tcp:192.0.2.1:161"),
    ],
)
def test_addresses(host, tmp_path, address, agent):
    metered(f"a={address}", interfaces=False).read(host(), 0)
    assert f" {agent} " in (tmp_path / "asked").read_text()


@pytest.mark.parametrize("address", ["-Lf/etc/passwd", "-Lfx", "unix:/x", "http://a", "a b", "udp://-v3", "$(id)"])
def test_no_address_is_taken_for_an_option(host, tmp_path, address):
    metered("b=192.0.2.1", f"a={address}").read(host(), 0)
    asked = (tmp_path / "asked").read_text().split()
    assert {word for word in asked if word.startswith("-")} == {"-Onext", "-t", "-r", "-Cr25"}


def test_objects_of_ones_choice(host):
    reading = metered(
        "a=192.0.2.1",
        "b=192.0.2.2",
        interfaces=False,
        values=[
            "load=1.3.6.1.4.1.2021.10.1.6.1",
            "written=.1.3.6.1.4.1.2021.10.1.3.1",
            "b/segments=1.3.6.1.2.1.6.10.0",
            "missing=1.3.6.1.4.1.99999.1.0",
            "place=1.3.6.1.2.1.1.6.0",
        ],
    ).read(host(), 0)
    found = {
        (one.name.removeprefix("snmp."), dict(one.labels)["target"], dict(one.labels).get("name")): value
        for one, value in zip(reading.series, reading.values)
    }
    assert found["value", "a", "load"] == 0.936523
    assert found["value", "a", "written"] == 0.94
    assert found["value", "a", "missing"] is None
    assert found["counter", "b", "segments"] == 2078668
    assert ("counter", "a", "segments") not in found
    assert reading.inventories["snmp"][0]["values"] == {"place": "Rack 7"}


@pytest.mark.parametrize("text", ["noequals", "=1.3.6", "name=1", "name=sysDescr.0", "name=1.3.6;x", "x=-1.3"])
def test_objects_that_cannot_be_read_are_told(host, text):
    reading = metered("a=192.0.2.1", values=[text], interfaces=False).read(host(), 0)
    assert "is not NAME=OID" in reading.inventories["snmp"][0]["error"]
    assert values(reading)["up",] == 1


def test_narrow_counters_are_counted_on_and_begin_anew_with_the_device(host, tmp_path):
    said = tmp_path / "said"
    (said / "ifXTable").write_text("")
    table, system = (said / "ifTable").read_text(), (said / "system").read_text()
    meter = metered("a=192.0.2.1")

    def after(number, uptime):
        lines = [line for line in table.splitlines() if not line.startswith(".1.3.6.1.2.1.2.2.1.10.4 ")]
        (said / "ifTable").write_text("\n".join([*lines, f".1.3.6.1.2.1.2.2.1.10.4 = Counter32: {number}"]) + "\n")
        (said / "system").write_text(system.replace("17729", str(uptime)))
        return values(meter.read(host(), 0))["interface.io", "eth0", "receive"]

    assert after(4_294_967_000, 100) == 4_294_967_000
    assert after(704, 200) == 2**32 + 704
    assert after(900, 300) == 2**32 + 900
    assert after(5, 10) == 5, "the device was started anew"
    assert after(4_294_967_000, 20) == 4_294_967_000


def test_a_device_without_uptime_counts_nothing_on(host, tmp_path):
    (tmp_path / "said/system").write_text("")
    found = values(metered("a=192.0.2.1").read(host(), 0))
    assert (found["up",], found["uptime",]) == (1, None)


def test_interfaces_that_fail_cost_only_themselves(host):
    failing = host(walk="echo 'Timeout: No Response from x' >&2; exit 1")
    reading = metered("a=192.0.2.1").read(failing, 0)
    assert (values(reading)["up",], values(reading)["uptime",]) == (1, 177.29)
    assert "its interfaces cannot be read: Timeout: No Response" in reading.inventories["snmp"][0]["problem"]


def test_one_slow_device_delays_no_other(host):
    slow = host(get='case "$*" in *192.0.2.9*) exec sleep 60;; esac')
    begun = time.monotonic()
    reading = metered("slow=192.0.2.9", "a=192.0.2.1", "b=192.0.2.2", timeout_seconds=1.0).read(slow, 0)
    assert time.monotonic() - begun < 6
    up = {
        dict(one.labels)["target"]: value for one, value in zip(reading.series, reading.values) if one.name == "snmp.up"
    }
    assert up == {"slow": 0, "a": 1, "b": 1}
    assert reading.trouble is None


@pytest.mark.parametrize("get", ["echo 'Timeout: No Response from x' >&2; exit 1", "echo garbage", "exit 1"])
def test_a_device_that_does_not_answer_is_down_and_a_failure(host, get):
    reading = metered("a=192.0.2.1").read(host(get=f"{get}; exit 0"), 0)
    assert values(reading)["up",] == 0
    assert isinstance(reading.trouble, HostError)


def test_credentials_go_to_the_host_they_are_set_for_and_to_no_other(host, tmp_path):
    for name in ("one", "two"):
        credentials(tmp_path / "etc" / name)
    told = host(get=f'echo "conf=$SNMPCONFPATH $*" >> {tmp_path}/asked')
    chosen = ["Switch.example.org=/etc/one", "192.0.2.1:1161=/etc/two"]
    targets = ["a=switch.example.org", "b=192.0.2.1:1161", "switch.example.org=192.0.2.66", "d=192.0.2.1"]
    reading = metered(*targets, credentials=chosen, interfaces=False).read(told, 0)
    told_to = sorted(
        (line.split()[0].rpartition("/")[2], next(word for word in line.split() if word.startswith("udp:")))
        for line in (tmp_path / "asked").read_text().splitlines()
        if line.startswith("conf=")
    )
    assert told_to == [("one", "udp:switch.example.org:161"), ("two", "udp:192.0.2.1:1161")]
    errors = {row["target"]: row["error"] for row in reading.inventories["snmp"]}
    assert "no credentials are set for 192.0.2.66" in errors["switch.example.org"]
    assert "no credentials are set for 192.0.2.1" in errors["d"]


def test_a_folder_open_to_others_is_refused(host, tmp_path):
    machine = host()
    (tmp_path / "etc/snmp").chmod(0o755)
    reading = metered("a=192.0.2.1").read(machine, 0)
    assert isinstance(reading.trouble, Denied)
    assert values(reading)["up",] is None


def test_too_many_interfaces_are_counted(host, monkeypatch):
    monkeypatch.setattr(snmp, "_INTERFACES_MAX", 1)
    reading = metered("a=192.0.2.1").read(host(), 0)
    assert reading.inventories["snmp"][0]["left_out"] == 3
    assert values(reading)["interfaces",] == 4


def test_the_probe(host, tmp_path):
    assert metered("a=192.0.2.1").probe(host()).available
    nothing = metered("a=192.0.2.1").probe(Host(str(tmp_path), programs=()))
    assert (nothing.reason, nothing.fix) == ("snmpget is not installed", "apt install snmp")
    assert not SnmpMeter().probe(host()).available
    with pytest.raises(NoData):
        SnmpMeter().read(host(), 0)
