"""What each meter costs here, optional ones included: wall and processor time a run, and on a tick of 15 s.

    python bench/agent/costs.py [--turns 10] [--crowded] [--json]

Processor time counts the programs a meter starts. With --crowded it is a machine of files with 500 processes, 100
containers and 20 disks, whose engine and smartctl are the tests' fakes; the engine's time is then in the figures.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import json
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wakeful_agent import meters
from wakeful_agent.host.files import Host
from wakeful_agent.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Iterator

FAKES = Path(__file__).parents[2] / "tests" / "fakes"
TICK_SECONDS = 15.0


def fake(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, FAKES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def crowded() -> Iterator[Host]:
    """Give the machine with much on it."""
    builder = fake("crowded_machine")
    with tempfile.TemporaryDirectory() as folder:
        root, programs = builder.build(Path(folder))
        with fake("docker_engine").docker_engine(root / "run") as engine:
            builder.fill(root, engine)
            yield Host(str(root), programs=(str(programs),), user_id=0)


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def costs(host: Host, turns: int) -> dict[str, dict[str, Any]]:
    """Return outcome, and medians in milliseconds, of every meter that is there."""
    runner = Runner(host, meters.shelf())
    runner.look([])
    runner.collect(0)
    found: dict[str, dict[str, Any]] = {}
    for name in list(runner.meters):
        meter = runner.meters[name]
        wall, cpu, outcome, samples = [], [], "", 0
        for turn in range(turns if not meter.aside else max(2, turns // 5)):
            before = cpu_seconds()
            result = runner.collect(60_000 * (turn + 1), [name]).results[name]
            cpu.append((cpu_seconds() - before) * 1000)
            wall.append(result.seconds * 1000)
            outcome, samples = result.outcome, len(result.values)
        every = max(meter.interval_seconds, TICK_SECONDS)
        found[name] = {
            "outcome": outcome,
            "samples": samples,
            "wall_ms": round(statistics.median(wall), 2),
            "cpu_ms": round(statistics.median(cpu), 2),
            "every_seconds": every,
            "cpu_ms_a_tick": round(statistics.median(cpu) * TICK_SECONDS / every, 3),
            "aside": meter.aside,
        }
    runner.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--crowded", action="store_true")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    with crowded() if chosen.crowded else contextlib.nullcontext(Host()) as host:
        found = costs(host, chosen.turns)
    if chosen.json:
        print(json.dumps(found))
        return
    print(f"{'meter':<16}{'outcome':<10}{'samples':>8}{'wall ms':>10}{'cpu ms':>10}{'every s':>9}{'cpu ms/tick':>13}")
    for name, row in found.items():
        mark = "*" if row["aside"] else ""
        figures = f"{row['wall_ms']:>10}{row['cpu_ms']:>10}{row['every_seconds']:>9g}{row['cpu_ms_a_tick']:>13}"
        print(f"{name + mark:<16}{row['outcome']:<10}{row['samples']:>8}{figures}")
    ticks = [sum(row["cpu_ms_a_tick"] for row in found.values() if row["aside"] is aside) for aside in (False, True)]
    print(f"on a tick of 15 s: {ticks[0]:.2f} ms in the tick, {ticks[1]:.2f} ms beside it (*)")


if __name__ == "__main__":
    main()
