"""An SSH server in this process, for what must run without root: one account, its commands run by a shell.

It passes the suite of `ssh_suite.py`, as Debian's sshd does in `tests/real/test_sshd.py`; beyond that it can do what a
healthy sshd does not: hang at any point, hang up, show a key of another day, ask by keyboard-interactive.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from wakeful_collector.integrations.ollama.ssh_keys import HostKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "sesame, open 9f2"
USER = "nala"
_MAKERS: dict[str, Any] = {
    "ed25519": (ed25519.Ed25519PrivateKey.generate, paramiko.Ed25519Key),
    "ecdsa": (lambda: ec.generate_private_key(ec.SECP256R1()), paramiko.ECDSAKey),
    "rsa": (lambda: rsa.generate_private_key(65_537, 2048), paramiko.RSAKey),
}


def new_key(kind: str = "ed25519", passphrase: str = "", pem: bool = False) -> str:
    """Make a private key as people paste it: OpenSSH's form, or PEM."""
    form = serialization.PrivateFormat.PKCS8 if pem else serialization.PrivateFormat.OpenSSH
    locked: Any = serialization.NoEncryption()
    if passphrase:
        locked = serialization.BestAvailableEncryption(passphrase.encode())
    made = _MAKERS[kind][0]()
    return str(made.private_bytes(serialization.Encoding.PEM, form, locked).decode())


def loaded(text: str, kind: str = "ed25519") -> Any:
    """Read a key of `new_key` for the server's side."""
    return _MAKERS[kind][1].from_private_key(io.StringIO(text))


class SshServer:
    """One account on one machine; `commands` are what was asked to run, `talks` how many connections came."""

    user = USER
    password = PASSWORD

    def __init__(
        self, folder: Path, kinds: tuple[str, ...] = ("ed25519",), host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.folder, self.host = folder, host
        self.programs = folder / "bin"
        self.programs.mkdir(parents=True, exist_ok=True)
        self.key = new_key()
        self.kinds = kinds
        self.host_keys: list[Any] = []
        self.change_host_key()
        self.takes = ["publickey", "password"]
        self.needs_both = False
        self.silent = False
        self.hangs_up_after_exec = False
        self.stalls_login = False
        self.refuses_sessions = False
        self.refuses_commands = False
        self.stalls_commands = False
        self.commands: list[str] = []
        self.said: list[str] = []
        self.talks = 0
        self._children: list[subprocess.Popen[bytes]] = []
        self._transports: list[paramiko.Transport] = []
        self._released = threading.Event()
        self._door = socket.create_server((host, port))
        self.port = int(self._door.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def change_host_key(self) -> None:
        """Install the machine anew, as far as its keys tell."""
        self.host_keys = [loaded(new_key(kind), kind) for kind in self.kinds]

    @property
    def host_key(self) -> HostKey:
        """The first key that it shows."""
        return HostKey(self.host_keys[0].get_name(), self.host_keys[0].get_base64())

    def program(self, name: str, script: str) -> None:
        """Put a program on the account's path."""
        path = self.programs / name
        path.write_text(f"#!/bin/sh\n{script}\n", encoding="ascii")
        path.chmod(0o755)

    def close(self) -> None:
        """End it and all that it started."""
        self._released.set()
        with contextlib.suppress(OSError):  # whoever waits in accept is not woken by a close
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        for one in self._transports:
            one.close()
        for child in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait(10)

    def _accept(self) -> None:
        while True:
            try:
                channel, _ = self._door.accept()
            except OSError:
                return
            self.talks += 1
            threading.Thread(target=self._serve, args=(channel,), daemon=True).start()

    def _serve(self, channel: socket.socket) -> None:
        if self.silent:
            self._released.wait(30)
            channel.close()
            return
        transport = paramiko.Transport(channel)
        transport.set_log_channel("wakeful.gateway.paramiko")
        self._transports.append(transport)
        for key in self.host_keys:
            transport.add_server_key(key)
        with contextlib.suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=_Account(self, transport))

    def execute(self, command: str, channel: paramiko.Channel, transport: paramiko.Transport) -> None:
        """Run what was asked for as sshd does: by the account's shell, with its pipes on the channel."""
        self.commands.append(command)
        if self.hangs_up_after_exec:
            transport.close()
            return
        environ = {"PATH": f"{self.programs}:/usr/bin:/bin", "HOME": str(self.folder), "LC_ALL": "C"}
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            ["/bin/sh", "-c", command],
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.STDOUT,
            env=environ,
            cwd=self.folder,
            start_new_session=True,
        )
        self._children.append(child)
        threading.Thread(target=self._feed, args=(child, channel), daemon=True).start()
        assert child.stdout is not None
        with contextlib.suppress(OSError):
            while more := child.stdout.read1(4096):  # type: ignore[attr-defined]  # a BufferedReader, as bufsize says
                channel.sendall(more)
        child.stdout.close()
        with contextlib.suppress(OSError, EOFError):
            channel.send_exit_status(max(child.wait(), 0))
            channel.close()

    def _feed(self, child: subprocess.Popen[bytes], channel: paramiko.Channel) -> None:
        assert child.stdin is not None
        with contextlib.suppress(OSError):
            while more := channel.recv(4096):
                self.said.append(more.decode())
                child.stdin.write(more)
                child.stdin.flush()
        with contextlib.suppress(OSError):
            child.stdin.close()


class _Account(paramiko.ServerInterface):
    def __init__(self, server: SshServer, transport: paramiko.Transport) -> None:
        self._server = server
        self._transport = transport
        self._key_taken = False

    def get_allowed_auths(self, username: str) -> str:
        return ",".join(self._server.takes)

    def check_auth_password(self, username: str, password: str) -> int:
        if self._server.stalls_login:
            self._server._released.wait(30)
        right = "password" in self._server.takes and self._is(username, password)
        if right and self._server.needs_both and not self._key_taken:
            return paramiko.AUTH_PARTIALLY_SUCCESSFUL
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = "publickey" in self._server.takes and username == self._server.user
        if not known or key.get_base64() != loaded(self._server.key).get_base64():
            return paramiko.AUTH_FAILED
        self._key_taken = True
        return paramiko.AUTH_PARTIALLY_SUCCESSFUL if self._server.needs_both else paramiko.AUTH_SUCCESSFUL

    def check_auth_interactive(self, username: str, submethods: str) -> Any:
        if "keyboard-interactive" not in self._server.takes:
            return paramiko.AUTH_FAILED
        return paramiko.InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> int:
        right = responses == [self._server.password]
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        if self._server.refuses_sessions:
            return paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if self._server.stalls_commands:
            self._server._released.wait(30)
        if self._server.refuses_commands:
            return False
        words = (command.decode(), channel, self._transport)
        threading.Thread(target=self._server.execute, args=words, daemon=True).start()
        return True

    def _is(self, username: str, password: str) -> bool:
        return (username, password) == (self._server.user, self._server.password)


@contextlib.contextmanager
def ssh_server(folder: Path, *kinds: str) -> Iterator[SshServer]:
    """Run a server until the block ends."""
    server = SshServer(folder, kinds or ("ed25519",))
    try:
        yield server
    finally:
        server.close()
