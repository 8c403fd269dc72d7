import pytest

from wakeful_agent.host.errors import Malformed
from wakeful_agent.meter import NoData
from wakeful_agent.meters.pressure import PressureMeter, parse_pressure


def test_times_are_seconds_and_averages_shares(machine):
    reading = PressureMeter().read(machine("bare-metal"), 0)
    found = {
        (one.name, dict(one.labels)["resource"], dict(one.labels)["kind"]): value for one, value in zip(*reading[:2])
    }
    assert found["system.pressure.time", "cpu", "some"] == 2.5
    assert found["system.pressure.average", "cpu", "some"] == 0.0125
    assert found["system.pressure.time", "io", "full"] == 8.0
    assert len(found) == 12


def test_kernels_that_do_not_say_have_no_data(machine):
    with pytest.raises(NoData, match=r"4\.20"):
        PressureMeter().read(machine("centos7"), 0)


def test_before_5_13_the_processor_has_no_full_line(made):
    host = made({"proc/pressure/cpu": "some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n"})
    assert PressureMeter().read(host, 0).values == [0.0, 0.0]


def test_numbers_without_end_are_malformed():
    with pytest.raises(Malformed):
        parse_pressure("some avg10=nan avg60=0 avg300=0 total=1")
