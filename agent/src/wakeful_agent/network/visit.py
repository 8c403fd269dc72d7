"""One visit to a URL, phase by phase: name, connection, TLS, first byte, the rest; and the certificate that was shown.

A certificate that is not trusted ends the visit: nothing is asked of who shows it. Only to tell when it expires, a
second handshake takes the certificate, without verifying, and hangs up.
"""

from __future__ import annotations

import socket
import ssl
from time import monotonic

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.network import tls as trust
from wakeful_agent.network.certificate import Certificate, parse_certificate
from wakeful_agent.network.dialogue import RECEIVE_BYTES, translated
from wakeful_agent.network.fetch import request_of
from wakeful_agent.network.place import Place
from wakeful_agent.network.response import BadResponse, Reader, read_response
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.network.place import Url

LOOKUP, CONNECT, TLS, WAIT, TRANSFER = PHASES = ("lookup", "connect", "tls", "wait", "transfer")
FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
BODY_BYTES_MAX = 4 * 1024 * 1024


class Visit(NamedTuple):
    """What came of it: without a status when the certificate is not trusted, `distrust` then says why.

    `phases` are seconds by name, those that were gone through.
    """

    status: int | None
    headers: Mapping[str, str]
    body: bytes
    phases: Mapping[str, float]
    certificate: Certificate | None = None
    distrust: str = ""


def visit(
    url: Url,
    *,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    timeout_seconds: float = 10.0,
    most: int = BODY_BYTES_MAX,
    ca_file: str | None = None,
    fingerprint: str | None = None,
    family: str = "",
) -> Visit:
    """Ask for `url` once, over addresses of `family` (ipv4, ipv6; any, if empty), following no redirect.

    Raises Late, Malformed or HostError.
    """
    request = request_of(url, method, headers or {})
    walk = _Walk(url, timeout_seconds, family)
    try:
        return walk.go(request, method, most, ca_file, fingerprint)
    except BadResponse as error:
        raise Malformed(f"{walk.place.text}: {error}") from None
    except (OSError, ValueError) as error:
        raise translated(error, walk.place, timeout_seconds) from None
    finally:
        walk.close()


class _Walk:
    """The state of a visit: its open channel, its deadline, the phases so far."""

    def __init__(self, url: Url, timeout_seconds: float, family: str) -> None:
        self.url = url
        self.place = Place("tcp", url.host, url.port)
        self._family = FAMILIES.get(family, socket.AF_UNSPEC)
        self._mark = monotonic()
        self._deadline = self._mark + timeout_seconds
        self._phases: dict[str, float] = {}
        self._channel: socket.socket | None = None

    def go(self, request: bytes, method: str, most: int, ca_file: str | None, fingerprint: str | None) -> Visit:
        channel, family, end = self._connect()
        certificate = None
        if self.url.scheme == "https":
            try:
                channel = self._secure(channel, trust.context(ca_file, fingerprint))
            except ssl.SSLCertVerificationError as error:
                return Visit(None, {}, b"", self._phases, self._shown(family, end), label(error.verify_message))
            shown: Any = channel.getpeercert(binary_form=True)
            certificate = parse_certificate(shown)
            if fingerprint and trust.fingerprint_of(shown) != fingerprint:
                return Visit(None, {}, b"", self._phases, certificate, f"it is {trust.fingerprint_of(shown)}")
        self._passed(TLS if certificate else CONNECT)
        channel.settimeout(self._left())
        channel.sendall(request)
        response = read_response(Reader(lambda: self._receive(channel), most), method == "HEAD")
        self._passed(TRANSFER)
        return Visit(response.status, response.headers, response.body, self._phases, certificate)

    def close(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _connect(self) -> tuple[socket.socket, int, Any]:
        # As bytes: text would load the codec for international names, half a megabyte.
        found = socket.getaddrinfo(self.url.host.encode("ascii"), self.url.port, self._family, socket.SOCK_STREAM)
        self._passed(LOOKUP)
        problem: OSError = OSError("its name has no address")
        for number, (family, _, _, _, end) in enumerate(found):
            try:
                channel = self._open(family, end, self._left() / (len(found) - number))
            except OSError as error:
                problem = error
                continue
            self._passed(CONNECT)
            return channel, family, end
        raise problem

    def _open(self, family: int, end: Any, seconds: float) -> socket.socket:
        self.close()
        self._channel = channel = socket.socket(family, socket.SOCK_STREAM)
        channel.settimeout(seconds)
        channel.connect(end)
        return channel

    def _secure(self, channel: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        channel.settimeout(self._left())
        self._channel = secured = context.wrap_socket(channel, server_hostname=self.url.host.encode("ascii"))
        return secured

    def _shown(self, family: int, end: Any) -> Certificate | None:
        """Return the certificate of the end that was not trusted; None when it does not show it again."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            secured = self._secure(self._open(family, end, self._left()), context)
            shown: Any = secured.getpeercert(binary_form=True)
            return parse_certificate(shown)
        except (OSError, HostError):
            return None

    def _receive(self, channel: socket.socket) -> bytes:
        channel.settimeout(self._left())
        block = channel.recv(RECEIVE_BYTES)
        if WAIT not in self._phases:
            self._passed(WAIT)
        return block

    def _passed(self, phase: str) -> None:
        now = monotonic()
        self._phases[phase] = self._phases.get(phase, 0.0) + now - self._mark
        self._mark = now

    def _left(self) -> float:
        left = self._deadline - monotonic()
        if left <= 0:
            raise TimeoutError
        return left
