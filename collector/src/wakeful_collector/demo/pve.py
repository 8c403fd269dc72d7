"""A make-believe Proxmox VE on the loopback, over TLS with a certificate of its own; and its past in the collector."""

from __future__ import annotations

import datetime
import hashlib
import json
import ssl
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from wakeful_collector import clock
from wakeful_collector.demo import pve_answers, pve_deeds, pve_estate
from wakeful_collector.demo.pve_answers import Refused
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.store import proxmox_changes, proxmox_clusters, proxmox_wishes, vault
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import Change

if TYPE_CHECKING:
    from wakeful_collector.demo.pve_world import World
    from wakeful_collector.demo.story import Story

LOGIN = "wakeful@pve!demo"
SECRET = "5a3d1c1e-0000-4000-8000-2d1f4c6b7a80"  # noqa: S105 - nobody but this demo takes it
ROOT = "/api2/json"
BODY_BYTES_MAX = 1 << 19


class Cluster(ThreadingHTTPServer):
    """The cluster: `host` is where it answers, `fingerprint` that of its certificate."""

    daemon_threads = True

    def __init__(self, world: World) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.world = world
        self.host = f"127.0.0.1:{self.server_address[1]}"
        certificate, key = _certificate(clock.now_ms())
        self.fingerprint = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()
        self._tls = _context(certificate, key)
        threading.Thread(target=self.serve_forever, name="sample-proxmox", daemon=True).start()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Speak TLS, in the thread of the connection."""
        request.settimeout(30)
        try:
            wrapped = self._tls.wrap_socket(request, server_side=True)
        except OSError:
            return
        super().finish_request(wrapped, client_address)
        wrapped.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that broke off."""

    def close(self) -> None:
        """Give the port back."""
        self.shutdown()
        self.server_close()


class _Talk(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the handler's own signature
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer what is asked."""
        self._do(pve_answers.answer)

    def do_POST(self) -> None:
        """Do what is asked."""
        self._do(lambda world, path, form: pve_deeds.perform(world, self.command, path, form, LOGIN))

    do_PUT = do_POST  # noqa: N815 - the handler's own names
    do_DELETE = do_POST  # noqa: N815 - the handler's own names

    def _do(self, told: Any) -> None:
        form = self._form()
        path, _, query = self.path.partition("?")
        try:
            if self.headers.get("Authorization") != f"PVEAPIToken={LOGIN}={SECRET}":
                raise Refused(401, "no such token")
            form |= dict(parse_qsl(query, keep_blank_values=True))
            data = told(self._cluster.world, unquote(path.removeprefix(ROOT)), form)
        except Refused as refused:
            self._answer(refused.status, {"data": None, "message": f"{refused.reason}\n"}, refused.reason)
        else:
            self._answer(200, {"data": data}, "OK")

    def _form(self) -> dict[str, str]:
        length = self.headers.get("Content-Length", "0")
        raw = self.rfile.read(min(int(length), BODY_BYTES_MAX)) if length.isdecimal() else b""
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))

    def _answer(self, status: int, document: dict[str, Any], reason: str) -> None:
        body = json.dumps(document).encode()
        self.send_response(status, reason)
        self.send_header("Content-Type", "application/json;charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @property
    def _cluster(self) -> Cluster:
        return cast("Cluster", self.server)


def settle(data: Path, story: Story, served: Cluster) -> None:
    """Say where the sample cluster stands this time, and what it shows."""
    made = clusters.check(
        {
            "name": pve_estate.CLUSTER,
            "hosts": [served.host],
            "login": LOGIN,
            "fingerprints": [served.fingerprint],
            "poll_seconds": 5,
        }
    )
    sealed = vault.seal(data, SECRET)
    with changing(data) as connection:
        known = proxmox_clusters.by_name(connection, made.name)
        made_ms = story.end_ms - story.days * 86_400_000 if known is None else known.made_ms
        proxmox_clusters.keep(connection, clusters.row(made, sealed, made_ms, clock.now_ms()))


def tell(data: Path, story: Story) -> None:
    """Write what changed in the sample cluster, as far back as the story goes."""
    rows = []
    for hours, subject, name, field, old, new, who in reversed(pve_estate.CHANGES):
        at_ms = story.end_ms - round(hours * 3_600_000)
        if hours <= story.days * 24:
            rows.append(Change(at_ms, at_ms, "guest", subject, name, "", "", field, old, new, who))
    with changing(data) as connection:
        proxmox_changes.add(connection, pve_estate.CLUSTER, rows)
        note, count = "ready for the season", len(pve_estate.WISHES)
        proxmox_wishes.keep(connection, pve_estate.WISHES, "user:mira", note, count, story.end_ms - 3_600_000)


def _context(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    pem = certificate.public_bytes(serialization.Encoding.PEM) + key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pve.pem"
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context


def _certificate(now_ms: int) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pve1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=730))
        .sign(key, hashes.SHA256())
    )
    return made, key
