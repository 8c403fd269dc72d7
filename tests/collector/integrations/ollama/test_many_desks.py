"""Many processes at one database, one of them killed: never too many are let in, and nobody is forgotten."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.read import gateway_history, gateway_leases
from wakeful_collector.store import gateway_states, soundness
from wakeful_collector.store.changes import changing_gateway

from . import machines

if TYPE_CHECKING:
    from pathlib import Path

PARALLEL, CLIENTS, REQUESTS = 3, 6, 12
CROWD = """
import sys, threading, time
from pathlib import Path
from random import Random
from wakeful_collector import clock
from wakeful_collector.integrations.ollama import leasing, settings
from wakeful_collector.store.gateway_history import Request

data, name, clients, requests = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
leasing.LEASE_SECONDS, leasing.RENEW_SECONDS = 2.0, 0.5
box = settings.machine(data, "box")

def client(number):
    random = Random(f"{name}-{number}")
    for _ in range(requests):
        now_ms = clock.now_ms()
        key = f"key:{name}-{number % 2}"
        with leasing.desk(data).enter(box, key, key, "", "", now_ms) as ticket:
            while not ticket.wait(30).admitted:
                continue
            time.sleep(random.uniform(0, 0.01))
            ticket.end(Request(now_ms, "box", key, "POST", "/", "m", 200, "ok"))

threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


def crowd(data: Path, name: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", CROWD, str(data), name, str(CLIENTS), str(REQUESTS)]
    found = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert found.stdout is not None
    assert found.stdout.readline() == "ready\n"
    return found


def test_many_processes_share_a_machine_and_one_is_killed(data: Path) -> None:
    machines.add(data, parallel=PARALLEL)
    now_ms = clock.now_ms()
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, "box", "awake", now_ms, "", {"probed_ms": now_ms})
    crowds = [crowd(data, name) for name in ("one", "other", "victim")]
    most = 0
    try:
        for one in crowds:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        until = time.monotonic() + 60
        while any(one.poll() is None for one in crowds[:2]):
            assert time.monotonic() < until, "somebody waits for ever"
            most = max(most, gateway_leases.count(data, "box", clock.now_ms()).running)
            if crowds[2].poll() is None and len(gateway_history.requests(data, limit=500).requests) > 40:
                crowds[2].send_signal(signal.SIGKILL)
    finally:
        for one in crowds:
            one.kill()
            one.wait(30)
    assert [one.returncode for one in crowds[:2]] == [0, 0]
    assert most == PARALLEL
    ended = [request.key for _, request in gateway_history.requests(data, limit=500).requests]
    assert sum(not key.startswith("key:victim") for key in ended) == 2 * CLIENTS * REQUESTS
    machines.await_true(lambda: not gateway_leases.leases(data, clock.now_ms()), "the victim's leases expire")
    assert soundness.integrity(data) == []
