from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import re, sys, threading, time
from wakeful_collector.serving import memory

def held_kb():
    with open("/proc/self/smaps_rollup") as file:
        return int(re.search(r"^Pss:\\s+(\\d+)", file.read(), re.M)[1])

pins = []
def use():
    large = [bytes(1000) for _ in range(40_000)]
    pins.append(bytes(1000))  # above all that is freed: the library alone gives back what is on top only

for _ in range(2):
    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
before = held_kb()
if sys.argv[1] == "yes":
    memory.begin(0.05)
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end and held_kb() > before - 20_000:
    time.sleep(0.02)
print(before - held_kb())
"""


def given_back_kb(begun: str, seconds: float) -> int:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, begun, str(seconds)], capture_output=True, text=True, check=True, timeout=90
    )
    return int(done.stdout)


def test_what_is_free_is_given_back():
    assert given_back_kb("yes", 30) >= 20_000
    assert given_back_kb("no", 0.5) < 20_000
