"""Debian's sshd and sudo with an account of their own, on a machine whose /etc nobody else sees.

A mount namespace holds the account, its password and what sudo permits it, so that the machine that runs the tests is
left as it is.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama.ssh_keys import HostKey

from ..fakes.ssh_server import PASSWORD, USER, new_key
from .conftest import program
from .ground import ground

if TYPE_CHECKING:
    from collections.abc import Iterator

UID = 24_601
_CONFIG = """
Port {port}
ListenAddress {address}
HostKey {folder}/host_key
PidFile none
UsePAM no
StrictModes no
UseDNS no
PermitRootLogin no
PasswordAuthentication yes
KbdInteractiveAuthentication no
AuthorizedKeysFile {folder}/authorized_keys
MaxStartups 100
"""
_SUDOERS = """Defaults secure_path="{folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin", !pam_session
Defaults lecture=always, logfile={folder}/sudo.log
{user} ALL=(root) {permitted}
"""
_START = """
set -eu
mount -t tmpfs tmpfs /run
mkdir -m 755 /run/sshd
mkdir -m 711 /run/sudo
for name in passwd shadow group sudoers; do mount --bind {folder}/etc/$name /etc/$name; done
exec {command}
"""


class Sshd:
    """The machine: a folder, the account, and the process of its sshd."""

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self.folder = folder
        self.host = host
        self.port = port or _free_port()
        self.user, self.password = USER, PASSWORD
        self.key = new_key()
        self._process: subprocess.Popen[bytes] | None = None
        (folder / "etc").mkdir()
        (folder / "bin").mkdir()
        (folder / "home").mkdir()
        self._write_account()
        self.permit("shutdown -h now")
        config = _CONFIG.format(port=self.port, address=host, folder=folder)
        (folder / "sshd_config").write_text(config, encoding="ascii")
        self.make_host_key()

    def program(self, name: str, script: str) -> None:
        """Put a program where root finds it first."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        path.chmod(0o755)

    def permit(self, *commands: str, free: bool = False) -> None:
        """Let the account run exactly these of its programs as root; with its password unless it is `free`."""
        permitted = ", ".join(f"{self.folder}/bin/{one}" for one in commands) or "/bin/false"
        text = _SUDOERS.format(
            folder=self.folder, user=self.user, permitted=f"{'NOPASSWD: ' if free else ''}{permitted}"
        )
        # Written into the same file: it is bound over the machine's own while sshd runs.
        path = self.folder / "etc" / "sudoers"
        path.write_text(text, encoding="ascii")
        path.chmod(0o440)

    def make_host_key(self) -> None:
        """Make the key that it shows from its next start on."""
        path = self.folder / "host_key"
        path.unlink(missing_ok=True)
        subprocess.run([program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)

    @property
    def host_key(self) -> HostKey:
        """The key that it shows."""
        kind, key, *_ = (self.folder / "host_key.pub").read_text(encoding="ascii").split()
        return HostKey(kind, key)

    def command(self, then: str = "") -> list[str]:
        """Return the command that is this machine: with an /etc of its own, running sshd unless told otherwise."""
        sshd = f"{program('sshd')} -D -e -f {self.folder}/sshd_config"
        return [program("unshare"), "-m", "sh", "-c", _START.format(folder=self.folder, command=then or sshd)]

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "sshd.log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log, start_new_session=True)
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1):
                return
            time.sleep(0.05)
        pytest.fail(f"sshd did not start: {(self.folder / 'sshd.log').read_text()}")

    def change_host_key(self) -> None:
        """Install the machine anew, as far as its key tells."""
        self.stop()
        self.make_host_key()
        self.start()

    def stop(self) -> None:
        """End it; its sessions end by themselves."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)
            self._process = None

    def _write_account(self) -> None:
        etc = self.folder / "etc"
        hashed = subprocess.run(
            [program("openssl"), "passwd", "-6", "-stdin"],
            input=self.password,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        lines = {
            "passwd": f"{self.user}:x:{UID}:{UID}::{self.folder}/home:/bin/sh",
            "shadow": f"{self.user}:{hashed}:19000:0:99999:7:::",
            "group": f"{self.user}:x:{UID}:",
            "sudoers": "",
        }
        for name, line in lines.items():
            before = Path("/etc", name).read_text(encoding="utf-8") if name != "sudoers" else ""
            (etc / name).write_text(f"{before.rstrip()}\n{line}\n", encoding="utf-8")
        (etc / "shadow").chmod(0o600)
        (self.folder / "home").chmod(0o755)
        (self.folder / "key").write_text(self.key, encoding="ascii")
        (self.folder / "key").chmod(0o600)
        public = subprocess.run(
            [program("ssh-keygen"), "-y", "-f", self.folder / "key"], capture_output=True, text=True, check=True
        ).stdout
        (self.folder / "authorized_keys").write_text(public, encoding="ascii")
        (self.folder / "authorized_keys").chmod(0o644)


@contextlib.contextmanager
def machine(host: str = "127.0.0.1", port: int = 0) -> Iterator[Sshd]:
    """Give a machine that was not started yet, and end it with the block."""
    program("sshd")
    with ground() as folder:
        made = Sshd(folder, host, port)
        try:
            yield made
        finally:
            made.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
