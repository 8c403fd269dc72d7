"""SSH to one machine: its key is the pinned one, one command in a bounded time, and never a secret in a text."""

from __future__ import annotations

import contextlib
import logging
import shlex
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector import clock
from wakeful_collector.integrations.ollama.ssh_keys import HostKey, KeyUnfit, algorithms, private_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from paramiko import Channel, Transport

OUTPUT_BYTES_MAX = 8_192
CONNECT_SECONDS = 10.0
KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa")
_LOG = "wakeful.gateway.paramiko"

UNREACHABLE, LATE, CHANGED, DENIED, BROKEN = "unreachable", "late", "host_key", "login", "protocol"
"""What can be wrong: nobody answers, it takes too long, another key, the account does not open, no such talk."""


class SshError(Exception):
    """The command was not run; `kind` is one of the five above, the text is for people and holds no secret."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


class KeyChanged(SshError):
    """The machine shows another key than the one that was pinned; nothing was sent to it."""

    def __init__(self, where: str, pinned: Sequence[HostKey], shown: HostKey) -> None:
        known = ", ".join(one.text for one in pinned)
        super().__init__(
            CHANGED,
            f"{where} shows another host key than the one that was pinned (pinned: {known}; shown: {shown.text}). "
            "No secret was sent. If the machine was installed anew, compare this with `ssh-keygen -lf` on its console "
            "and accept it with gateway.trust; if it was not, somebody may stand in between",
        )
        self.pinned = tuple(pinned)
        self.shown = shown


@dataclass(frozen=True, slots=True)
class Account:
    """Whom to log in as, and where; the secrets are no part of its text."""

    host: str
    port: int
    user: str
    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)

    @property
    def where(self) -> str:
        """Return the machine for a sentence."""
        return f"{self.host} port {self.port}"


class Ended(NamedTuple):
    """How a command ended: its exit status, None where the connection was gone before it came; what it wrote, bounded.

    `late`: it had not ended in its time.
    """

    status: int | None
    output: str
    late: bool = False


def run(
    account: Account,
    command: Sequence[str],
    pinned: Sequence[HostKey],
    pin: Callable[[HostKey], object],
    timeout_seconds: float,
    stdin: str = "",
) -> Ended:
    """Log in, run one command and return how it ended; `command` is quoted word by word, `stdin` is what it reads.

    Without a pinned key the one that is shown goes to `pin` before anything else is said.

    Raises:
        KeyChanged: the key is none of the pinned ones.
        SshError: the command was not begun.
    """
    deadline = clock.monotonic_seconds() + timeout_seconds
    with _connected(account.host, account.port, _preferred(pinned), deadline) as transport:
        shown = _key_of(transport)
        if not pinned:
            pin(shown)
        elif shown not in pinned:
            raise KeyChanged(account.where, pinned, shown)
        _log_in(transport, account, deadline)
        return _run(transport, shlex.join(command), stdin, account.where, deadline)


def host_keys(host: str, port: int, timeout_seconds: float) -> list[HostKey]:
    """Return the keys that a machine shows, one of each kind; takes a connection for each.

    Raises:
        SshError: nobody answers there, or no SSH.
    """
    deadline = clock.monotonic_seconds() + timeout_seconds
    found, problem = [], None
    for kind in KINDS:
        try:
            with _connected(host, port, algorithms(kind), deadline) as transport:
                found.append(_key_of(transport))
        except SshError as error:
            if error.kind != BROKEN:
                raise
            problem = error  # it has no key of this kind
    if not found and problem is not None:
        raise problem
    return found


def _preferred(pinned: Sequence[HostKey]) -> tuple[str, ...]:
    """Return the algorithms to ask for: those of pinned keys first, so that a key of a further kind is no change."""
    every = [name for kind in KINDS for name in algorithms(kind)]
    first = [name for one in pinned for name in algorithms(one.kind) if name in every]
    return tuple(dict.fromkeys([*first, *every]))


@contextlib.contextmanager
def _connected(host: str, port: int, keys: tuple[str, ...], deadline: float) -> Iterator[Transport]:
    import paramiko

    logging.getLogger(_LOG).setLevel(logging.CRITICAL)  # what goes wrong is told once, by whoever asked
    where = f"{host} port {port}"
    with contextlib.ExitStack() as held:
        try:
            channel = socket.create_connection((host, port), min(CONNECT_SECONDS, _left(deadline, where)))
            held.callback(channel.close)
            transport = paramiko.Transport(channel)
            held.callback(transport.close)
            held.callback(_ended_at(deadline, transport.close).cancel)
            transport.set_log_channel(_LOG)
            transport.get_security_options().key_types = keys
            transport.banner_timeout = transport.handshake_timeout = _left(deadline, where)
            transport.start_client(timeout=_left(deadline, where))
            yield transport
        except (OSError, EOFError, paramiko.SSHException) as error:
            raise _told(error, host, where, clock.monotonic_seconds() >= deadline) from None


def _ended_at(deadline: float, end: Callable[[], object]) -> threading.Timer:
    """Call `end` when the time is over: some waits of the library have no end of their own."""
    timer = threading.Timer(max(0.0, deadline - clock.monotonic_seconds()), end)
    timer.daemon = True
    timer.start()
    return timer


def _told(error: Exception, host: str, where: str, late: bool) -> SshError:
    """Return the house's own error for what the system or the protocol said."""
    if late or isinstance(error, TimeoutError):
        return SshError(LATE, f"{where} did not answer in time")
    if isinstance(error, socket.gaierror):
        return SshError(UNREACHABLE, f"the name {host} cannot be looked up: {error.strerror}")
    if isinstance(error, OSError):
        return SshError(UNREACHABLE, f"{where} cannot be reached: {error.strerror or error}")
    return SshError(BROKEN, f"{where} does not speak SSH as expected: {_plain(str(error)) or 'it hung up'}")


def _key_of(transport: Transport) -> HostKey:
    key = transport.get_remote_server_key()
    return HostKey(key.get_name(), key.get_base64())


def _log_in(transport: Transport, account: Account, deadline: float) -> None:
    """Open the account: by the key, and by the password where the key is not (or not alone) taken."""
    import paramiko

    problems = []
    for way, secret in (("key", account.key), ("password", account.password)):
        if not secret or transport.is_authenticated():
            continue
        transport.auth_timeout = _left(deadline, account.where)
        try:
            if way == "key":
                transport.auth_publickey(account.user, private_key(secret))
            else:
                transport.auth_password(account.user, secret)
        except KeyUnfit as error:
            problems.append(str(error))
        except paramiko.BadAuthenticationType as error:
            problems.append(f"it takes no {way}, but {', '.join(_plain(one) for one in error.allowed_types)}")
        except paramiko.AuthenticationException:
            _left(deadline, account.where)
            problems.append(f"it refuses the {way}")
    if not transport.is_authenticated():
        told = "; ".join(problems) or "neither a key nor a password that it takes was given"
        raise SshError(DENIED, f"{account.user} cannot log in at {account.where}: {told}")


def _run(transport: Transport, command: str, stdin: str, where: str, deadline: float) -> Ended:
    from paramiko import SSHException

    channel = transport.open_session(timeout=_left(deadline, where))
    channel.settimeout(_left(deadline, where))
    channel.set_combine_stderr(True)
    try:
        channel.exec_command(command)
    except (SSHException, EOFError, OSError):
        if transport.is_active():
            raise
        return Ended(None, "", clock.monotonic_seconds() >= deadline)  # gone as it was asked: it may have begun
    with contextlib.suppress(OSError):  # it may have ended without reading
        channel.sendall(stdin.encode("utf-8"))
        channel.shutdown_write()
    output = bytearray()
    try:
        while more := _receive(channel, deadline):
            output += more[: OUTPUT_BYTES_MAX - len(output)]
        channel.status_event.wait(max(0.0, deadline - clock.monotonic_seconds()))
    except TimeoutError:
        return Ended(None, _text(output), late=True)
    if channel.exit_status < 0:
        return Ended(None, _text(output), clock.monotonic_seconds() >= deadline)
    return Ended(channel.exit_status, _text(output))


def _receive(channel: Channel, deadline: float) -> bytes:
    channel.settimeout(_left(deadline, ""))
    return channel.recv(4_096)


def _left(deadline: float, where: str) -> float:
    left = deadline - clock.monotonic_seconds()
    if left <= 0:
        raise TimeoutError(where)
    return left


def _text(output: bytearray) -> str:
    return "\n".join(_plain(line) for line in output.decode("utf-8", "replace").splitlines())


def _plain(text: str) -> str:
    """Return hostile text without what a terminal or a log would act on."""
    return "".join(character if character.isprintable() else "?" for character in text)[:500]
