import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.sensors import Sensor
from wakeful_agent.meter import NoData
from wakeful_agent.meters.sensors import SensorsMeter, reading


def read(meter, host, now_ms=0):
    found = meter.read(host, now_ms)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*found[:2])}


def test_every_kind_of_sensor_in_its_unit(machine):
    assert read(SensorsMeter(), machine("bare-metal")) == {
        ("hw.temperature", "coretemp.0", "Package id 0"): 48.0,
        ("hw.temperature.limit", "coretemp.0", "high", "Package id 0"): 82.0,
        ("hw.temperature.limit", "coretemp.0", "critical", "Package id 0"): 100.0,
        ("hw.temperature", "coretemp.0", "Core 0"): 47.5,
        ("hw.temperature", "nvme0", "Composite"): 38.85,
        ("hw.temperature.limit", "nvme0", "high", "Composite"): None,
        ("hw.fan.speed", "nct6775.656", "fan1"): 1250.0,
        ("hw.fan.speed", "nct6775.656", "fan2"): 0.0,
        ("hw.temperature", "nct6775.656", "temp7"): None,
        ("hw.power", "power_meter", "power1"): 85.5,
        ("hw.power", "power_meter", "power2"): 12.0,
        ("hw.temperature", "old_driver", "temp1"): None,
        ("hw.temperature", "drivetemp 0:0:0:0", "temp1"): 33.0,
        ("hw.temperature", "thermal 0", "x86_pkg_temp"): 48.0,
        ("hw.energy", "package-0"): 123.457,
        ("hw.energy", "package-0/core"): 23.457,
        ("hw.energy", "package-0 mmio"): 123.457,
        ("hw.battery.charge", "BAT0"): 0.87,
        ("hw.power", "BAT0", "battery"): 11.5,
    }


def test_a_board_with_thermal_zones_alone(machine):
    assert read(SensorsMeter(), machine("raspberry-pi")) == {("hw.temperature", "thermal 0", "cpu-thermal"): 51.608}


@pytest.mark.parametrize("name", ["gvisor", "centos7", "firecracker-vm", "lxc-container"])
def test_no_sensors_is_no_data(machine, name):
    with pytest.raises(NoData):
        SensorsMeter().read(machine(name), 0)
    assert not SensorsMeter().probe(machine(name)).available


def test_the_probe_finds_any_kind(machine):
    assert SensorsMeter().probe(machine("raspberry-pi")).available


def test_a_chip_comes_and_goes(made, tmp_path):
    chip = "sys/class/hwmon/hwmon{}/"
    one = {chip.format(0) + "name": "a\n", chip.format(0) + "temp1_input": "1000\n"}
    two = {chip.format(1) + "name": "b\n", chip.format(1) + "temp1_input": "2000\n"}
    meter = SensorsMeter()
    assert read(meter, made(one)) == {("hw.temperature", "a", "temp1"): 1.0}
    host = made(two)
    assert len(read(meter, host, 1)) == 1, "which there are is looked at every five minutes"
    assert read(meter, host, 300_000)["hw.temperature", "b", "temp1"] == 2.0
    (tmp_path / "sys/class/hwmon/hwmon0/temp1_input").unlink()
    assert read(meter, Host(str(tmp_path)), 300_001)["hw.temperature", "a", "temp1"] is None


def test_a_sensor_that_fails_costs_no_other(made):
    class Broken(Host):
        def read(self, relative, most=1_000_000):
            if "temp1" in relative:
                raise self.error
            return super().read(relative, most)

        def kept_raw(self, relative, most=1_000_000):
            if "temp1" in relative:
                raise self.error
            return super().kept_raw(relative, most)

    from wakeful_agent.host.errors import Denied, HostError

    chip = "sys/class/hwmon/hwmon0/"
    made({chip + "name": "a\n", chip + "temp1_input": "1000\n", chip + "temp2_input": "2000\n"})
    host = Broken(made({}).root)
    host.error = HostError("Input/output error")
    assert read(SensorsMeter(), host) == {("hw.temperature", "a", "temp1"): None, ("hw.temperature", "a", "temp2"): 2.0}
    host.error = Denied("no")
    assert read(SensorsMeter(), host) == {("hw.temperature", "a", "temp2"): 2.0}


def test_what_no_working_sensor_says():
    probe = Sensor("temperature", ("a", "b"), "", 1e-3)
    assert [reading(probe, text) for text in ("", "x", "-128000", "255000", "21500\n")] == [
        None,
        None,
        None,
        None,
        21.5,
    ]
    assert reading(probe._replace(kind="fan", scale=1.0), "4000\n") == 4000
