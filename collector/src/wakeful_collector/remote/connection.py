"""One connection to a collector: TLS always verified or pinned, answers bounded in time and size."""

from __future__ import annotations

import http.client
import socket
from contextlib import contextmanager, suppress
from threading import Timer
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector import __version__
from wakeful_collector.remote.address import PIN_PREFIX, Address
from wakeful_collector.remote.failure import UNREACHABLE, Failure

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

ANSWER_BYTES_MAX = 64 * 1024 * 1024
_PIECE_BYTES = 65_536


class Way(NamedTuple):
    """How a collector is reached: its address, a pinned fingerprint or a file of authorities, and a proxy."""

    address: Address
    fingerprint: str = ""
    ca_file: str = ""
    proxy: Address | None = None


class Reply(NamedTuple):
    """What came back; names of headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Untrusted(Failure):
    """Nobody that is believed here vouches for the certificate that was shown."""


class Connection:
    """A connection that is kept between requests; one whose other end went away is made anew."""

    def __init__(self, way: Way, timeout_seconds: float) -> None:
        self.way = way
        self.timeout_seconds = timeout_seconds
        self._open: http.client.HTTPConnection | None = None

    def request(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None, patience_seconds: float = 0
    ) -> Reply:
        """Send a request and return its reply, which may take `patience_seconds` longer than usual; raise Failure.

        What may change something goes out once, on a fresh connection: it is never sent a second time by itself.
        """
        timeout_seconds = self.timeout_seconds + patience_seconds
        headers = {"User-Agent": f"wakeful/{__version__}", "Accept": "application/json", **headers}
        kept = self._open is not None and method == "GET"
        if not kept:
            self.close()
        try:
            try:
                return self._exchange(method, self.way.address.path + target, headers, body, timeout_seconds)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                self.close()
                if not kept:
                    raise
                return self._exchange(method, self.way.address.path + target, headers, body, timeout_seconds)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise self._unreachable(error) from None

    def close(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _exchange(
        self, method: str, target: str, headers: dict[str, str], body: bytes | None, timeout_seconds: float
    ) -> Reply:
        if self._open is None:
            self._open = self._connect()
        channel = self._open
        channel.sock.settimeout(timeout_seconds)
        with _ended_in_time(channel.sock, timeout_seconds):
            channel.request(method, target, body, headers)
            with channel.getresponse() as answer:
                content = _whole(answer)
                ends = answer.will_close
        found = {name.lower(): value for name, value in answer.getheaders()}
        if ends:
            self.close()
        return Reply(answer.status, found, content)

    def _connect(self) -> http.client.HTTPConnection:
        address, proxy = self.way.address, self.way.proxy
        if address.scheme == "http":
            plain = http.client.HTTPConnection(address.host, address.port, timeout=self.timeout_seconds)
            plain.connect()
            return plain
        first = proxy or address
        made = http.client.HTTPSConnection(
            first.host, first.port, timeout=self.timeout_seconds, context=_context(self.way)
        )
        if proxy is not None:
            made.set_tunnel(address.host, address.port)
        try:
            made.connect()
            _check_pin(made.sock, self.way)
        except BaseException:
            made.close()
            raise
        return made

    def _unreachable(self, error: Exception) -> Failure:
        through = f" through the proxy {self.way.proxy.text}" if self.way.proxy else ""
        code, why, hint = _said(error)
        kind = Untrusted if code == "untrusted" else Failure
        return kind(UNREACHABLE, code, f"{self.way.address.text}{through}: {why}", hint)


@contextmanager
def _ended_in_time(channel: socket.socket, seconds: float) -> Iterator[None]:
    """End an exchange that takes longer than `seconds` in all, as TimeoutError: also one that trickles without end."""
    deadline = monotonic() + seconds
    end = Timer(seconds, _shut, (channel,))
    end.daemon = True
    end.start()
    try:
        yield
    except (OSError, http.client.HTTPException):
        if monotonic() < deadline:
            raise
        raise TimeoutError from None
    finally:
        end.cancel()
    if monotonic() >= deadline:
        raise TimeoutError


def _shut(channel: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(channel, socket.SHUT_RDWR)  # not TLS's own, which the reading thread is in


def _whole(answer: http.client.HTTPResponse) -> bytes:
    content = bytearray()
    while piece := answer.read(_PIECE_BYTES):
        content += piece
        if len(content) > ANSWER_BYTES_MAX:
            raise http.client.HTTPException("the answer is larger than 64 MiB")
    if answer.length:
        raise http.client.IncompleteRead(bytes(content))
    return bytes(content)


def _context(way: Way) -> ssl.SSLContext:
    """Return a context that verifies; with a pin the pin decides, and `_check_pin` looks at it."""
    import ssl

    if way.fingerprint:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
        return made
    return ssl.create_default_context(cafile=way.ca_file or None)


def _check_pin(channel: ssl.SSLSocket, way: Way) -> None:
    if not way.fingerprint:
        return
    shown = fingerprint_of(channel.getpeercert(binary_form=True) or b"")
    if shown != way.fingerprint:
        raise Failure(
            UNREACHABLE,
            "other_certificate",
            f"{way.address.text} shows another certificate ({shown}) than the one that was pinned ({way.fingerprint})",
            "if it was changed on purpose, log in again: wakeful login; if not, somebody sits in between",
        )


def fingerprint_of(certificate: bytes) -> str:
    """Return `sha256:` and the hex digest of a certificate in DER form."""
    import hashlib

    return PIN_PREFIX + hashlib.sha256(certificate).hexdigest()


def shown_fingerprint(way: Way, timeout_seconds: float) -> str:
    """Return the fingerprint of the certificate that is shown there, believed or not; raise Failure when none is.

    Nothing is sent but the greeting: whether to believe it is for a person to decide.
    """
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    first = way.proxy or way.address
    looking = http.client.HTTPSConnection(first.host, first.port, timeout=timeout_seconds, context=context)
    if way.proxy is not None:
        looking.set_tunnel(way.address.host, way.address.port)
    try:
        looking.connect()
        return fingerprint_of(looking.sock.getpeercert(binary_form=True) or b"")
    except (OSError, http.client.HTTPException) as error:
        raise Connection(way, timeout_seconds)._unreachable(error) from None  # noqa: SLF001 - the sentence is the same
    finally:
        looking.close()


def _said(error: Exception) -> tuple[str, str, str]:
    """Return a word for programs, what went wrong, and the way out."""
    import ssl

    if isinstance(error, ssl.SSLCertVerificationError):
        hint = "wakeful login shows its fingerprint and asks, or name it: --fingerprint sha256:..., or --ca-file FILE"
        return "untrusted", f"its certificate is not trusted ({error.verify_message})", hint
    if isinstance(error, ssl.SSLError):
        return "tls", f"TLS failed ({error.reason or error})", "is it an https address?"
    if isinstance(error, TimeoutError):
        return "timeout", "no answer in time", "is the collector running, is the VPN up? --timeout SECONDS waits longer"
    if isinstance(error, socket.gaierror):
        return "unknown_name", "its name cannot be looked up", "check the address, and this machine's DNS or VPN"
    if isinstance(error, ConnectionRefusedError):
        return "nobody_listens", "nobody listens there", "check the address, and whether the collector runs"
    if isinstance(error, http.client.RemoteDisconnected):
        return "hung_up", "it hung up without an answer", "is it an https address? Try https://"
    if isinstance(error, http.client.HTTPException):
        return "no_http", f"what answers there does not speak HTTP as it should ({type(error).__name__})", ""
    return "unreachable", str(error) or type(error).__name__, ""
