"""Every meter on every machine, through the runner, as the daemon runs them."""

import json
import pathlib
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wakeful_agent import meters
from wakeful_agent.host import addresses, listeners, parsing, processor, system, users
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meter import AgentFigures, NoData
from wakeful_agent.meters import cpu, disk_io, files, filesystem, load, memory, network, pressure, sockets
from wakeful_agent.permissions import PROBES
from wakeful_agent.runner import Runner
from wakeful_wire.catalogue import machine as catalogue
from wakeful_wire.names import METRICS
from wakeful_wire.push import parse_inventories
from wakeful_wire.schema import parse_series

from .conftest import FREE, POLLED, WATCHED, documented

MACHINES = ("firecracker-vm", "bare-metal", "lxc-container", "gvisor", "centos7", "raspberry-pi")
NOW_MS = 1_763_100_000_000
NOTHING = {
    "firecracker-vm": {"sensors"},
    "bare-metal": set(),
    "lxc-container": {"sensors", "disk_io", "pressure"},
    "gvisor": {"sensors", "disk_io", "pressure", "files"},
    "centos7": {"sensors", "pressure"},
    "raspberry-pi": {"pressure"},
}
FIGURES = AgentFigures(1, 2, 3.0, {"accepted": 1, "retried": 2, "set_aside": 3, "dropped": 4}, {"cpu": 0.1})


def collected(host, now_ms=NOW_MS):
    made = meters.build(lambda: FIGURES)
    for one in made:
        one.budget_seconds = 60.0  # how long a busy machine takes is not looked at here
    runner = Runner(host, made)
    results = runner.collect(now_ms).results
    runner.close()
    return results


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_is_read_as_far_as_it_goes(machine, name):
    results = collected(machine(name))
    assert list(results) == [meter.name for meter in meters.METERS]
    assert {name for name, result in results.items() if result.outcome == "nothing"} == NOTHING[name]
    assert {result.outcome for result in results.values()} <= {"ok", "nothing"}, results


@pytest.mark.parametrize("name", [*MACHINES, "/"])
def test_what_is_read_is_fit_for_the_wire(machine, name):
    results = collected(Host() if name == "/" else machine(name), int(time.time() * 1000))
    columns = [one for result in results.values() for one in result.series]
    values = [one for result in results.values() for one in result.values]
    assert parse_series([one.document() for one in columns]) == columns, "no series twice, all within bounds"
    assert len(columns) == len(values)
    json.dumps(values, allow_nan=False)
    documents = {
        name: {"hash": "x", "body": body} for one in results.values() for name, body in one.inventories.items()
    }
    assert {one.name for one in parse_inventories(documents)} == set(documents)


@pytest.mark.parametrize("name", [*MACHINES, "/"])
def test_every_series_is_in_the_catalogue_with_the_labels_it_promises(machine, name):
    results = collected(Host() if name == "/" else machine(name))
    for result in results.values():
        for one in result.series:
            assert one.name in METRICS
            assert tuple(label for label, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one


def test_every_metric_of_a_machine_is_measured_on_some_machine(machine):
    seen = {one.name for name in MACHINES for result in collected(machine(name)).values() for one in result.series}
    runner = Runner(Host(), meters.build(lambda: FIGURES))
    for _ in range(2):
        deadline = time.thread_time() + 0.02
        while time.thread_time() < deadline:
            pass
        seen |= {one.name for result in runner.collect(NOW_MS).results.values() for one in result.series}
    runner.close()
    assert seen == {row.name for row in catalogue.ROWS if row.name.partition(".")[0] not in FREE} - WATCHED


def test_every_metric_of_the_catalogue_has_its_meter():
    """That the meters give them is held by the fixture `gives`, in each meter's own tests."""
    told = documented()
    assert set(told) == set(METRICS) - WATCHED - POLLED


def test_every_meter_has_tests_of_its_own():
    folder = pathlib.Path(__file__).parent
    assert [meter.name for meter in meters.classes() if not (folder / f"test_{meter.name}.py").exists()] == []


def test_this_machine_gives_no_failure():
    results = collected(Host())
    assert {result.outcome for result in results.values()} <= {"ok", "nothing"}, results
    assert results["memory"].values[0] > 0


def test_a_second_tick_names_the_same_series(machine):
    runner = Runner(machine("bare-metal"), meters.build())
    first, second = runner.collect(NOW_MS).results, runner.collect(NOW_MS + 15_000).results
    changed = {name for name in first if first[name].series is not second[name].series}
    assert changed <= {"processes"}
    runner.close()


def test_an_empty_machine_fails_in_nothing(tmp_path):
    results = collected(Host(str(tmp_path)))
    assert {name for name, result in results.items() if result.outcome != "nothing"} == {"agent"}
    found = Runner(Host(str(tmp_path)), meters.build()).probe(PROBES)
    assert [item.name for item in found if item.available] == []
    assert all(item.reason for item in found)


def test_a_meter_has_a_name_a_source_and_time():
    built = meters.build()
    assert len({meter.name for meter in built}) == len(built) == 14
    for meter in built:
        assert meter.source
        assert meter.__doc__
        assert 0 < meter.budget_seconds <= 10
        assert meter.interval_seconds in {0.0, 15.0, 60.0}
        assert all(option.help for option in meter.options)


PARSERS = {
    "loadavg": load.parse_loadavg,
    "file_nr": files.parse_file_nr,
    "pressure": pressure.parse_pressure,
    "stat": cpu.parse_stat,
    "cpuinfo": processor.parse_cpuinfo,
    "meminfo": memory.parse_meminfo,
    "vmstat": memory.parse_vmstat,
    "diskstats": disk_io.parse_diskstats,
    "mounts": filesystem.parse_mounts,
    "net_dev": network.parse_net_dev,
    "sockstat": sockets.parse_sockstat,
    "snmp": sockets.parse_established,
    "if_inet6": addresses.parse_if_inet6,
    "os_release": system.parse_os_release,
    "uptime": system.parse_uptime,
    "passwd": users.parse_passwd,
    "tcp": lambda text: listeners.parse_sockets(text.splitlines(), "tcp"),
    "udp": lambda text: listeners.parse_sockets(text.splitlines(), "udp"),
    "number": parsing.parser("x")(parsing.number),
}
SAMPLES = [
    path.read_bytes().decode("utf-8", "replace")
    for path in sorted((pathlib.Path(__file__).parents[2] / "fixtures/hosts").glob("*/proc/**/*"))
    if path.is_file() and not path.is_symlink() and path.stat().st_size < 4000
]


@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_never_raises_anything_but_our_own(name):
    @settings(deadline=None)
    @given(
        st.one_of(st.text(), st.sampled_from(SAMPLES)), st.integers(0, 4000), st.text(max_size=8), st.integers(0, 30)
    )
    def check(text, position, inserted, removed):
        try:
            PARSERS[name](text[:position] + inserted + text[position + removed :])
        except HostError:
            return

    check()


@settings(deadline=None)
@given(name=st.sampled_from(MACHINES), path=st.text(min_size=1, max_size=3), content=st.binary(max_size=60))
def test_a_machine_whose_files_are_garbage_breaks_nothing(name, path, content):
    class Garbage(Host):
        """Answers with garbage wherever the path holds a mark."""

        def read(self, relative, most=1_000_000):
            return content.decode("utf-8", "replace") if path in relative else super().read(relative, most)

        def kept_raw(self, relative, most=1_000_000):
            return content if path in relative else super().kept_raw(relative, most)

        def line(self, relative):
            return self.read(relative).partition("\n")[0].strip()

    host = Garbage(str(pathlib.Path(__file__).parents[2] / "fixtures/hosts" / name))
    for meter in meters.build():
        try:
            reading = meter.read(host, NOW_MS)
        except (HostError, NoData):
            continue
        parse_series([one.document() for one in dict.fromkeys(reading.series)])
    host.close()
