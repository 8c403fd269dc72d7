from wakeful_agent.meters.uptime import UptimeMeter

NOW_MS = 1_763_100_000_000


def test_uptime_boot_time_and_the_system(machine):
    reading = UptimeMeter().read(machine("bare-metal"), NOW_MS)
    assert [one.name for one in reading.series] == ["system.uptime", "system.boot_time"]
    assert reading.values == [100_000.5, 1_763_000_000]
    assert reading.inventories["system"]["os"]["id"] == "debian"


def test_the_inventory_is_looked_at_every_ten_minutes(machine):
    meter, host = UptimeMeter(), machine("bare-metal")
    found = [bool(meter.read(host, NOW_MS + ms).inventories) for ms in (0, 15_000, 599_999, 600_000, 615_000)]
    assert found == [True, False, False, True, False]


def test_in_a_container_the_uptime_is_believed_and_not_the_hosts_boot_time(machine):
    assert UptimeMeter().read(machine("lxc-container"), NOW_MS).values == [3600.0, NOW_MS / 1000 - 3600]
