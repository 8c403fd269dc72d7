"""What the agent's tests share: doors and bare ends to script, over TCP, TLS or unix sockets, places, machines."""

from __future__ import annotations

import datetime
import http.server
import io
import ipaddress
import json
import os
import pathlib
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wakeful_agent.host.files import Host
from wakeful_agent.host.log import Log
from wakeful_wire import packing

if TYPE_CHECKING:
    from pathlib import Path


class Door(http.server.ThreadingHTTPServer):
    """Records requests and answers them as told: `answer` gets each request and returns status, headers, body."""

    daemon_threads = True

    def __init__(self, certificate: Path | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[dict[str, Any]] = []
        self.connections = 0
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, str], bytes]] = accept
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    @property
    def pushes(self) -> list[dict[str, Any]]:
        return [request["document"] for request in list(self.requests)]

    def handle_error(self, request: Any, client_address: Any) -> None:
        return  # clients of these tests break off on purpose


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Door

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        try:
            document = packing.parse_json(packing.inflate(body))
        except ValueError:
            document = None
        request = {"path": self.path, "headers": dict(self.headers), "body": body, "document": document}
        status, headers, content = self.server.answer(request)
        self.server.requests.append(request)
        self.send_response(status)
        headers = {"Content-Length": str(len(content)), **headers}
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.close_connection = self.close_connection or headers.get("Connection") == "close"

    def log_message(self, *_: object) -> None:
        return


def accept(request: dict[str, Any], **more: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, json.dumps({"sequence": request["document"]["sequence"], **more}).encode()


def refuse(
    status: int, code: str, message: str = "no", **headers: str
) -> Callable[..., tuple[int, dict[str, str], bytes]]:
    return lambda _request: (status, headers, json.dumps({"error": code, "message": message}).encode())


def until(true: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait for something that comes about in another thread or process."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come about in time")


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificate")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "cert.der").write_bytes(made.public_bytes(serialization.Encoding.DER))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def tls_door(certificate: Path) -> Iterator[Door]:
    made = Door(certificate)
    yield made
    made.shutdown()
    made.server_close()


class Heard(Log):
    """The real log, writing where a test can read."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        super().__init__("debug", self.stream)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def agent_folders(tmp_path: Path) -> Path:
    """An enrolled agent's folders, `config` and `state`; the url is to be written by `enrol`."""
    (tmp_path / "config").mkdir(mode=0o700)
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path


@pytest.fixture
def tools() -> dict[str, Any]:
    """The functions above, for tests in folders below: test folders are no packages."""
    return {"accept": accept, "refuse": refuse, "until": until, "enrol": enrol, "environment": environment}


def enrol(folder: Path, url: str, **more: Any) -> dict[str, str]:
    """Write an identity and a token; return the environment of an agent that stands there."""
    identity = {"agent_id": "abcdefghijkl", "url": url, "fingerprint": None, "enrolled_ms": 0, **more}
    (folder / "config" / "identity.json").write_text(json.dumps(identity))
    token = folder / "config" / "TOKEN"
    token.write_text("wk_agt_0123456789abcdef0123456789abcdef\n")
    token.chmod(0o600)
    return environment(folder)


def environment(folder: Path, **more: str) -> dict[str, str]:
    """Return the environment of an agent that stands in `folder`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("WAKEFUL_", "NOTIFY_"))}
    return {**kept, "CONFIG_DIR": str(folder / "config"), "STATE_DIR": str(folder / "state"), **more}


Serve = Callable[[Any], None]


class End:
    """A listening socket; each connection is given to `serve` in a thread of its own."""

    def __init__(self, listener: socket.socket, serve: Serve, context: ssl.SSLContext | None = None) -> None:
        self.listener = listener
        self.serve = serve
        self.context = context
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    @property
    def address(self) -> str:
        name = self.listener.getsockname()
        return f"unix:{name}" if isinstance(name, str) else f"{name[0]}:{name[1]}"

    def _run(self) -> None:
        while True:
            try:
                channel, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(channel,), daemon=True).start()

    def _one(self, channel: socket.socket) -> None:
        try:
            if self.context:
                channel = self.context.wrap_socket(channel, server_side=True)
            with channel:
                self.serve(channel)
        except OSError:
            return


@pytest.fixture
def served(tmp_path: Path, certificate: Path) -> Iterator[Callable[..., End]]:
    """Return a function that serves as `serve` does: over tcp, unix or tls."""
    made: list[End] = []

    def make(serve: Serve, kind: str = "tcp") -> End:
        context = None
        if kind == "unix":
            listener = socket.socket(socket.AF_UNIX)
            listener.bind(str(tmp_path / f"{len(made)}.sock"))
            listener.listen()
        else:
            listener = socket.create_server(("127.0.0.1", 0))
        if kind == "tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
        made.append(End(listener, serve, context))
        return made[-1]

    yield make
    for end in made:
        end.listener.close()


@pytest.fixture
def answered(served: Callable[..., End]) -> Callable[..., End]:
    """Return a function that serves one whole answer of bytes to whatever was asked; `.asked` holds that."""

    def make(answer: bytes | Callable[[bytes], bytes], kind: str = "tcp") -> End:
        def serve(channel: socket.socket) -> None:
            asked = channel.recv(65_536)
            if not asked:  # somebody knocked and said nothing
                return
            end.asked.append(asked)  # type: ignore[attr-defined] # set below
            channel.sendall(answer(asked) if callable(answer) else answer)

        end = served(serve, kind)
        end.asked = []  # type: ignore[attr-defined] # the test's own
        return end

    return make


@pytest.fixture
def paged(answered: Callable[..., End]) -> Callable[..., str]:
    """Return a function that serves pages over http: path to body or status; gives the URL, or the address."""

    def make(pages: dict[str, Any], kind: str = "tcp") -> str:
        def answer(asked: bytes) -> bytes:
            path = asked.split(b" ")[1].decode()
            page = pages.get(path, 404)
            status, body = (page, b"no") if isinstance(page, int) else (200, page)
            body = body.encode() if isinstance(body, str) else body
            return b"HTTP/1.1 %d Said\r\nServer: tested/1\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body)

        end = answered(answer, kind)
        return end.address if kind == "unix" else f"http://{end.address}"

    return make


HOSTS = pathlib.Path(__file__).parents[1] / "fixtures" / "hosts"


@pytest.fixture
def machine() -> Callable[[str], Host]:
    """Return a function that gives the host of a fixture tree by name."""
    return lambda name: Host(str(HOSTS / name))


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Host]:
    """Return a function that writes files (path to text) under an empty root and gives its host."""

    def make(files: dict[str, str | bytes]) -> Host:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Host(str(tmp_path))

    return make
