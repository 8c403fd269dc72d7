"""A receiver of webhooks on loopback: takes, refuses, redirects, hangs, trickles, speaks TLS with a stranger's word."""

from __future__ import annotations

import contextlib
import datetime
import http.server
import ipaddress
import json
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

Answer = tuple[int, dict[str, str]]


def taken(_: int) -> Answer:
    """Take everything."""
    return 200, {}


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what it is sent; `answer(n)` says status and headers for the n-th request, from 0."""

    daemon_threads = True

    def __init__(
        self,
        certificate: Path | None = None,
        answer: Callable[[int], Answer] = taken,
        port: int = 0,
        address: str = "127.0.0.1",
    ) -> None:
        super().__init__((address, port), _Handler)
        self.address = address
        self.answer = answer
        self.received: list[dict[str, Any]] = []
        self.arrived = threading.Condition()
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
            self.socket = context.wrap_socket(self.socket, server_side=True)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """An address with a path that nobody should ever see again."""
        return f"{self.scheme}://{self.address}:{self.port}/hooks/PathIsASecret"

    def wait(self, count: int, seconds: float = 20.0) -> list[dict[str, Any]]:
        """Return what arrived once there are `count` requests; fail when there are not in time."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.received) >= count, seconds), self.received
            return list(self.received)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients break off on purpose here."""


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.arrived:
            status, headers = self.server.answer(len(self.server.received))
            kept = {"path": self.path, "headers": dict(self.headers), "body": body, "document": _json(body)}
            self.server.received.append(kept)
            self.server.arrived.notify_all()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def receiver(
    certificate: Path | None = None, answer: Callable[[int], Answer] = taken, port: int = 0
) -> Iterator[Receiver]:
    """Serve until the block ends."""
    server = Receiver(certificate, answer, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


@contextlib.contextmanager
def slow_receiver(trickles: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """Take connections and requests and never come to an end: silent, or a byte of an answer now and then."""
    listener = socket.create_server(("127.0.0.1", 0))
    stopping = threading.Event()
    heard: list[bytes] = []

    def hold(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            heard.append(connection.recv(65_536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not stopping.wait(0.1):
                if trickles:
                    connection.sendall(b"x")

    def accept() -> None:
        while not stopping.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                threading.Thread(target=hold, args=(connection,), daemon=True).start()

    listener.settimeout(0.1)
    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/hooks/PathIsASecret", heard
    finally:
        stopping.set()
        thread.join(5)
        listener.close()


def make_certificate(folder: Path, address: str = "127.0.0.1", days: int = 1) -> Path:
    """Write cert.pem, cert.der and key.pem for an address; with negative `days` it has run out."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.datetime.fromtimestamp(time.time(), datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "cert.der").write_bytes(made.public_bytes(serialization.Encoding.DER))
    (folder / "key.pem").write_bytes(private)
    return folder


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None
