import pytest

from wakeful_agent.host.errors import Malformed
from wakeful_agent.meters.cpu import CpuMeter, parse_stat, utilization


def by_name(reading, name):
    return {tuple(dict(one.labels).values()): value for one, value in zip(*reading[:2]) if one.name == name}


def test_the_first_reading_invents_no_utilization(machine):
    reading = CpuMeter().read(machine("bare-metal"), 0)
    assert by_name(reading, "system.cpu.utilization") == {(): None}
    assert by_name(reading, "system.cpu.time")["0", "user"] == 1.0
    assert by_name(reading, "system.cpu.time")["3", "softirq"] == 0.04
    assert by_name(reading, "system.cpu.context_switches") == {(): 7654321}
    assert by_name(reading, "system.cpu.interrupts") == {(): 1234567}
    assert by_name(reading, "system.cpu.logical.count") == {(): 4}
    assert by_name(reading, "system.cpu.physical.count") == {(): 2}


def test_the_second_reading_knows_the_time_between(made):
    files = {"proc/stat": "cpu  100 0 0 100 0 0 0 0 0 0\ncpu0 100 0 0 100 0 0 0 0 0 0\n"}
    meter, host = CpuMeter(), made(files)
    first = meter.read(host, 0)
    host = made({"proc/stat": "cpu  130 0 0 170 0 0 0 0 0 0\ncpu0 130 0 0 170 0 0 0 0 0 0\n"})
    second = meter.read(host, 15_000)
    assert by_name(second, "system.cpu.utilization") == {(): 0.3}
    assert second.series is first.series


def test_frequencies_are_looked_at_once_a_minute(machine):
    meter, host = CpuMeter(), machine("bare-metal")
    first = by_name(meter.read(host, 0), "system.cpu.frequency")
    assert first == {("0",): 800_000_000, ("1",): 800_001_000, ("2",): 3202.125e6, ("3",): 3203.125e6}
    assert set(by_name(meter.read(host, 15_000), "system.cpu.frequency").values()) == {None}
    assert by_name(meter.read(host, 60_000), "system.cpu.frequency") == first
    assert by_name(meter.read(host, 1_000), "system.cpu.frequency") == first, "a clock that was set back looks again"


def test_cores_come_and_go(made):
    meter = CpuMeter()
    two = made({"proc/stat": "cpu  1 0 0 1\ncpu0 1 0 0 1\ncpu1 1 0 0 1\n"})
    assert len(meter.read(two, 0).series) == 2 * 8 + 5
    one = made({"proc/stat": "cpu  1 0 0 1\ncpu1 1 0 0 1\n"})
    reading = meter.read(one, 1)
    assert {dict(series.labels).get("cpu") for series in reading.series} == {"1", None}


def test_all_cores_together_when_asked(machine):
    meter = CpuMeter()
    meter.configure({"per_core": False})
    assert by_name(meter.read(machine("bare-metal"), 0), "system.cpu.time")["all", "user"] == 4.0


def test_no_processor_file_leaves_the_counts_open(machine, made):
    reading = CpuMeter().read(made({"proc/stat": "cpu  1 2 3 4\n"}), 0)
    assert by_name(reading, "system.cpu.physical.count") == {(): None}
    assert by_name(reading, "system.cpu.logical.count") == {(): None}
    assert by_name(reading, "system.cpu.time")["all", "iowait"] == 0


def test_the_share_of_time_that_was_not_idle():
    assert utilization((0,) * 8, (0,) * 8) is None
    assert utilization((10, 0, 0, 50, 9, 0, 0, 0), (20, 0, 0, 60, 5, 0, 0, 0)) == 0.5, "iowait may go back"
    assert utilization((10, 0, 0, 50, 0, 0, 0, 0), (0, 0, 0, 0, 0, 0, 0, 0)) is None, "all went back: a restart"


def test_without_a_line_for_all_processors_it_is_malformed():
    with pytest.raises(Malformed, match="no line for all"):
        parse_stat("intr 5\n")
