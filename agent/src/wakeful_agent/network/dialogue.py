"""A conversation with one program: over a unix socket, TCP (with TLS) or UDP, within one time and bounded in size."""

from __future__ import annotations

import socket
import ssl
from time import monotonic

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.network import tls as trust
from wakeful_agent.network.place import parse_place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Callable, TypeVar

    from wakeful_agent.network.place import Place

    Got = TypeVar("Got")

RECEIVE_BYTES = 16_384
DATAGRAM_BYTES_MAX = 65_535


class Dialogue:
    """Opens a connection on entering and closes it on leaving; all it does happens within `timeout_seconds`.

    `address` is `unix:/path`, `tcp://host:port`, `udp://host:port` or `host:port`. With `tls` the other end's
    certificate is verified, against `ca_file` or the system's authorities, or is the one with the `fingerprint`.
    Everything raises Absent (no such unix socket), Denied (it may not be opened), Late, Malformed or HostError.
    """

    def __init__(
        self,
        address: str | Place,
        timeout_seconds: float,
        tls: bool = False,
        ca_file: str | None = None,
        fingerprint: str | None = None,
    ) -> None:
        self.place = parse_place(address) if isinstance(address, str) else address
        self._timeout_seconds = timeout_seconds
        self._deadline = monotonic() + timeout_seconds
        self._secure = (ca_file, fingerprint) if tls else None
        self._held = b""
        self._channel: socket.socket | None = None

    def __enter__(self) -> Dialogue:
        self._deadline = monotonic() + self._timeout_seconds
        self._channel = self._guarded(self._open)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def renew(self, timeout_seconds: float) -> None:
        """Give what follows on the open connection a time of its own."""
        self._timeout_seconds = timeout_seconds
        self._deadline = monotonic() + timeout_seconds

    def send(self, content: bytes) -> None:
        """Send all of `content`; over UDP as one datagram."""
        self._guarded(lambda: self._ready().sendall(content))

    def line(self, most: int = 65_536) -> bytes:
        """Return the next line with its end; raise Malformed when it has more than `most` bytes."""
        return self.until(b"\n", most)

    def until(self, mark: bytes, most: int = 65_536) -> bytes:
        """Return everything up to the next `mark` and it; raise Malformed when that is more than `most` bytes."""
        while mark not in self._held[: most + len(mark)]:
            if len(self._held) > most:
                raise Malformed(f"{self.place.text} writes more than {most} bytes")
            self._held += self._next()
        end = self._held.index(mark) + len(mark)
        return self._cut(end)

    def exactly(self, size: int) -> bytes:
        """Return the next `size` bytes."""
        parts = [self._cut(size)]
        missing = size - len(parts[0])
        while missing > 0:
            part = self._next()
            parts.append(part[:missing])
            self._held = part[missing:]
            missing -= len(part)
        return b"".join(parts)

    def rest(self, most: int = 4_194_304) -> bytes:
        """Return everything up to the end of the connection; raise Malformed when it is more than `most` bytes."""
        parts = [self._cut(len(self._held))]
        size = len(parts[0])
        while True:
            part = self.some()
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
            if size > most:
                raise Malformed(f"{self.place.text} writes more than {most} bytes")

    def some(self) -> bytes:
        """Return what comes next, at most 16 KiB; nothing at the end of the connection."""
        if self._held:
            return self._cut(RECEIVE_BYTES)
        return self._guarded(lambda: self._ready().recv(RECEIVE_BYTES))

    def datagram(self, most: int = DATAGRAM_BYTES_MAX) -> bytes:
        """Return the next datagram; raise Malformed when it has more than `most` bytes."""
        content = self._guarded(lambda: self._ready().recv(most + 1))
        if len(content) > most:
            raise Malformed(f"{self.place.text} sends more than {most} bytes")
        return content

    @property
    def certificate_expires_ms(self) -> int | None:
        """Return when the other end's certificate ends, in ms since the epoch; None without TLS or with a pin."""
        if not isinstance(self._channel, ssl.SSLSocket):
            return None
        told: Any = (self._channel.getpeercert() or {}).get("notAfter")
        return ssl.cert_time_to_seconds(told) * 1000 if told else None

    def _cut(self, size: int) -> bytes:
        cut, self._held = self._held[:size], self._held[size:]
        return cut

    def _next(self) -> bytes:
        part = self._guarded(lambda: self._ready().recv(RECEIVE_BYTES))
        if not part:
            raise HostError(f"{self.place.text} closed the connection before its answer was whole")
        return part

    def _left(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def _ready(self) -> socket.socket:
        if self._channel is None:
            raise HostError(f"{self.place.text} is not connected")
        self._channel.settimeout(self._left())
        return self._channel

    def _open(self) -> socket.socket:
        place = self.place
        if place.kind == "unix":
            channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                channel.settimeout(self._left())
                channel.connect(place.path)
            except BaseException:
                channel.close()
                raise
            return channel
        # As bytes: text would load the codec for international names, half a megabyte.
        end: Any = (place.host.encode("ascii"), place.port)
        if place.kind == "udp":
            return _open_datagrams(end, self._left())
        channel = socket.create_connection(end, self._left())
        if self._secure is None:
            return channel
        try:
            return self._encrypted(channel, *self._secure)
        except BaseException:
            channel.close()
            raise

    def _encrypted(self, channel: socket.socket, ca_file: str | None, fingerprint: str | None) -> socket.socket:
        channel.settimeout(self._left())
        context = trust.context(ca_file, fingerprint)
        secured = context.wrap_socket(channel, server_hostname=self.place.host.encode("ascii"))
        if fingerprint:
            shown: Any = secured.getpeercert(binary_form=True)
            if trust.fingerprint_of(shown) != fingerprint:
                secured.close()
                raise HostError(f"{self.place.text} shows another certificate: {trust.fingerprint_of(shown)}")
        return secured

    def _guarded(self, action: Callable[[], Got]) -> Got:
        try:
            return action()
        except (OSError, ValueError) as error:
            raise translated(error, self.place, self._timeout_seconds) from None


def _open_datagrams(end: Any, timeout_seconds: float) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(end[0], end[1], 0, socket.SOCK_DGRAM)[0]
    channel = socket.socket(family, kind, protocol)
    try:
        channel.settimeout(timeout_seconds)
        channel.connect(address)
    except BaseException:
        channel.close()
        raise
    return channel


def translated(error: Exception, place: Place, timeout_seconds: float) -> HostError:
    """Return the house's own error for what a socket, a lookup or TLS said at `place`."""
    kinds: tuple[tuple[tuple[type[Exception], ...], type[HostError], str], ...] = (
        ((TimeoutError, socket.timeout), Late, f"{place.text} does not answer within {round(timeout_seconds, 2):g} s"),
        ((FileNotFoundError, NotADirectoryError), Absent, f"there is no socket {place.text}"),
        ((PermissionError,), Denied, f"{place.text} may not be opened by this user"),
        ((ConnectionRefusedError,), HostError, f"nothing listens at {place.text}"),
        ((ConnectionError,), HostError, f"{place.text} closed the connection"),
        ((socket.gaierror,), HostError, f"the name {place.host} cannot be looked up"),
    )
    if isinstance(error, ssl.SSLCertVerificationError):
        return HostError(f"the certificate of {place.text} is not trusted: {label(error.verify_message)}")
    if isinstance(error, ssl.SSLError):
        return HostError(f"{place.text} speaks no TLS, or none that is taken ({label(error.reason or str(error))})")
    for classes, ours, sentence in kinds:
        if isinstance(error, classes):
            return ours(sentence)
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return HostError(f"{place.text}: {label(reason)}")
