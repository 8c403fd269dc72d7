import socket

from wakeful_agent.host.files import Host
from wakeful_agent.meters.port_check import PortCheckMeter

HOST = Host("/nowhere")


def test_ports_that_take_connections_and_those_that_do_not(served, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        closed = gone.getsockname()[1]
    meter = PortCheckMeter()
    meter.configure(
        {
            "targets": [
                f"open={served(lambda channel: None).address}",
                f"local={served(lambda channel: None, 'unix').address}",
                f"shut=127.0.0.1:{closed}",
                f"gone=unix:{tmp_path}/nobody",
                "udp=udp://127.0.0.1:53",
                "odd=127.0.0.1",
            ]
        }
    )
    reading = meter.read(HOST, 0)
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
    assert {key[1]: value for key, value in values.items() if key[0] == "port.up"} == {
        "open": 1.0,
        "local": 1.0,
        "shut": 0.0,
        "gone": 0.0,
        "udp": 0.0,
        "odd": 0.0,
    }
    assert 0 < values["port.latency", "open"] < 1
    assert 0 < values["port.latency", "local"] < 1
    errors = {row["target"]: row["error"] for row in reading.inventories["port_check"]}
    assert errors["shut"] == f"nothing listens at 127.0.0.1:{closed}"
    assert "there is no socket" in errors["gone"]
    assert meter.probe(HOST).available


def test_without_targets_nobody_is_asked():
    assert not PortCheckMeter().probe(HOST).available
