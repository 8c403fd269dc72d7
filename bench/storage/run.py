"""Bytes a sample and CPU of one synthetic day, in Wakeful's store and in VictoriaMetrics, in the same run.

The day is in the style of a real host: 1,000 series a minute, 51 % constant, 19 % counters, 30 % gauges. Both get it
as batches of one tick, in order; both are asked to merge what they have; sizes are of whole files.

    python bench/storage/run.py [--quick] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np

from wakeful_collector import rollups
from wakeful_collector.config import Settings
from wakeful_collector.read.series import series as read_series
from wakeful_collector.store import database, samples
from wakeful_wire.schema import schema_hash, series

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
STEP_MS = 60_000
PEER = "victoria-metrics"


def synthetic_day(count: int, start_ms: int):
    """Return series, times (ms) and values (a row a tick) of one day."""
    generator = np.random.default_rng(20261121)
    times = start_ms + np.arange(DAY_MS // STEP_MS) * STEP_MS
    values = np.empty((len(times), count))
    named = []
    for at in range(count):
        if at < 0.51 * count:
            values[:, at] = generator.choice([0, 1, 4096, 0.25, 65536, 1 + int(generator.integers(10**10))])
            named.append(series("hw.temperature.limit", chip="c", sensor=str(at), kind="high"))
        elif at < 0.70 * count:
            step = (
                generator.poisson(50, len(times)),
                generator.integers(0, 200_000, len(times)),
                np.round(generator.random(len(times)) * 6, 2),
            )[at % 3]
            values[:, at] = np.round(10.0 ** generator.integers(3, 10) + np.cumsum(step), 2)
            named.append(series("system.network.io", device=f"eth{at}", direction="receive"))
        else:
            values[:, at] = (
                np.round(40 + np.cumsum(generator.normal(0, 0.2, len(times))), 1),
                np.round((8e9 + np.cumsum(generator.normal(0, 2e6, len(times)))) / 4096) * 4096,
                np.round(np.abs(generator.normal(0.2, 0.05, len(times))), 3),
            )[at % 3]
            named.append(series("hw.temperature", chip="c", sensor=str(at)))
    return named, times, values


def wakeful(folder: Path, named, times, values) -> dict[str, float]:
    """Push, seal, merge; return the figures."""
    database.create(folder)
    settings = Settings(data=folder, retention_raw_days=30)
    connection = database.writer(folder, "samples")
    schema = schema_hash(named)
    with database.transaction(connection):
        samples.add_schema(connection, schema, named)
    rows = values.tolist()
    before = time.process_time()
    for sequence, (time_ms, row) in enumerate(zip(times.tolist(), rows, strict=True)):
        push = samples.hot_push(1, "bench-run", sequence, schema, [(time_ms, row)], b"digest")
        with database.transaction(connection):
            samples.append(connection, push, time_ms)
    appended = time.process_time()
    for hour in (*range(2, 26, 2), 28):
        while rollups.run_due(folder, settings, int(times[0]) + hour * HOUR_MS + 180_000).more:
            pass
    sealed = time.process_time()
    whole = compact_bytes(connection, folder)
    reads = timed(
        lambda: read_series(
            folder,
            1,
            ["hw.temperature"],
            int(times[0]),
            int(times[0]) + DAY_MS,
            1440,
            labels={"sensor": str(len(named) - 1)},
        )
    )
    connection.execute("DELETE FROM chunks WHERE tier > 0")
    alone = compact_bytes(connection, folder)
    connection.close()
    return {
        "bytes_a_sample": alone / values.size,
        "bytes_a_sample_with_rollups": whole / values.size,
        "append_cpu_s_per_million": (appended - before) / values.size * 1e6,
        "seal_and_roll_up_cpu_s_per_million": (sealed - appended) / values.size * 1e6,
        "write_cpu_s_per_million": (sealed - before) / values.size * 1e6,
        "one_series_one_day_ms": reads,
    }


def compact_bytes(connection, folder: Path) -> int:
    """Return the size of samples.db after giving unused pages back."""
    connection.executescript("PRAGMA incremental_vacuum")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "samples.db").stat().st_size


def timed(call) -> float:
    """Return the median time of a call in ms."""
    found = []
    for _ in range(30):
        before = time.perf_counter()
        call()
        found.append((time.perf_counter() - before) * 1000)
    return statistics.median(found)


class Peer:
    """A VictoriaMetrics of its own on loopback."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.folder = folder
        arguments = [f"-storageDataPath={folder}", f"-httpListenAddr={self.address}", "-retentionPeriod=100y"]
        self.process = subprocess.Popen([PEER, *arguments, "-loggerLevel=ERROR"], stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.ask("/health")
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("VictoriaMetrics does not answer")

    def ask(self, path: str, body: bytes | None = None) -> bytes:
        with urllib.request.urlopen(f"http://{self.address}{path}", body, timeout=60) as answer:
            return answer.read()

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)


def peer(folder: Path, named, times, values) -> dict[str, float]:
    """Import the same batches, flush, merge; return the figures."""
    texts = []
    for name, labels in named:
        inner = ",".join(f'{key}="{value}"' for key, value in labels)
        texts.append(f"{name.replace('.', '_')}{{{inner}}}")
    server = Peer(folder)
    try:
        before = server.cpu_seconds()
        for time_ms, row in zip(times.tolist(), values.tolist(), strict=True):
            lines = "\n".join(f"{text} {value!r} {time_ms}" for text, value in zip(texts, row, strict=True))
            server.ask("/api/v1/import/prometheus", lines.encode())
        server.ask("/internal/force_flush")
        server.ask("/internal/force_merge")
        time.sleep(3)
        cpu = server.cpu_seconds() - before
        query = f"/api/v1/export?match[]={urllib.parse.quote(texts[-1])}"
        reads = timed(lambda: server.ask(query))
    finally:
        server.stop()
    return {
        "bytes_a_sample": tree_bytes(folder) / values.size,
        "bytes_a_sample_data_alone": tree_bytes(folder / "data") / values.size,
        "write_cpu_s_per_million": cpu / values.size * 1e6,
        "one_series_one_day_ms": reads,
    }


def tree_bytes(folder: Path) -> int:
    """Return the bytes of all files below, each counted once however often it is linked."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            stat = path.stat()
            found[stat.st_ino] = stat.st_size
    return sum(found.values())


def main() -> None:
    """Run both and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="200 series instead of 1,000")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    start_ms = (int(time.time() * 1000) // DAY_MS - 2) * DAY_MS
    named, times, values = synthetic_day(200 if arguments.quick else 1000, start_ms)
    with tempfile.TemporaryDirectory() as folder:
        results = {"wakeful": wakeful(Path(folder) / "wakeful", named, times, values)}
        if shutil.which(PEER):
            results[PEER] = peer(Path(folder) / "peer", named, times, values)
    if arguments.json:
        print(json.dumps({"samples": values.size, **results}))
        return
    print(f"{values.size:,} samples: {values.shape[1]} series, one day, one a minute")
    for name, figures in results.items():
        for figure, value in figures.items():
            print(f"{name:18} {figure:38} {value:8.3f}")
    if PEER in results:
        for figure in ("bytes_a_sample", "write_cpu_s_per_million", "one_series_one_day_ms"):
            print(f"{'peer / wakeful':18} {figure:38} {results[PEER][figure] / results['wakeful'][figure]:8.2f}")


if __name__ == "__main__":
    main()
