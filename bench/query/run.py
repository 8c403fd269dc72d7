"""Times of the reads over HTTP, beside VictoriaMetrics with the same samples in the same run: p50 and p95.

Stored are 1,000 hosts with 14 days (a minute apart; 7 series each, so that filling fits the time) and one host like a
real one (150 series): some 144 million samples, of which Wakeful keeps two days as they came and the rest rolled up, as
it does by default. The two are asked in turns, each time another host; the newest tick of each host is hot. A year and
the fleet page of 2,000 hosts have no peer: it keeps no tiers and has no such page.

    python bench/query/run.py [--quick] [--json]
"""

from __future__ import annotations

import argparse
import getpass
import http.client
import http.cookiejar
import json
import multiprocessing
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

import peer

from wakeful_collector import accounts, operations, rollups
from wakeful_collector.config import Settings
from wakeful_collector.ingest import backfill
from wakeful_collector.operations import core
from wakeful_collector.store import agents, changes, database, samples
from wakeful_wire.schema import schema_hash, series

DAY_MS = 86_400_000
FEW = [
    series("system.cpu.utilization"),
    series("system.memory.utilization"),
    series("system.disk.io_time", device="sda"),
    series("system.network.io", device="eth0", direction="receive"),
    series("system.network.io", device="eth0", direction="transmit"),
    series("system.load_average.1m"),
    series("system.filesystem.utilization", mountpoint="/", device="/dev/sda1", type="ext4"),
]
MANY = [
    *FEW,
    *(
        series("system.cpu.time", cpu=str(cpu), mode=mode)
        for cpu in range(8)
        for mode in ("user", "system", "idle", "iowait")
    ),
    *(series("system.memory.usage", state=state) for state in ("used", "free", "buffers", "cached")),
    *(series("system.disk.io", device=f"sd{disk}", direction=way) for disk in "abcd" for way in ("read", "write")),
    *(
        series("system.filesystem.usage", mountpoint=f"/m{at}", device="d", type="ext4", state=state)
        for at in range(9)
        for state in ("used", "free")
    ),
    *(series("hw.temperature", chip="coretemp", sensor=str(at)) for at in range(12)),
    *(series("process.memory.usage", name=f"process-{at}") for at in range(69)),
]


def course(columns, times, seed: int):
    """Return believable values: counters climb, gauges wander, in few decimals."""
    generator = np.random.default_rng(seed)
    values = np.empty((len(times), len(columns)))
    for at, one in enumerate(columns):
        if one.name.endswith((".io", ".time", "io_time")):
            values[:, at] = np.round(np.cumsum(generator.random(len(times)) * 20), 2)
        elif "utilization" in one.name:
            values[:, at] = np.round(np.abs(generator.normal(0.3, 0.05, len(times))), 3)
        else:
            values[:, at] = np.round(np.cumsum(generator.normal(0, 1, len(times))), 1)
    return values


def fill(work) -> None:
    """Store one host's past, here and in the peer where there is one."""
    data, host, name, end_ms, days, columns, port = work
    times = np.arange(end_ms - days * DAY_MS, end_ms, 60_000, dtype=np.int64)
    values = course(columns, times, host)
    backfill.fill(data, host, columns, times, values, raw_from_ms=end_ms - 2 * DAY_MS)
    if port is not None:
        newest = np.array([end_ms], np.int64)
        peer.import_history(
            port, name, columns, np.append(times, newest), np.vstack((values, np.full(len(columns), 0.5)))
        )


def prepare(data: Path, hosts: int, days: int, port: int | None = None) -> tuple[list[str], str]:
    """Fill a data folder, and the peer that listens on `port`; return the hosts' ids and an API key.

    The first host has many series.
    """
    database.create(data)
    now_ms = int(time.time() * 1000)
    end_ms = now_ms // 60_000 * 60_000
    ids = [f"bench{at:07}" for at in range(hosts)]
    with changes.changing(data) as connection:
        keys = [
            agents.add(connection, name, agents.Newcomer(f"web-{at:04}", f"hash{at}", version="0.1.0"), now_ms)
            for at, name in enumerate(ids)
        ]
    work = [
        (data, key, name, end_ms, days, MANY if key == keys[0] else FEW, port)
        for key, name in zip(keys, ids, strict=True)
    ]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pool.map(fill, work, 4)
    connection = database.writer(data, "samples")
    with database.transaction(connection):
        for key, columns in ((keys[0], MANY), *((key, FEW) for key in keys[1:])):
            schema = schema_hash(columns)
            samples.add_schema(connection, schema, columns)
            push = samples.hot_push(key, "bench-run", 0, schema, [(end_ms, [0.5] * len(columns))], b"digest")
            samples.append(connection, push, now_ms)
    connection.close()
    with changes.changing(data) as state:
        for key in keys:
            state.execute("UPDATE agents SET hello_at_ms = ? WHERE key = ?", (now_ms, key))
    rollups.refresh_sparks(data, end_ms)
    principal = accounts.local_principal(getpass.getuser())
    made = operations.run(
        Settings(data=data), core.REGISTRY, principal, "key.create", {"name": "bench", "scopes": ["read"]}, now_ms
    )
    return ids, made["key"]


class Server:
    """The collector's web half on loopback, as `wakeful-collector web` runs it."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        environ = {**os.environ, "WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wakeful_collector", "web"],
            env=environ,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the server does not start")

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(30)


class Asker:
    """Asks one server over one kept connection and keeps the times."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Accept-Encoding": "gzip", **headers}
        self.taken: list[float] = []
        self.size = 0

    def ask(self, path: str) -> None:
        before = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        self.size = len(answer.read())
        self.taken.append((time.perf_counter() - before) * 1000)
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status}")

    def figures(self) -> dict[str, float]:
        """Return p50 and p95 in ms and the last answer's size, and start anew."""
        taken = sorted(self.taken[2:])
        self.taken = []
        return {"p50_ms": statistics.median(taken), "p95_ms": taken[int(len(taken) * 0.95)], "bytes": self.size}


def cookie_of(data: Path, port: int) -> str:
    """Sign a browser in by a link, as a person does; return its cookie."""
    token = accounts.create_signin_link(data, int(time.time() * 1000))
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    address = f"http://127.0.0.1:{port}/sign-in/link/{token}"
    browser.open(address).read()
    return "; ".join(f"{one.name}={one.value}" for one in jar)


def ours(host: str, name: str, span: str) -> str:
    """Return the path of a chart in Wakeful."""
    asked = {"name": name, "from": span, "to": "now", "points": 300}
    return f"/api/v1/hosts/{host}/series?" + urllib.parse.urlencode(asked)


def questions(ids: list[str], now: float) -> dict[str, tuple[list[str], list[str]]]:
    """Return by name what Wakeful is asked and what the peer; several paths are asked in turn."""
    metric, few = "system.cpu.utilization", ids[1:]
    hour, day = 3600, 86_400
    return {
        "one series, an hour": (
            [ours(host, metric, "-1h") for host in few],
            [peer.chart(host, metric, hour, 300, now) for host in few],
        ),
        "one series, a day": (
            [ours(host, metric, "-1d") for host in few],
            [peer.chart(host, metric, day, 300, now) for host in few],
        ),
        "the same day again": ([ours(few[0], metric, "-1d")], [peer.chart(few[0], metric, day, 300, now)]),
        "a host's 150 series, a day": ([ours(ids[0], "*", "-1d")], [peer.chart(ids[0], None, day, 300, now)]),
        "newest of one metric, all hosts": (
            ["/api/v1/latest?" + urllib.parse.urlencode({"name": metric})],
            [peer.newest(metric)],
        ),
        "one series, a year": ([ours(host, metric, "-365d") for host in few], []),
    }


def compare(data: Path, ids: list[str], key: str, theirs: int | None, times: int) -> dict[str, dict]:
    """Ask both in turns; return the figures by question and program."""
    server = Server(data)
    found = {}
    try:
        wakeful = Asker(server.port, {"Authorization": f"Bearer {key}"})
        other = None if theirs is None else Asker(theirs, {})
        for name, (paths, peer_paths) in questions(ids, time.time()).items():
            for at in range(times + 2):
                wakeful.ask(paths[at % len(paths)])
                if other is not None and peer_paths:
                    other.ask(peer_paths[at % len(peer_paths)])
            found[name] = {"wakeful": wakeful.figures()}
            if other is not None and peer_paths:
                found[name][peer.PROGRAM] = other.figures()
    finally:
        server.stop()
    return found


def fleet_page(data: Path, hosts: int, times: int) -> dict[str, dict]:
    """Fill a fleet, sign in, ask for its page."""
    prepare(data, hosts, 1)
    server = Server(data)
    try:
        browser = Asker(server.port, {"Cookie": cookie_of(data, server.port)})
        for _ in range(times + 2):
            browser.ask("/")
        return {f"fleet page of {hosts:,} hosts": {"wakeful": browser.figures()}}
    finally:
        server.stop()


def metrics_page(data: Path, times: int) -> dict[str, dict]:
    """Let one host have 4,000 series with a day of past; ask for the page of its metrics and for its first charts."""
    database.create(data)
    end_ms = int(time.time() * 1000) // 60_000 * 60_000
    with changes.changing(data) as connection:
        key = agents.add(connection, "benchmany", agents.Newcomer("many", "hash", version="0.1.0"), end_ms)
    columns = [
        series(f"script_{metric:03}_bytes", container=f"c{at}", state="used")
        for metric in range(200)
        for at in range(20)
    ]
    fill((data, key, "benchmany", end_ms, 1, columns, None))
    connection = database.writer(data, "samples")
    with database.transaction(connection):
        schema = schema_hash(columns)
        samples.add_schema(connection, schema, columns)
        push = samples.hot_push(key, "bench-run", 0, schema, [(end_ms, [0.5] * len(columns))], b"digest")
        samples.append(connection, push, end_ms)
    connection.close()
    names = "&".join(f"name=script_{metric:03}_bytes" for metric in range(12))
    asked = {
        "metrics page of 4,000 series": "/hosts/benchmany/metrics",
        "its 12 charts in sight, a day": f"/api/v1/hosts/benchmany/series?{names}&from=-1d&to=now&points=170&most=6",
    }
    server = Server(data)
    try:
        browser = Asker(server.port, {"Cookie": cookie_of(data, server.port)})
        results = {}
        for name, path in asked.items():
            for _ in range(times + 2):
                browser.ask(path)
            results[name] = {"wakeful": browser.figures()}
        return results
    finally:
        server.stop()


def show(results: dict[str, dict]) -> None:
    """Print a line a question and program, and how the two compare."""
    for name, programs in results.items():
        for program, figures in programs.items():
            print(
                f"{name:32} {program:17} p50 {figures['p50_ms']:7.2f} ms   p95 {figures['p95_ms']:7.2f} ms"
                f"   {figures['bytes']:>9,} B"
            )
        if len(programs) == 2:
            own, other = programs["wakeful"], programs[peer.PROGRAM]
            ratios = [f"{other[figure] / own[figure]:7.2f}   " for figure in ("p50_ms", "p95_ms")]
            print(f"{name:32} {'theirs / ours':17} p50 {ratios[0]}    p95 {ratios[1]}")


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="100 hosts and 3 days")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    hosts, days, fleet, times = (100, 3, 200, 40) if arguments.quick else (1000, 14, 2000, 200)
    with tempfile.TemporaryDirectory() as folder:
        other = peer.Peer(Path(folder) / "peer") if shutil.which(peer.PROGRAM) else None
        try:
            port = None if other is None else other.port
            ids, key = prepare(Path(folder) / "data", hosts, days, port)
            if other is not None:
                other.settle()
            results = compare(Path(folder) / "data", ids, key, port, times)
        finally:
            if other is not None:
                other.stop()
        results |= fleet_page(Path(folder) / "fleet", fleet, times // 4)
        results |= metrics_page(Path(folder) / "many", times // 4)
    if arguments.json:
        print(json.dumps({"hosts": hosts, "days": days, **results}))
        return
    samples_stored = days * 1440 * ((hosts - 1) * len(FEW) + len(MANY))
    print(
        f"{hosts:,} hosts, {days} days, {samples_stored / 1e6:,.0f} million samples; the fleet page has {fleet:,} hosts"
    )
    show(results)


if __name__ == "__main__":
    main()
