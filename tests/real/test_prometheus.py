"""A real Prometheus scrapes the collector: its own parser, its own storage, node_exporter's names."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import agent_running, await_true, collector_running, free_port, program, running

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.real

CONFIGURATION = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: wakeful
    authorization:
      credentials_file: {key}
    honor_labels: true
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""

QUERIES = (
    "node_memory_MemTotal_bytes",
    "node_load1",
    'node_cpu_seconds_total{mode="idle"}',
    "node_boot_time_seconds",
    "node_filesystem_avail_bytes",
    'node_network_receive_bytes_total{device="lo"}',
)


def ask(port: int, query: str) -> list[Any]:
    text = urllib.parse.urlencode({"query": query})
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/query?{text}", timeout=30) as answer:
        return list(json.load(answer)["data"]["result"])


def test_prometheus_takes_the_fleet_under_node_exporters_names(tmp_path: Path) -> None:
    prometheus, promtool = program("prometheus"), program("promtool")
    with collector_running(tmp_path) as collector, agent_running(collector, collector.url) as host_id:
        key = collector.read_key()
        text = await_true(
            lambda: "node_memory_MemTotal_bytes" in (body := collector.get("/metrics", key)) and body, "the fleet"
        )
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        complaints = [line for line in checked.stderr.splitlines() if not line.startswith(("node_", "process_"))]
        assert complaints == [], complaints
        (tmp_path / "key").write_text(key)
        configuration = tmp_path / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(key=tmp_path / "key", port=collector.port))
        port = free_port()
        command = [prometheus, f"--config.file={configuration}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                   f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
        with running(command, log=tmp_path / "prometheus.log"):
            await_true(lambda: ask(port, 'up{job="wakeful"} == 1'), "a good scrape")
            for query in QUERIES:
                rows = await_true(lambda query=query: ask(port, query), query)
                assert any(host_id in row["metric"].values() for row in rows), rows
                assert all(float(row["value"][1]) >= 0 for row in rows)
