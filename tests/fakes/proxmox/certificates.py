"""The authority of a cluster and the certificate of its node, as `pvecm updatecerts` makes them."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from typing import TYPE_CHECKING, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

DAY = datetime.timedelta(days=1)


class Shown(NamedTuple):
    """A certificate with its key, in one PEM file; `fingerprint` as PVE shows it."""

    file: Path
    fingerprint: str


class Authority:
    """The CA of a cluster: without a key usage, as PVE's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Proxmox Virtual Environment {folder.name}")])
        self.certificate = self._sign(self.name, self.key.public_key(), 90, None)
        self.ca = self.certificate.public_bytes(serialization.Encoding.PEM).decode()
        self.made = 0

    def issue(self, *names: str, days_left: int = 60) -> Shown:
        """Make a certificate for these names and addresses; with `days_left` below zero it is expired."""
        self.made += 1
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        certificate = self._sign(subject, key.public_key(), days_left, names)
        private = serialization.PrivateFormat.PKCS8
        text = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
        file = self.folder / f"node-{self.made}.pem"
        file.write_bytes(text + certificate.public_bytes(serialization.Encoding.PEM))
        return Shown(file, fingerprint(certificate.public_bytes(serialization.Encoding.DER)))

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey, days_left: int, names: tuple[str, ...] | None
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 10 * DAY)
            .not_valid_after(now + days_left * DAY)
            .add_extension(x509.BasicConstraints(names is None, None), True)
        )
        if names is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name) for name in names]), False)
        return builder.sign(self.key, hashes.SHA256())


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate as PVE shows it."""
    digits = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digits[at : at + 2] for at in range(0, 64, 2))


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
