"""What the meters of web servers and of the network yield is what the catalogue promises: all of it, nothing else."""

import pathlib

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
