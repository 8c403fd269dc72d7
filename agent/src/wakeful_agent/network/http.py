"""One kept-alive connection to the collector: requests with a deadline, bounded answers, TLS always verified."""

from __future__ import annotations

import binascii
import socket
import ssl
from time import monotonic

from wakeful_agent.network import tls
from wakeful_agent.network.response import BadResponse, Reader, Response, read_response, read_tunnel
from wakeful_wire import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.config.address import Address

USER_AGENT = f"wakeful-agent/{__version__}"
RECEIVE_BYTES = 16_384


class Unreachable(Exception):
    """There was no valid answer; the text says why and names the way out."""


class Client:
    """Speaks to one collector, directly or through a proxy. To be used from one thread; `abort` from any."""

    def __init__(
        self,
        address: Address,
        proxy: Address | None = None,
        ca_file: str | None = None,
        fingerprint: str | None = None,
        timeout_seconds: float = 20.0,
    ) -> None:
        self._address = address
        self._proxy = proxy
        self._ca_file = ca_file
        self._fingerprint = fingerprint
        self._context: ssl.SSLContext | None = None
        self._channel: socket.socket | None = None
        self.timeout_seconds = timeout_seconds
        self.connections = 0
        """How many connections were made so far."""

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send a POST and return its answer within `timeout_seconds`; raise Unreachable.

        When a kept connection turns out to be closed before anything came back, a new one is tried once.
        """
        deadline = monotonic() + self.timeout_seconds
        request = self._request(path, body, headers)
        if self._channel is not None:
            response = self._exchange(self._channel, request, deadline, kept=True)
            if response is not None:
                return response
        channel = self._connect(deadline)
        response = self._exchange(channel, request, deadline, kept=False)
        if response is None:
            raise Unreachable(f"{self._address.text} closed the connection without an answer")
        return response

    def close(self) -> None:
        """Close the connection."""
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def abort(self) -> None:
        """Make a request that another thread waits in fail now."""
        channel = self._channel
        if channel is not None:
            try:
                # The plain socket's shutdown: ssl's own would change the channel under the thread that reads it.
                socket.socket.shutdown(channel, socket.SHUT_RDWR)
            except OSError:
                return

    def _exchange(self, channel: socket.socket, request: bytes, deadline: float, kept: bool) -> Response | None:
        """Return the answer, or None when the channel was closed before one began."""

        def receive() -> bytes:
            channel.settimeout(_left(deadline))
            return channel.recv(RECEIVE_BYTES)

        reader = Reader(receive)
        try:
            channel.settimeout(_left(deadline))
            channel.sendall(request)
            response = read_response(reader)
        except (OSError, BadResponse) as error:
            self.close()
            broken = isinstance(error, (ConnectionError, BadResponse, ssl.SSLEOFError))
            if not reader.started and broken and (kept or isinstance(error, BadResponse)):
                return None
            raise self._unreachable(error) from None
        if not response.keep:
            self.close()
        return response

    def _connect(self, deadline: float) -> socket.socket:
        first = self._proxy or self._address
        self.connections += 1
        try:
            # As bytes, here and for TLS: text would load the codec for international names, half a megabyte.
            place: Any = (first.host.encode("ascii"), first.port)
            channel = socket.create_connection(place, _left(deadline))
        except (OSError, UnicodeError) as error:
            raise self._unreachable(error) from None
        self._channel = channel
        try:
            channel.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._address.scheme == "https":
                if self._proxy:
                    self._open_tunnel(channel, deadline)
                self._channel = channel = self._secure(channel, deadline)
        except (OSError, ValueError, tls.WrongCertificate) as error:
            self.close()
            raise self._unreachable(error) from None
        return channel

    def _secure(self, channel: socket.socket, deadline: float) -> ssl.SSLSocket:
        if self._context is None:
            self._context = tls.context(self._ca_file, self._fingerprint)
        channel.settimeout(_left(deadline))
        secured = self._context.wrap_socket(channel, server_hostname=self._address.host.encode("ascii"))
        self._channel = secured
        if self._fingerprint:
            tls.check_pin(secured, self._fingerprint)
        return secured

    def _open_tunnel(self, channel: socket.socket, deadline: float) -> None:
        place = f"{self._address.host}:{self._address.port}"
        if ":" in self._address.host:
            place = f"[{self._address.host}]:{self._address.port}"
        lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}", *self._proxy_lines(), "", ""]

        def receive() -> bytes:
            channel.settimeout(_left(deadline))
            return channel.recv(1)  # not a byte more than the proxy's answer: what follows is TLS

        channel.settimeout(_left(deadline))
        channel.sendall("\r\n".join(lines).encode("ascii"))
        status = read_tunnel(Reader(receive))
        if status != 200:
            raise BadResponse(f"the proxy refused the connection with status {status}")

    def _request(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        target = self._address.path + path
        plain_proxy = self._proxy is not None and self._address.scheme == "http"
        if plain_proxy:
            target = f"http://{self._address.authority}{target}"
        lines = [
            f"POST {target} HTTP/1.1",
            f"Host: {self._address.authority}",
            f"User-Agent: {USER_AGENT}",
            "Accept: application/json",
            "Accept-Encoding: gzip",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in headers.items()),
            *(self._proxy_lines() if plain_proxy else ()),
        ]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii") + body

    def _proxy_lines(self) -> list[str]:
        if self._proxy is None or not self._proxy.credentials:
            return []
        word = binascii.b2a_base64(self._proxy.credentials.encode("ascii"), newline=False).decode("ascii")
        return [f"Proxy-Authorization: Basic {word}"]

    def _unreachable(self, error: Exception) -> Unreachable:
        by = f" through the proxy {self._proxy.authority}" if self._proxy else ""
        return Unreachable(f"{self._address.text}{by}: {_sentence(error)}")


def _left(deadline: float) -> float:
    left = deadline - monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _sentence(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"its certificate is not trusted ({error.verify_message}); set ca_file in agent.toml, "
            "or enrol with --fingerprint"
        )
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({getattr(error, 'reason', None) or error}); is it an https address?"
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "no answer in time"
    if isinstance(error, socket.gaierror):
        return "its name cannot be looked up; check the address and this machine's DNS"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there; check the address and whether the collector runs"
    return str(error) or type(error).__name__
