"""Ground for daemons that will not run as root: a folder of nobody's own, and a life that ends with the block."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NOBODY = 65534
LOWERED = () if os.getuid() else ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
"""What stands before the command of a daemon that shall not be root."""


@contextlib.contextmanager
def ground() -> Iterator[Path]:
    """Give a folder with a short path, because sockets have those, that nobody may write to and everybody may pass."""
    folder = Path(tempfile.mkdtemp(prefix="wf"))
    folder.chmod(0o755)
    hand_over(folder)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def hand_over(*paths: Path) -> None:
    """Make nobody the owner, where we may."""
    for path in paths:
        if not os.getuid():
            os.chown(path, NOBODY, NOBODY)


@contextlib.contextmanager
def lowered(
    command: Sequence[str], folder: Path, environment: dict[str, str] | None = None, stop: int = signal.SIGKILL
) -> Iterator[Any]:
    """Run a daemon as nobody until the block ends; what it says is in `daemon.log` of the folder."""
    told = {"PATH": os.environ["PATH"], "HOME": str(folder), "LC_ALL": "C", **(environment or {})}
    with open(folder / "daemon.log", "ab") as log:
        process = subprocess.Popen(
            [*LOWERED, *command], env=told, cwd=folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        process.send_signal(stop)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def values(reading: Any) -> dict[tuple[str, ...], float | None]:
    """Return a reading's values by metric and label values, in the order of the labels' names."""
    return {(one.name, *(value for _, value in one.labels)): value for one, value in zip(*reading[:2], strict=True)}


NGINX = """pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{servers}
}}
"""


def nginx_configuration(folder: Path, servers: str) -> Path:
    """Write a configuration of nginx that keeps everything in `folder`; return its path."""
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, servers=servers))
    return configuration
