"""`make story`: prepares what the world needs, makes its namespaces, and has the story told inside of them.

The world's processes, networks and mounts are gone when the process is that made them, however it ends.
"""

from __future__ import annotations

import argparse
import ctypes
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from . import preparing
from .chapters import CHAPTERS
from .places import ROOT, program
from .telling import Teller

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT = 8877
END_SECONDS = 60
CLOSED = ("--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
BURY = '"$@"; exit $?'
"""Process 1 of the world: a shell, which buries those whose parents are gone."""
NO_WORLD = """wakeful: this machine makes no world of namespaces: {reason}
wakeful: it takes root, or a kernel that lets everybody make namespaces of users
         (sysctl kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0)."""


def main(words: Sequence[str]) -> int:
    """Tell the story; return 0 when all of it holds, 1 when a line does not, 2 when there can be no world here."""
    parser = argparse.ArgumentParser(prog="make story", description="One evening with Wakeful, in a small world.")
    parser.add_argument("--short", action="store_true", help="the shortened form, which a test tells")
    parser.add_argument("--once", action="store_true", help="end with the summary, instead of staying up")
    names = [type(one).__name__.lower() for one in CHAPTERS[1:]]
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        type=str.lower,
        choices=names,
        metavar="CHAPTER",
        help=f"only these after the first: {', '.join(names)}",
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"of the pages on this machine (default {PORT})")
    parser.add_argument("--summary", type=Path, metavar="FILE", help="write the summary as JSON there too")
    chosen = parser.parse_args(words)
    rights = world_rights()
    if rights is None:
        return 2
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        signal.SIGHUP,
    ):  # a shell lets what it starts in the background ignore the first
        signal.signal(number, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="wakeful-story-"))
    folder.chmod(0o755)
    try:
        return evening(folder, rights, chosen)
    except KeyboardInterrupt:
        return 130
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def evening(folder: Path, rights: list[str], chosen: argparse.Namespace) -> int:
    """Prepare, close the world, and wait for its end; return the story's exit code."""
    teller = Teller()
    release = preparing.find_release()
    if release is None:
        teller.say("dist/linux holds no release (./py2exe.sh makes one): the third agent comes from the wheel too")
    with listening(chosen.port) as listener:
        door = listener.getsockname()[1]
        wheel = preparing.install_wheel(folder, teller, chosen.short)
        preparing.Prepared(wheel, release, door).write(folder / "prepared.json")
        inside = [sys.executable, "-m", "tests.story.inside", str(folder), str(listener.fileno())]
        inside += [f"--{name}" for name in ("short", "once") if getattr(chosen, name)]
        inside += [f"--only={name.lower()}" for name in chosen.only]
        code = run([*rights, "sh", "-c", BURY, "sh", *inside], listener.fileno())
    if chosen.summary and (folder / "summary.json").exists():
        shutil.copy(folder / "summary.json", chosen.summary)
    return code


def run(words: list[str], listener: int) -> int:
    """Run the world until it ends or a Ctrl-C; return its exit code."""
    world = subprocess.Popen(
        words,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        pass_fds=[listener],
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    try:
        return world.wait()
    except KeyboardInterrupt:
        assert world.stdin is not None
        world.stdin.close()
        try:
            world.wait(END_SECONDS)
        except (subprocess.TimeoutExpired, KeyboardInterrupt):
            world.kill()
            world.wait()
        return 130


def listening(port: int) -> socket.socket:
    """Return a socket at this port of this machine, or at another one where somebody has that."""
    try:
        return socket.create_server(("127.0.0.1", port), backlog=64)
    except OSError:  # the address is printed: another port serves as well
        return socket.create_server(("127.0.0.1", 0), backlog=64)


def world_rights() -> list[str] | None:
    """Return the command that makes the world's namespaces, None (and a line that says why) where none can."""
    reason = ""
    for more in ((), ("--user", "--map-root-user")):
        words = [program("unshare"), *more, *CLOSED]
        probe = [*words, "sh", "-c", "mount -t tmpfs tmpfs /run && ip link add name one type bridge"]
        done = subprocess.run(probe, capture_output=True, text=True, check=False, timeout=30)
        if done.returncode == 0:
            return words
        reason = done.stderr.strip() or reason
    print(NO_WORLD.format(reason=reason), file=sys.stderr)
    return None


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)  # PR_SET_PDEATHSIG


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
