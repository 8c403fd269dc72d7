"""Sockets of clients that may be slow, but not for ever: a silent one must not hold a thread."""

from __future__ import annotations

import errno
import math
import socket
import ssl
import struct
import time
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    Lend = Callable[[], AbstractContextManager[bool]]

SILENT_SECONDS = 10
TAKING_SECONDS = 30.0
TAKEN_BYTES_A_SECOND = 2_000
"""How long a client may take over what is written at once: some seconds, and more the more there is."""

_PIECE_BYTES = 16_384
_TOO_SLOW = "the client took its answer too slowly"

_PROBED = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 120_000),
)


def _not_lent() -> AbstractContextManager[bool]:
    """Stand for `PageThreads.lend` where no thread has a place to lend."""
    return nullcontext(False)


class PatientSocket(socket.socket):
    """A client's socket whose blocking reads and writes end after a while as if the client had reset the connection.

    The time is the kernel's (SO_RCVTIMEO), counted anew with every byte, and stays whatever `setblocking` says later.
    A write that must wait lends the place of its thread (`lend`), and the whole of it has a time of its own then.
    """

    given_up = False
    lend: Lend = staticmethod(_not_lent)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Read as `socket.recv`; raise ConnectionResetError when a blocking read waited too long."""
        try:
            return super().recv(size, flags)
        except BlockingIOError:
            if self.gettimeout() == 0:
                raise
            self.given_up = True
            raise ConnectionResetError(errno.ECONNRESET, "the client was silent for too long") from None

    def sendall(self, data: bytes, flags: int = 0, /) -> None:  # type: ignore[override]  # nobody sends anything else
        """Write as `socket.sendall`; raise ConnectionResetError when a client takes it too slowly."""
        rest = memoryview(data)
        with suppress(BlockingIOError):  # its buffer is full already
            rest = rest[super().send(rest, flags | socket.MSG_DONTWAIT) :]
        if rest:
            with self.lend() as is_lent:
                self._write(rest, flags, _deadline(len(rest)) if is_lent else math.inf)

    def _write(self, rest: memoryview, flags: int, deadline: float) -> None:
        while rest:
            try:
                rest = rest[super().send(rest[:_PIECE_BYTES], flags) :]
            except BlockingIOError:
                self._give_up()
            if rest and time.monotonic() > deadline:
                self._give_up()

    def _give_up(self) -> NoReturn:
        self.given_up = True
        raise ConnectionResetError(errno.ECONNRESET, _TOO_SLOW)

    def shutdown(self, how: int, /) -> None:
        """Shut down as `socket.shutdown`; who was given up is owed no farewell: gunicorn then just closes."""
        if self.given_up:
            raise ConnectionResetError(errno.ECONNRESET, "the client was silent for too long")
        super().shutdown(how)


class PatientTls(ssl.SSLSocket):
    """The same over TLS, which is put around a `PatientSocket` and takes the patience that was set there.

    OpenSSL goes on when the kernel's time is over, so that the time of each blocking read and write is Python's here.
    """

    given_up = False
    lend: Lend = staticmethod(_not_lent)

    def recv(self, size: int = 1024, flags: int = 0) -> bytes:
        """Read as `SSLSocket.recv`; raise ConnectionResetError when a blocking read waited too long."""
        if self.gettimeout() is not None:
            return super().recv(size, flags)
        with self._patience():
            return super().recv(size, flags)

    def sendall(self, data: bytes, _flags: int = 0) -> None:  # type: ignore[override]  # nobody sends anything else
        """Write as `SSLSocket.sendall`; raise ConnectionResetError when a client takes it too slowly."""
        rest = self._taken_at_once(memoryview(data))
        if rest:
            with self.lend() as is_lent:
                self._write(rest, _deadline(len(rest)) if is_lent else math.inf)

    def _write(self, rest: memoryview, deadline: float) -> None:
        while rest:
            with self._patience():
                rest = rest[self.send(rest[:_PIECE_BYTES]) :]
            if rest and time.monotonic() > deadline:
                self.given_up = True
                raise ConnectionResetError(errno.ECONNRESET, _TOO_SLOW)

    @contextmanager
    def _patience(self) -> Iterator[None]:
        seconds, _ = struct.unpack("ll", self.getsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, 16))
        self.settimeout(seconds or None)
        try:
            yield
        except TimeoutError:
            self.given_up = True
            raise ConnectionResetError(errno.ECONNRESET, _TOO_SLOW) from None
        self.settimeout(None)

    def shutdown(self, how: int, /) -> None:
        """Shut down as `SSLSocket.shutdown`; who was given up is owed no farewell, see `PatientSocket.shutdown`."""
        if self.given_up:
            raise ConnectionResetError(errno.ECONNRESET, _TOO_SLOW)
        super().shutdown(how)

    def _taken_at_once(self, rest: memoryview) -> memoryview:
        """Write what can be written without waiting; return the rest, which must go on with the same piece."""
        if self.gettimeout() is not None:
            return rest
        self.setblocking(False)
        with suppress(ssl.SSLWantWriteError):  # its buffer is full
            while rest:
                rest = rest[self.send(rest[:_PIECE_BYTES]) :]
        self.setblocking(True)
        return rest


def _deadline(size_bytes: int) -> float:
    return time.monotonic() + TAKING_SECONDS + size_bytes / TAKEN_BYTES_A_SECOND


def patient(client: socket.socket, seconds: int = SILENT_SECONDS) -> PatientSocket:
    """Return the same connection with bounded patience; the socket handed in is spent."""
    found = PatientSocket(fileno=client.detach())
    set_patience(found, seconds)
    return found


def set_patience(client: socket.socket, seconds: int) -> None:
    """Set how long a blocking read or write of `client` may wait; one that has been closed has no patience to set."""
    try:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            client.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))
    except OSError:
        return


def be_probed(client: socket.socket) -> None:
    """Have the kernel find out within two minutes that a client is gone which could not say so (cable, power)."""
    try:
        for option in _PROBED:
            client.setsockopt(*option)
    except OSError:  # no TCP, or closed already
        return
