"""Hours of the story's world under load while things break at random: what grows, what is lost, what is left over.

`make bench-soak` or `python bench/soak/run.py --hours 2 --seed 1`: makes the world of `make story` (tests/story), tells
its chapters in their short form, then loads it and breaks it (`inside.py`), and prints what came of it.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.story import preparing
from tests.story.__main__ import BURY, run, world_rights
from tests.story.telling import Teller

JUMPING_CLOCK = "*/faketime/libfaketimeMT.so.1"
INSIDE = Path(__file__).resolve().parent / "inside.py"


def main() -> int:
    """Run the soak; return 0 when nothing grew, nothing was lost and nothing is unexplained."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--hours", type=float, default=2.0)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--agents", type=int, default=100, help="simulated agents beside the world's three")
    arguments.add_argument("--quiet", type=float, default=180.0, help="seconds between two faults, at most")
    arguments.add_argument("--keep", type=Path, help="copy logs and figures to this folder")
    chosen = arguments.parse_args()
    if not list(Path("/usr/lib").glob(JUMPING_CLOCK)):
        sys.exit("wakeful: the soak lets a clock jump by libfaketime: apt-get install libfaketime")
    rights = world_rights()
    if rights is None:
        return 2
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="wakeful-soak-"))
    folder.chmod(0o755)
    try:
        wheel = preparing.install_wheel(folder, Teller(), short=True)
        preparing.Prepared(wheel, preparing.find_release()).write(folder / "prepared.json")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            words = [str(folder), str(chosen.hours), str(chosen.seed), str(chosen.agents), str(chosen.quiet)]
            return run([*rights, "sh", "-c", BURY, "sh", sys.executable, str(INSIDE), *words], listener.fileno())
    except KeyboardInterrupt:
        return 130
    finally:
        if chosen.keep:
            chosen.keep.mkdir(parents=True, exist_ok=True)
            for file in (*folder.glob("*/*.log"), *folder.glob("*/actor/stderr.log"), *folder.glob("*.json")):
                shutil.copy(file, chosen.keep / f"{file.parent.name}-{file.name}")
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
