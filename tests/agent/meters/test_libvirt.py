"""What `virsh domstats` of libvirt 9.0 writes: of its test driver as captured, of qemu after its manual."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.libvirt import Guest, LibvirtMeter, parse_domstats
from wakeful_wire.names import METRICS

CAPTURED = "Domain: 'test'\n  state.state=1\n  state.reason=0\n\n"
QEMU = """\
Domain: 'web'
  state.state=1
  state.reason=1
  cpu.time=1500000000
  cpu.user=1000000000
  balloon.current=1048576
  balloon.maximum=2097152
  balloon.unused=524288
  balloon.rss=1100000
  vcpu.current=2
  vcpu.maximum=4
  net.count=2
  net.0.name=vnet0
  net.0.rx.bytes=100
  net.0.tx.bytes=10
  net.1.name=vnet1
  net.1.rx.bytes=1
  block.count=2
  block.0.name=vda
  block.0.rd.bytes=4096
  block.0.wr.bytes=8192
  block.1.name=vdb
  block.1.rd.bytes=1
  block.1.wr.bytes=2

Domain: 'off one'
  state.state=5
  state.reason=0
  balloon.maximum=1024

"""


@pytest.fixture
def machine(tmp_path):
    root, folder = tmp_path / "root", tmp_path / "bin"
    (root / "run/libvirt").mkdir(parents=True)
    (root / "run/libvirt/libvirt-sock-ro").touch()
    folder.mkdir()

    def make(text=QEMU, script='#!/bin/sh\necho "$*" >> {asked}\ncat {text}\n'):
        (tmp_path / "text").write_text(text)
        program = folder / "virsh"
        program.write_text(script.format(text=tmp_path / "text", asked=tmp_path / "asked"))
        program.chmod(0o755)
        return Host(str(root), programs=(str(folder),))

    return make


def read(meter, host):
    found = meter.read(host, 0)
    for one in found.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}
    return values, found


def test_guests_and_what_they_use(machine, tmp_path):
    values, found = read(LibvirtMeter(), machine())
    assert {name: value for name, value in values.items() if "web" in name} == {
        ("libvirt.guest.up", "web"): 1,
        ("libvirt.guest.cpu.time", "web"): 1.5,
        ("libvirt.guest.cpu.count", "web"): 2,
        ("libvirt.guest.memory.limit", "web"): 2 << 30,
        ("libvirt.guest.memory.balloon", "web"): 1 << 30,
        ("libvirt.guest.memory.resident", "web"): 1100000 * 1024,
        ("libvirt.guest.memory.unused", "web"): 512 << 20,
        ("libvirt.guest.disk.io", "read", "web"): 4097,
        ("libvirt.guest.disk.io", "write", "web"): 8194,
        ("libvirt.guest.network.io", "receive", "web"): 101,
        ("libvirt.guest.network.io", "transmit", "web"): 10,
    }
    assert values["libvirt.guest.up", "off one"] == 0
    assert (values["libvirt.guests", "running"], values["libvirt.guests", "off"], values["libvirt.up",]) == (1, 1, 1)
    assert found.inventories["libvirt_guests"] == [
        {"name": "web", "state": "running", "cpus": 2, "memory_limit_bytes": 2 << 30},
        {"name": "off one", "state": "off", "cpus": None, "memory_limit_bytes": 1 << 20},
    ]
    asked = (tmp_path / "asked").read_text()
    assert asked.startswith("--readonly --quiet --connect=qemu:///system domstats --state")


def test_more_guests_than_are_measured_are_counted(machine):
    text = "".join(f"Domain: 'g{number}'\n  state.state={1 if number else 5}\n\n" for number in range(503))
    values, found = read(LibvirtMeter(), machine(text))
    assert (values["libvirt.guests", "running"], values["libvirt.guests", "off"]) == (502, 1)
    assert len(found.inventories["libvirt_guests"]) == 500


def test_the_driver_that_only_tests():
    assert parse_domstats(CAPTURED) == [Guest("test", "running", *[None] * 10)]


def test_no_guests_is_an_empty_inventory(machine):
    values, found = read(LibvirtMeter(), machine("\n"))
    assert found.inventories["libvirt_guests"] == []
    assert values["libvirt.up",] == 1


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("Domain: 'a'b'", "a'b"),
        ("Domain: '$(reboot) <i>'", "$(reboot) <i>"),
        ("Domain: '\x1b[0m\u2028x'", "\ufffd[0m\u2028x"),
        ("Domain: 'cut", "cut"),
        ("Domain: '" + "n" * 500 + "'", "n" * 128),
    ],
)
def test_a_hostile_name_is_data(line, name):
    assert [guest.name for guest in parse_domstats(line + "\n  state.state=1\n")] == [name]


def test_figures_that_are_none_and_devices_without_end():
    lines = ["Domain: 'x'", "  state.state=99", "  cpu.time=-5", "  vcpu.current=two", "  block.count=99999999999"]
    text = "\n".join([*lines, "  noise", "more noise"])
    assert parse_domstats(text) == [Guest("x", "none", *[None] * 10)]
    assert parse_domstats("Domain: 'x'\n  state.state=1\n  state.state=5\n")[0].state == "running", "the first counts"


@given(st.text())
def test_no_text_breaks_the_parser(text):
    for one in (text, "Domain: '" + text):
        try:
            parse_domstats(one)
        except Malformed:
            continue


def test_no_libvirt_is_nothing(tmp_path):
    with pytest.raises(NoData):
        LibvirtMeter().read(Host(str(tmp_path)), 0)
    (tmp_path / "run/libvirt").mkdir(parents=True)
    assert not LibvirtMeter().probe(Host(str(tmp_path))).available


def failing(said):
    return f"#!/bin/sh\necho '{said}' >&2\nexit 1\n"


@pytest.mark.parametrize(
    ("script", "kind", "said"),
    [
        (failing("error: failed to connect to the hypervisor"), HostError, "virsh ended with 1: error: failed"),
        (failing("error: authentication unavailable: no polkit agent"), Denied, "libvirt refuses"),
        (failing("Failed to connect socket: Permission denied"), Denied, "libvirt refuses"),
        ("#!/bin/sh\necho Muell\n", Malformed, "says nothing of guests"),
        ("#!/bin/sh\nyes\n", Malformed, "more than"),
    ],
)
def test_a_libvirt_that_fails_is_down(machine, script, kind, said):
    found = LibvirtMeter().read(machine(script=script), 0)
    assert [(one.name, value) for one, value in zip(*found[:2])] == [("libvirt.up", 0)]
    assert isinstance(found.trouble, kind)
    assert said in str(found.trouble)
    assert found.inventories == {}


def test_a_virsh_that_never_ends_is_ended(machine, monkeypatch):
    monkeypatch.setattr("wakeful_agent.meters.libvirt._TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(LibvirtMeter._ask, "__kwdefaults__", {"timeout_seconds": 0.3})
    assert isinstance(LibvirtMeter().read(machine(script="#!/bin/sh\nexec sleep 60\n"), 0).trouble, Late)


def test_the_probe_asks(machine):
    assert LibvirtMeter().probe(machine()).available
    found = LibvirtMeter().probe(machine(script=failing("authentication failed")))
    assert (found.available, found.fix) == (False, "usermod -a -G libvirt wakeful")
    assert LibvirtMeter().probe(machine(script=failing("error: no hypervisor"))).fix == "", "no group starts it"


def test_another_connection_needs_no_socket_here(machine, tmp_path):
    meter = LibvirtMeter()
    meter.configure({"uri": "test:///default"})
    host = machine(CAPTURED)
    (tmp_path / "root/run/libvirt/libvirt-sock-ro").unlink()
    values, _ = read(meter, host)
    assert values["libvirt.guest.up", "test"] == 1
