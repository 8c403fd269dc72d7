"""What the meters of web servers and of the network yield is what the catalogue promises: all of it, nothing else."""

import json
import pathlib
import time

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.apache import ApacheMeter
from wakeful_agent.meters.caddy import CaddyMeter
from wakeful_agent.meters.haproxy import HaproxyMeter
from wakeful_agent.meters.http import HttpMeter
from wakeful_agent.meters.nginx import NginxMeter
from wakeful_agent.meters.php_fpm import PhpFpmMeter
from wakeful_agent.meters.ping import PingMeter
from wakeful_agent.meters.port_check import PortCheckMeter
from wakeful_agent.meters.public_ip import PublicIpMeter
from wakeful_wire.catalogue.web import ROWS

PAGES = pathlib.Path(__file__).parents[2] / "fixtures"
RELOADED = "caddy_config_last_reload_successful 1\n"


def captured(path):
    return (PAGES / path).read_bytes()


def test_every_name_and_label(paged, answered, served):
    def balancer(channel):
        asked = channel.recv(100).split()[1].decode()
        channel.sendall(captured(f"haproxy/show_{asked}.txt"))

    metrics = captured("caddy/metrics.txt").decode() + RELOADED
    url = paged(
        {
            "/nginx": captured("nginx/stub_status.txt"),
            "/apache?auto": captured("apache/event.txt"),
            "/metrics": metrics,
            "/reverse_proxy/upstreams": captured("caddy/upstreams.json"),
            "/ip": "203.0.113.7",
        }
    )
    secure = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "tls").address
    chosen = {
        NginxMeter: [f"{url}/nginx"],
        ApacheMeter: [f"{url}/apache"],
        CaddyMeter: [url],
        PhpFpmMeter: [answered(captured("php_fpm/status_json.bin")).address],
        HaproxyMeter: [served(balancer, "unix").address],
        HttpMeter: [f"https://{secure}/ match=ok"],
        PortCheckMeter: [url.partition("//")[2]],
        PingMeter: [url.partition("//")[2]],
    }
    seen = {}
    for kind, targets in chosen.items():
        meter = kind()
        meter.configure({"targets": targets})
        reading = meter.read(Host("/nowhere"), 0)
        assert set(reading.inventories) == {meter.name}
        seen.update((one.name, {key for key, _ in one.labels}) for one in reading.series)
    address = PublicIpMeter()
    address.configure({"ipv4_url": f"{url}/ip"})
    seen.update((one.name, {key for key, _ in one.labels}) for one in address.read(Host("/nowhere"), 0).series)
    assert seen == {row.name: set(row.labels) for row in ROWS}


def endless(channel):
    channel.recv(65_536)
    channel.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        channel.sendall(b"x" * 65_536)


def endless_headers(channel):
    while True:
        channel.sendall(b"X: y\r\n" * 1000)


def dripping(channel):
    while True:
        channel.sendall(b"#")
        time.sleep(0.05)


WALL = {
    "closes": lambda channel: channel.recv(65_536),
    "closes at once": lambda channel: None,
    "says nothing": lambda channel: time.sleep(1),
    "drips": dripping,
    "never ends": endless,
    "headers never end": endless_headers,
    "zeros": lambda channel: channel.sendall(channel.recv(65_536) and bytes(100_000)),
    "text": lambda channel: channel.sendall(channel.recv(65_536) and b"\x1b[31m<script>\n" * 100),
    "empty page": lambda channel: channel.sendall(
        channel.recv(65_536) and b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    ),
    "an error in French": lambda channel: channel.sendall(
        channel.recv(65_536) and b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nAcc\xe8s refus\xe9 \xe0 tous !"
    ),
}


@pytest.mark.parametrize("kind", [NginxMeter, ApacheMeter, CaddyMeter, PhpFpmMeter, HaproxyMeter])
def test_a_wall_of_hostile_servers_and_one_that_is_well(kind, paged, served, answered):
    ends = {name: served(serve).address for name, serve in WALL.items()}
    well = {
        NginxMeter: lambda: paged({"/x": captured("nginx/stub_status.txt")}) + "/x",
        ApacheMeter: lambda: paged({"/x?auto": captured("apache/event.txt")}) + "/x",
        CaddyMeter: lambda: paged({"/metrics": "go_info 1\n", "/reverse_proxy/upstreams": "null"}),
        PhpFpmMeter: lambda: answered(captured("php_fpm/status_json.bin")).address,
        HaproxyMeter: lambda: paged({"/x;csv": captured("haproxy/show_stat.txt")}) + "/x",
    }[kind]()
    plain = kind in {PhpFpmMeter, HaproxyMeter}
    meter = kind()
    targets = [f"{name.replace(' ', '_')}={'' if plain else 'http://'}{end}" for name, end in ends.items()]
    meter.configure({"targets": [*targets, f"well={well}"], "timeout_seconds": 0.5})
    begun = time.monotonic()
    reading = meter.read(Host("/nowhere"), 0)
    assert time.monotonic() - begun < 10
    states = {row["target"]: row["state"] for row in reading.inventories[meter.name]}
    assert states.pop("well") == "up"
    assert set(states.values()) == {"down"}
    assert reading.trouble is None
    json.dumps(reading.inventories, allow_nan=False)
    assert all(row["error"].isprintable() or "\ufffd" in row["error"] for row in reading.inventories[meter.name])


@pytest.mark.parametrize(
    "kind", [NginxMeter, ApacheMeter, CaddyMeter, PhpFpmMeter, HaproxyMeter, HttpMeter, PortCheckMeter]
)
def test_nothing_of_a_page_that_is_somebody_elses_is_told(kind, paged, served):
    secret = b"geheim=abc123\nAKIA"
    urls = [paged({path: secret}) for path in ("/", "/?auto", "/?json", "/;csv", "/metrics")]
    bare = served(lambda channel: channel.sendall(channel.recv(65_536) and secret)).address
    meter = kind()
    meter.configure({"targets": [*(f"{url}/" for url in urls), bare], "timeout_seconds": 0.5})
    assert "geheim" not in repr(meter.read(Host("/nowhere"), 0))
    assert "AKIA" not in repr(meter.read(Host("/nowhere"), 0))
