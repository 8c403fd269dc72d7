from wakeful_agent.host.sensors import SENSORS_MAX, find_sensors


def test_a_zone_that_a_chip_shows_already_is_left_out(made):
    zone = {"sys/class/thermal/thermal_zone0/type": "cpu-thermal\n", "sys/class/thermal/thermal_zone0/temp": "1\n"}
    chip = {"sys/class/hwmon/hwmon0/name": "cpu_thermal\n", "sys/class/hwmon/hwmon0/temp1_input": "1\n"}
    assert [one.names for one in find_sensors(made(zone))] == [("thermal 0", "cpu-thermal")]
    assert [one.names for one in find_sensors(made(chip))] == [("cpu_thermal", "temp1")]


def test_a_zone_or_chip_without_a_name_has_its_entry(made):
    host = made({"sys/class/thermal/thermal_zone3/temp": "1\n", "sys/class/hwmon/hwmon0/temp1_input": "1\n"})
    assert [one.names for one in find_sensors(host)] == [("hwmon0", "temp1"), ("thermal 3", "thermal_zone3")]


def test_there_is_a_bound(made):
    files = {f"sys/class/hwmon/hwmon0/temp{number}_input": "1\n" for number in range(SENSORS_MAX + 9)}
    assert len(find_sensors(made(files))) == SENSORS_MAX
