import pytest

from wakeful_agent.host import addresses as host_addresses
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.network import NetworkMeter, parse_net_dev


def read(meter, host, now_ms=0):
    reading = meter.read(host, now_ms)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}


def names(found):
    return sorted({key[1] for key in found})


def test_counters_speed_and_link(machine):
    found = read(NetworkMeter(), machine("bare-metal"))
    assert found["system.network.io", "enp3s0", "receive"] == 9_876_543_210
    assert found["system.network.errors", "enp3s0", "transmit"] == 3
    assert found["system.network.dropped", "enp3s0", "receive"] == 2
    assert found["system.network.link.speed", "enp3s0"] == 1e9
    assert found["system.network.link.speed", "bond0"] is None
    assert found["system.network.link.speed", "enp3s0.10"] is None
    up = {name: found["system.network.link.up", name] for name in names(found)}
    assert up == {
        "lo": 1.0,
        "enp3s0": 1.0,
        "vmbr0": 1.0,
        "wg0": 1.0,
        "tun0": None,
        "enp3s0.10": 0.0,
        "bond0": 0.0,
        "dummy0": 0.0,
    }


def test_ports_of_a_bridge_only_when_asked(machine):
    meter = NetworkMeter()
    meter.configure({"bridge_ports": True, "left_out": ["lo", "enp3s0*"]})
    assert names(read(meter, machine("bare-metal"))) == [
        "bond0",
        "dummy0",
        "tap100i0",
        "tun0",
        "veth1a2b",
        "vmbr0",
        "wg0",
    ]


def test_options_take_hold_at_once(machine):
    meter, host = NetworkMeter(), machine("gvisor")
    assert names(read(meter, host)) == ["eth0", "lo"]
    meter.configure({"left_out": ["lo"]})
    assert names(read(meter, host)) == ["eth0"]


def test_the_inventory_says_what_each_interface_is(machine):
    rows = {row["name"]: row for row in NetworkMeter().read(machine("bare-metal"), 0).inventories["network"]}
    assert {name: row["kind"] for name, row in rows.items()} == {
        "lo": "loopback",
        "enp3s0": "physical",
        "vmbr0": "bridge",
        "tap100i0": "virtual",
        "veth1a2b": "virtual",
        "wg0": "wireguard",
        "tun0": "tunnel",
        "enp3s0.10": "vlan",
        "bond0": "bond",
        "dummy0": "virtual",
    }
    assert rows["vmbr0"]["members"] == ["enp3s0", "tap100i0", "veth1a2b"]
    assert rows["enp3s0"] == {
        "name": "enp3s0",
        "kind": "physical",
        "mac": "00:11:22:33:44:55",
        "mtu": 1500,
        "master": "vmbr0",
        "members": [],
        "addresses": ["2001:db8::2/64", "fe80::211:22ff:fe33:4455/64"],
    }
    assert rows["lo"]["mac"] == ""


def test_what_an_interface_is_is_looked_at_once_a_minute_or_when_one_comes(made):
    line = "{}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
    head = "Inter-|\n face |\n"
    meter = NetworkMeter()
    one = made({"proc/net/dev": head + line.format("eth0")})
    assert "network" in meter.read(one, 0).inventories
    assert meter.read(one, 59_999).inventories == {}
    assert "network" in meter.read(one, 60_000).inventories
    two = made({"proc/net/dev": head + line.format("eth0") + line.format("wlan0")})
    assert names(read(meter, two, 60_001)) == ["eth0", "wlan0"]
    assert names(read(meter, made({"proc/net/dev": head + line.format("wlan0")}), 60_002)) == ["wlan0"]


def test_without_sys_the_counters_are_read_all_the_same(machine):
    reading = NetworkMeter().read(machine("gvisor"), 0)
    found = read(NetworkMeter(), machine("gvisor"))
    assert found["system.network.io", "eth0", "receive"] == 1024
    assert found["system.network.link.up", "eth0"] is None
    assert {row["kind"] for row in reading.inventories["network"]} == {"unknown"}
    assert reading.inventories["network"][1]["addresses"] == []


def test_no_interface_is_no_data(made):
    with pytest.raises(NoData):
        NetworkMeter().read(made({"proc/net/dev": "Inter-|\n face |\n"}), 0)


def test_a_hostile_name_is_data(made):
    text = "Inter-|\n face |\n../../etc\x07: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n:: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n"
    reading = NetworkMeter().read(made({"proc/net/dev": text}), 0)
    assert reading.inventories["network"][0] | {"addresses": []} == {
        "name": "../../etc\ufffd",
        "kind": "unknown",
        "mac": "",
        "mtu": 0,
        "master": "",
        "members": [],
        "addresses": [],
    }


def test_names_and_numbers_may_touch():
    assert parse_net_dev("a\nb\n  eth0:1234 1 2 3 0 0 0 0 5 6 7 8 0 0 0 0\n") == {"eth0": [1234, 1, 2, 3, 5, 6, 7, 8]}


def test_this_machine_knows_its_own_address():
    assert "127.0.0.1/8" in host_addresses.addresses(Host()).get("lo", [])
