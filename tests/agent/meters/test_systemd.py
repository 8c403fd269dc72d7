"""What systemctl writes, in the forms of systemd 252 and of 219 (which ignores --plain and knows fewer properties).

These texts are written after systemd's manual and source: no systemd runs as the first process where this was made.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.systemd import Listed, SystemdMeter, Unit, choose, parse_list, parse_show
from wakeful_wire.names import METRICS

LIST = """\
-.mount                      loaded    active   mounted Root Mount
ssh.service                  loaded    active   running OpenBSD Secure Shell server
nginx.service                loaded    failed   failed  A high performance web server
user@1000.service            loaded    active   running User Manager for UID 1000
getty@.service               loaded    inactive dead    A template
gone.service                 not-found inactive dead    gone.service
data.mount                   loaded    failed   failed  /data
fstrim.timer                 loaded    active   waiting Discard unused blocks once a week
"""
SHOW = """\
Id=ssh.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success
UnitFileState=enabled
Description=OpenBSD Secure Shell server
NRestarts=2
MemoryCurrent=8110080
CPUUsageNSec=1500000000
TasksCurrent=1

Id=nginx.service
LoadState=loaded
ActiveState=failed
SubState=failed
Result=exit-code
UnitFileState=enabled
Description=A = B
NRestarts=5
MemoryCurrent=[not set]
CPUUsageNSec=[not set]
TasksCurrent=[not set]

Id=user@1000.service
LoadState=loaded
ActiveState=active
SubState=running
Result=success
MemoryCurrent=18446744073709551615
CPUUsageNSec=18446744073709551615
"""
SCRIPT = """#!/bin/sh
case "$*" in
*list-units*) cat {list} ;;
*show*) echo "$*" >> {asked}; cat {show} ;;
esac
"""


@pytest.fixture
def machine(tmp_path):
    root, folder = tmp_path / "root", tmp_path / "bin"
    (root / "run/systemd/system").mkdir(parents=True)
    folder.mkdir()

    def make(listed=LIST, shown=SHOW, script=SCRIPT):
        places = {"list": tmp_path / "list", "show": tmp_path / "show", "asked": tmp_path / "asked"}
        places["list"].write_text(listed)
        places["show"].write_text(shown)
        program = folder / "systemctl"
        program.write_text(script.format(**places))
        program.chmod(0o755)
        return Host(str(root), programs=(str(folder),))

    return make


def read(meter, host):
    found = meter.read(host, 0)
    for one in found.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}
    return values, found.inventories["units"]


def test_counts_failures_and_services(machine, tmp_path):
    values, units = read(SystemdMeter(), machine())
    assert values["systemd.units", "active"] == 4
    assert values["systemd.units", "failed"] == 2
    assert values["systemd.unit.failed", "nginx.service"] == 1
    assert values["systemd.unit.failed", "data.mount"] == 1
    ssh = {name[0]: value for name, value in values.items() if name[1] == "ssh.service"}
    assert ssh == {
        "systemd.service.active": 1,
        "systemd.service.restarts": 2,
        "systemd.service.cpu.time": 1.5,
        "systemd.service.memory.usage": 8110080,
        "systemd.service.tasks": 1,
    }
    assert values["systemd.service.active", "nginx.service"] == 0
    assert values["systemd.service.memory.usage", "user@1000.service"] is None
    assert units[1] == {
        "unit": "nginx.service",
        "state": "failed",
        "sub": "failed",
        "result": "exit-code",
        "load": "loaded",
        "enabled": "enabled",
        "restarts": 5,
        "description": "A = B",
    }
    asked = (tmp_path / "asked").read_text()
    assert asked.endswith("-- nginx.service data.mount ssh.service user@1000.service\n"), "no template, none not found"


def test_a_unit_that_recovered_shows_as_not_failed(machine):
    meter = SystemdMeter()
    read(meter, machine())
    values, _ = read(meter, machine(listed=LIST.replace("loaded    failed   failed ", "loaded    active   running")))
    assert values["systemd.unit.failed", "nginx.service"] == 0
    values, _ = read(meter, machine(listed=LIST.replace("nginx.service", "other.service")))
    assert ("systemd.unit.failed", "nginx.service") not in values


def test_many_services_are_asked_for_some_at_a_time(machine, tmp_path):
    names = [f"s{number}.service" for number in range(150)]
    host = machine(listed="".join(f"{name} loaded active running x\n" for name in names))
    read(SystemdMeter(), host)
    asked = [line.partition(" -- ")[2].split() for line in (tmp_path / "asked").read_text().splitlines()]
    assert [len(chunk) for chunk in asked] == [64, 64, 22]
    assert [name for chunk in asked for name in chunk] == names


def test_the_list_of_older_versions():
    lines = [
        "\u25cf nginx.service loaded failed failed x",
        "* a.service loaded failed failed",
        "  b.mount loaded active mounted",
    ]
    text = "\n".join(lines)
    assert [one.name for one in parse_list(text)] == ["nginx.service", "a.service", "b.mount"]
    assert parse_list("") == []


@pytest.mark.parametrize("text", ["garbage\n", "Verbindung fehlgeschlagen: kein Bus da\n", "\x00\x01\n"])
def test_a_list_that_is_none_is_malformed(text):
    with pytest.raises(Malformed):
        parse_list(text)


def test_a_name_too_long_is_left_out():
    assert parse_list("a" * 300 + ".service loaded active running\nb.service loaded active running\n") == [
        Listed("b.service", "loaded", "active", "running")
    ]


@given(st.text())
def test_no_text_breaks_a_parser(text):
    parse_show(text)
    parse_show("Id=" + text)
    try:
        parse_list(text)
    except Malformed:
        return


def unit(name, memory=0, seconds=0.0, active="active"):
    return Unit(name, "loaded", active, "", "", "", "", None, memory, seconds, None)


def test_the_largest_and_the_busiest_are_measured_and_stay():
    units = [unit("a", 9), unit("b", 5), unit("c", 1, 99.0), unit("d", 100, 0.0, "inactive")]
    assert choose(units, [], [], 2) == ["a", "c"]
    assert choose(units, ["b"], [], 2) == ["b", "a"], "what was measured stays"
    assert choose(units, ["gone"], ["d", "none"], 1) == ["d", "a"], "what is wanted is measured beside them"


def test_the_largest_of_all_is_measured_however_late_it_began():
    small = [unit(f"s{number}", number, number) for number in range(1, 9)]
    known = ["s3", "s1", "s2", "s4"]
    late = [unit("late", 1_000, 1_000), *small]
    assert choose(small, known, [], 4) == ["s3", "s4", "s8", "s7"], "half of them make room, the smallest first"
    assert choose(late, ["s3", "s4", "s8", "s7"], [], 4) == ["s4", "s8", "s7", "late"]
    assert choose(small[:6], ["s5", "s4", "s3", "s6"], [], 4) == ["s5", "s4", "s3", "s6"], "no need to change"
    rests = [unit("s8", 0, 0.0, "inactive"), *small[:7]]
    assert "s8" in choose(rests, ["s8", "s7", "s6"], [], 4), "one that was stopped shows so while there is room"
    assert choose(late, ["s1"], [], 1) == ["s1"]


def test_services_that_are_always_measured(machine):
    meter = SystemdMeter()
    meter.configure({"units": ["nginx.service"], "top": 0})
    values, _ = read(meter, machine())
    assert {name[1] for name in values if name[0] == "systemd.service.active"} == {"nginx.service"}


def test_no_systemd_is_nothing(tmp_path):
    host = Host(str(tmp_path))
    with pytest.raises(NoData):
        SystemdMeter().read(host, 0)
    assert not SystemdMeter().probe(host).available


def test_the_probe(machine, tmp_path):
    assert SystemdMeter().probe(machine()).available
    assert SystemdMeter().probe(Host(str(tmp_path / "root"))).reason == "systemctl is not installed"


NOT_BOOTED = """#!/bin/sh
echo "System has not been booted with systemd as init system (PID 1). Can't operate." >&2
echo "Failed to connect to bus: Host is down" >&2
exit 1
"""


def test_systemctl_that_says_there_is_no_systemd_is_nothing(machine):
    with pytest.raises(NoData):
        SystemdMeter().read(machine(script=NOT_BOOTED), 0)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("#!/bin/sh\necho 'Failed to connect to bus: Connection refused' >&2; exit 1\n", "Failed to connect to bus"),
        ("#!/bin/sh\necho garbage\n", "lists no units"),
        ("#!/bin/sh\nyes x.service\n", "more than"),
    ],
)
def test_a_systemctl_that_fails(machine, script, said):
    with pytest.raises(HostError, match=said):
        SystemdMeter().read(machine(script=script), 0)


def test_a_systemctl_that_never_ends_is_ended(machine, monkeypatch):
    monkeypatch.setattr("wakeful_agent.meters.systemd._TIMEOUT_SECONDS", 0.3)
    with pytest.raises(Late):
        SystemdMeter().read(machine(script="#!/bin/sh\nexec sleep 60\n"), 0)


def test_a_hostile_unit_is_data(machine):
    name = "<b>$(id);'\\x2d.service"
    values, units = read(
        SystemdMeter(), machine(listed=f"{name} loaded active running x\n", shown=f"Id={name}\nDescription=\x1b[31m\n")
    )
    assert ("systemd.service.active", name) in values
    assert units[0]["description"] == "\ufffd[31m"
