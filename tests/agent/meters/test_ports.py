import os
import shutil
import socket

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.listeners import Listener
from wakeful_agent.meter import NoData
from wakeful_agent.meters.ports import PortsMeter, rows


def states(reading):
    return {dict(one.labels)["state"]: value for one, value in zip(*reading[:2])}


def test_who_listens_where(machine):
    found = PortsMeter().read(machine("bare-metal"), 0).inventories["ports"]
    tcp = [
        (row["port"], row["family"], row["address"], row.get("process")) for row in found if row["protocol"] == "tcp"
    ]
    assert tcp == [
        (22, "v4", "0.0.0.0", "sshd"),
        (22, "v6", "::", "sshd"),
        (80, "dual", "::", "nginx"),
        (631, "v6", "::1", None),
        (8080, "v4", "127.0.0.1", None),
    ]
    udp = [(row["port"], row["family"]) for row in found if row["protocol"] == "udp"]
    assert udp == [(514, "dual"), (5353, "v4")], "sockets on ephemeral ports are clients"


def test_states_are_counted_every_five_minutes(machine):
    meter, host = PortsMeter(), machine("bare-metal")
    first = states(meter.read(host, 0))
    assert first == {
        "listen": 5,
        "syn_sent": 0,
        "syn_recv": 0,
        "fin_wait_1": 0,
        "fin_wait_2": 0,
        "close": 0,
        "close_wait": 1,
        "last_ack": 0,
        "closing": 0,
    }
    second = states(meter.read(host, 60_000))
    assert second.pop("listen") == 5
    assert set(second.values()) == {None}
    assert states(meter.read(host, 300_000)) == first
    meter.configure({"states": False})
    assert states(meter.read(host, 360_000)) == {"listen": 5}


def test_only_udp_is_told(made):
    reading = PortsMeter().read(made({"proc/net/udp": "head\n"}), 0)
    assert states(reading)["close_wait"] is None
    assert reading.inventories == {"ports": []}


def test_no_table_at_all_is_no_data(made):
    with pytest.raises(NoData):
        PortsMeter().read(made({}), 0)


def test_a_family_is_what_the_kernel_tells_or_else_what_follows():
    every, six = Listener("tcp", "0.0.0.0", 22, 1), Listener("tcp", "::", 22, 2)
    assert [family for _, family in rows([six], False, 32_768)] == ["dual"]
    assert [family for _, family in rows([six], True, 32_768)] == ["v6"]
    assert [family for _, family in rows([every, six], False, 32_768)] == ["v4", "v6"]
    assert [family for _, family in rows([every, six._replace(v6_only=False)], False, 32_768)] == ["v4", "dual"]
    assert [family for _, family in rows([six._replace(v6_only=True)], False, 32_768)] == ["v6"]
    assert len(rows([every, every._replace(inode=9)], False, 32_768)) == 1, "SO_REUSEPORT: one row"


def test_an_owner_is_looked_for_again_when_its_process_ended(machine, tmp_path):
    root = tmp_path / "host"
    shutil.copytree(machine("bare-metal").root, root, symlinks=True)
    meter, host = PortsMeter(), Host(str(root))
    meter.read(host, 0)
    os.rename(root / "proc/800", root / "proc/810")
    found = {row["port"]: row.get("pid") for row in meter.read(host, 60_000).inventories["ports"]}
    assert found[80] == 810
    assert found[22] == 700


def test_this_machine_tells_of_a_socket_of_ours_and_its_process():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        found = PortsMeter().read(Host(), 0).inventories["ports"]
    row = next(row for row in found if row["port"] == port and row["protocol"] == "tcp")
    assert row["address"] == "127.0.0.1"
    assert row["pid"] == os.getpid()
    assert row["process"]
