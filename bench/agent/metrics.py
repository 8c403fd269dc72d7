"""What the local /metrics costs: Wakeful's agent, scraped, beside node_exporter scraped as often, in one run.

    python bench/agent/metrics.py [--scrapes 60] [--json]

CPU is what the kernel's scheduler counted (schedstat) for all threads over the scrapes. The agent ticks once a second
all the while and its collector takes what it pushes; the same is measured without scrapes before: the difference is
what showing costs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from run import cpu_seconds, install_agent, memory_mb, pushes, start_agent, start_exporter, start_sink


def scrape(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return sum(1 for line in answer if not line.startswith(b"#"))


def spend(processes: dict[str, int], urls: dict[str, str], seconds: int) -> dict[str, dict[str, float]]:
    """Scrape each of `urls` once a second; return CPU milliseconds a second and the time of an answer."""
    before = {name: cpu_seconds(pid) for name, pid in processes.items()}
    took: dict[str, list[float]] = {name: [] for name in urls}
    lines = dict.fromkeys(urls, 0)
    for _ in range(seconds):
        time.sleep(1)
        for name, url in urls.items():
            began = time.perf_counter()
            lines[name] = scrape(url)
            took[name].append((time.perf_counter() - began) * 1000)
    found = {}
    for name, pid in processes.items():
        found[name] = {"cpu_ms_a_second": round((cpu_seconds(pid) - before[name]) * 1000 / seconds, 2)}
        if name in urls:
            found[name] |= {
                "answer_ms": round(statistics.median(took[name]), 2),
                "samples": lines[name],
                **memory_mb(pid),
            }
    return found


def measure(folder: Path, scrapes: int) -> dict[str, Any]:
    python, needs = install_agent(folder)
    sink, port = start_sink(folder)
    exporter, url = start_exporter()
    needs = {**needs, "WAKEFUL_AGENT_METRICS_LISTEN": "127.0.0.1:19100"}
    agent, _ = start_agent([python, "-m", "wakeful_agent"], needs, folder, port, 1.0)
    processes = [agent, exporter, sink]
    try:
        while len(pushes(folder)) < 5:
            time.sleep(0.2)
        quiet = spend({"wakeful": agent.pid}, {}, scrapes)
        both = {"wakeful": "http://127.0.0.1:19100/metrics", "node_exporter": url}
        shown = spend({"wakeful": agent.pid, "node_exporter": exporter.pid}, both, scrapes)
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
            process.wait(10)
    shown["wakeful"]["cpu_ms_a_scrape"] = round(
        shown["wakeful"]["cpu_ms_a_second"] - quiet["wakeful"]["cpu_ms_a_second"], 2
    )
    return {"without scrapes": quiet, "scraped once a second": shown}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scrapes", type=int, default=60)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), chosen.scrapes)
    if chosen.json:
        print(json.dumps(found, indent=2))
        return
    for title, rows in found.items():
        print(title)
        for name, row in rows.items():
            print(f"  {name:<16}" + ", ".join(f"{key} {value}" for key, value in row.items()))


if __name__ == "__main__":
    os.chdir(Path(__file__).parent)
    main()
