"""An authority of its own and the certificate of the doors, with the ways in which certificates are bad."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

DAY = datetime.timedelta(days=1)


class Authority:
    """Signs what the doors show; `context` is theirs and what it shows can be changed while they are open."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca_file = folder / "ca.pem"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.certificate = self._sign("Test authority", self.key.public_key(), authority=True)
        self.ca_file.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.show()

    def show(self, *, name: str = "127.0.0.1", days_left: int = 2, trusted: bool = True) -> None:
        """Show another certificate from the next connection on: for another name, expired, or of a stranger."""
        key = ec.generate_private_key(ec.SECP256R1())
        signer = self if trusted else Authority(_made(self.folder / "stranger"))
        certificate = signer._sign(name, key.public_key(), days_left=days_left)
        file = self.folder / "shown.pem"
        private = serialization.PrivateFormat.PKCS8
        text = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
        file.write_bytes(text + certificate.public_bytes(serialization.Encoding.PEM))
        self.context.load_cert_chain(file)

    def _sign(
        self, name: str, key: ec.EllipticCurvePublicKey, days_left: int = 2, authority: bool = False
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        try:
            alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
        except ValueError:
            alternative = x509.DNSName(name.replace(" ", "-"))
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test authority")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(issuer)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * DAY)
            .not_valid_after(now + days_left * DAY)
            .add_extension(x509.SubjectAlternativeName([alternative]), False)
            .add_extension(x509.BasicConstraints(authority, None), True)
        )
        return builder.sign(self.key, hashes.SHA256())


def _made(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    return folder
