"""The agent's own /metrics beside node_exporter's on the same machine, and scraped by a real Prometheus."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest
from prometheus_client.parser import text_string_to_metric_families

from .conftest import await_true, free_port, program, running
from .test_prometheus import ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

IDENTITY = {"agent_id": "nodeexporter", "url": "http://127.0.0.1:9", "fingerprint": None, "enrolled_ms": 0}
STEADY = (
    "node_memory_MemTotal_bytes",
    "node_boot_time_seconds",
    "node_filesystem_size_bytes",
    "node_filesystem_files",
    "node_filefd_maximum",
    "node_uname_info",
    "node_memory_SwapTotal_bytes",
)
RISING = (
    "node_cpu_seconds_total",
    "node_context_switches_total",
    "node_network_receive_bytes_total",
    "node_forks_total",
)
CONFIGURATION = """
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ["127.0.0.1:{port}"]
"""

Samples = dict[str, dict[tuple[tuple[str, str], ...], float]]


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return str(answer.read().decode())


def samples(text: str) -> Samples:
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for one in family.samples:
            found.setdefault(one.name, {})[tuple(sorted(one.labels.items()))] = one.value
    return found


@contextlib.contextmanager
def agent_showing(folder: Path) -> Iterator[int]:
    """Run an agent whose collector is away, and give the port of its /metrics."""
    (folder / "config").mkdir()
    (folder / "config" / "identity.json").write_text(json.dumps(IDENTITY))
    (folder / "config" / "TOKEN").write_text("wk_agt_x\n")
    (folder / "config" / "TOKEN").chmod(0o600)
    textfile = folder / "textfile"
    textfile.mkdir()
    (textfile / "backup.prom").write_text('# TYPE backup_seconds gauge\nbackup_seconds{job="a \\"b\\""} 12.5\n')
    port = free_port()
    settings = (
        f'metrics_listen = "127.0.0.1:{port}"\ninterval_seconds = 1\n[meters.textfile]\nfolders = ["{textfile}"]\n'
    )
    (folder / "config" / "agent.toml").write_text(settings)
    environment = {**os.environ, "CONFIG_DIR": str(folder / "config"), "STATE_DIR": str(folder / "state")}
    with running([sys.executable, "-m", "wakeful_agent", "run"], environment, folder / "agent.log"):
        await_true(lambda: "node_memory_MemTotal_bytes" in page(port), "the agent's page")
        yield port


def test_what_has_node_exporters_name_means_what_it_means_there(tmp_path: Path) -> None:
    exporter, theirs_port = program("prometheus-node-exporter"), free_port()
    listen = f"--web.listen-address=127.0.0.1:{theirs_port}"
    with agent_showing(tmp_path) as port, running([exporter, listen, "--collector.processes"]):
        theirs = samples(await_true(lambda: page(theirs_port), "node_exporter"))
        ours = samples(page(port))
        shared = {name for name in ours if name.startswith("node_")} & set(theirs)
        assert len(shared) > 40, sorted(shared)
        for name in STEADY:
            common = set(ours.get(name, {})) & set(theirs[name])
            if name == "node_uname_info":  # it has one label more there
                assert dict(next(iter(ours[name])))["release"] == dict(next(iter(theirs[name])))["release"]
            elif name.startswith("node_filesystem"):
                assert common, (list(ours[name]), list(theirs[name]))
            if common:
                assert [ours[name][one] for one in common] == pytest.approx(
                    [theirs[name][one] for one in common], rel=1e-6
                )
        later = samples(await_true(lambda: page(theirs_port), "node_exporter"))
        for name in RISING:
            common = set(ours[name]) & set(theirs[name])
            assert common, name
            for one in common:
                assert ours[name][one] == pytest.approx(later[name][one], rel=0.3, abs=100), (name, one)
        own = {"node_scrape_collector_success", "node_scrape_collector_duration_seconds"}
        for name in shared - own - {"node_uname_info"}:
            ours_labels = {tuple(label for label, _ in one) for one in ours[name]}
            theirs_labels = {tuple(label for label, _ in one) for one in theirs[name]}
            assert ours_labels <= theirs_labels, name


def test_prometheus_scrapes_the_agent_in_node_exporters_place(tmp_path: Path) -> None:
    prometheus, promtool = program("prometheus"), program("promtool")
    with agent_showing(tmp_path) as port:
        text = await_true(lambda: "backup_seconds" in (found := page(port)) and found, "the textfile")
        checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True)
        complaints = [line for line in checked.stderr.splitlines() if not line.startswith(("node_", "backup_"))]
        assert complaints == [], complaints
        configuration = tmp_path / "prometheus.yml"
        configuration.write_text(CONFIGURATION.format(port=port))
        own = free_port()
        command = [prometheus, f"--config.file={configuration}", f"--storage.tsdb.path={tmp_path / 'tsdb'}",
                   f"--web.listen-address=127.0.0.1:{own}"]  # fmt: skip
        with running(command, log=tmp_path / "prometheus.log"):
            await_true(lambda: ask(own, 'up{job="node"} == 1'), "a good scrape")
            for query in ("node_load1", 'node_cpu_seconds_total{mode="idle"}', "node_filesystem_avail_bytes",
                          'node_network_receive_bytes_total{device="lo"}', "wakeful_agent_memory_usage"):  # fmt: skip
                assert await_true(lambda query=query: ask(own, query), query)
            (backup,) = await_true(lambda: ask(own, "backup_seconds"), "the textfile's metric")
            assert backup["metric"]["exported_job"] == 'a "b"'
            assert backup["value"][1] == "12.5"
