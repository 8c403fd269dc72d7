"""Simulated agents that push as agents do: on a grid, each push kept and sent again until it was taken."""

from __future__ import annotations

import http.client
import random
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "ingest"))

import fleet

if TYPE_CHECKING:
    from collections.abc import Callable

INTERVAL_SECONDS = 15.0
KEPT_MAX = 2_000


class Crowd:
    """All of them on some threads; `made` and `taken` count pushes by agent, `refused` answers that are not wanted."""

    def __init__(self, data: Path, address: tuple[str, int], count: int, width: int = 100) -> None:
        self.address = address
        self.machines = fleet.machines(data, count, width, int(time.time() * 1000))
        self.made = [0] * count
        self.taken = [0] * count
        self.refused: dict[int, int] = {}
        self._waiting: list[deque[bytes]] = [deque() for _ in range(count)]

    @property
    def backlog(self) -> int:
        """Return how many pushes wait to be taken."""
        return sum(len(one) for one in self._waiting)

    def run(self, mine: range, is_over: Callable[[], bool]) -> None:
        """Push for some of the agents until it is over and nothing waits."""
        chance = random.Random(mine.start)
        due = {index: time.monotonic() + chance.uniform(0, INTERVAL_SECONDS) for index in mine}
        connection: http.client.HTTPConnection | None = None
        while not is_over() or any(self._waiting[index] for index in mine):
            now = time.monotonic()
            for index in mine:
                if due[index] <= now and not is_over():
                    due[index] += INTERVAL_SECONDS
                    self.made[index] += 1
                    body = self.machines[index].push(int(time.time() * 1000))
                    self._waiting[index].append(body)
                    assert len(self._waiting[index]) < KEPT_MAX, "the collector takes nothing any more"
            for index in mine:
                while self._waiting[index]:
                    connection = connection or http.client.HTTPConnection(*self.address, timeout=20)
                    if not self._push(connection, index):
                        connection.close()
                        connection = None
                        break
                if connection is None:
                    time.sleep(1.0)
                    break
            time.sleep(0.2)

    def _push(self, connection: http.client.HTTPConnection, index: int) -> bool:
        headers = {"Authorization": f"Bearer {self.machines[index].token}", "User-Agent": "wakeful-agent/soak"}
        headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
        try:
            connection.request("POST", "/api/v1/push", self._waiting[index][0], headers)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return False
        if answer.status != 200:
            self.refused[answer.status] = self.refused.get(answer.status, 0) + 1
            return False
        self._waiting[index].popleft()
        self.taken[index] += 1
        return True


def start(crowd: Crowd, threads: int, is_over: Callable[[], bool]) -> list[threading.Thread]:
    """Start the crowd on some threads and return them."""
    count = len(crowd.machines)
    shares = [range(first, count, threads) for first in range(min(threads, count))]
    found = [threading.Thread(target=crowd.run, args=(share, is_over), daemon=True) for share in shares]
    for thread in found:
        thread.start()
    return found
