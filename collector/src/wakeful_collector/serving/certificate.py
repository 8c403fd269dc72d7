"""A certificate of the collector's own, for machines without one, and the fingerprint that agents pin."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import os
import socket
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

VALID_DAYS = 3650
RENEW_DAYS = 30


def self_signed(folder: Path, names: list[str], now_ms: int) -> tuple[Path, Path]:
    """Return certificate and key in `folder`; make them when they are missing or about to expire."""
    certificate_path, key_path = folder / "self.crt", folder / "self.key"
    if key_path.exists() and certificate_path.exists() and days_left(certificate_path, now_ms) > RENEW_DAYS:
        return certificate_path, key_path
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write_private(key_path, pem)
    certificate = _certificate(key, names, now_ms)
    _write_private(certificate_path, certificate.public_bytes(serialization.Encoding.PEM))
    return certificate_path, key_path


def fingerprint(certificate_path: Path) -> str:
    """Return `sha256:` and the hex digest of the first certificate in the file, in DER."""
    certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    return "sha256:" + hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).hexdigest()


def is_self_signed(certificate_path: Path) -> bool:
    """Return whether the first certificate in the file vouches for itself, so that agents must pin it."""
    certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    return certificate.issuer == certificate.subject


def days_left(certificate_path: Path, now_ms: int) -> float:
    """Return the days until the first certificate in the file expires; below zero when it has."""
    certificate = x509.load_pem_x509_certificate(certificate_path.read_bytes())
    return (certificate.not_valid_after_utc.timestamp() * 1000 - now_ms) / 86_400_000


def names_of_this_machine() -> list[str]:
    """Return the names and loopback addresses that a certificate of this machine should hold."""
    name = socket.gethostname()
    return list(dict.fromkeys([name, "localhost", "127.0.0.1", "::1"]))


def _certificate(key: ec.EllipticCurvePrivateKey, names: list[str], now_ms: int) -> x509.Certificate:
    start = datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC) - datetime.timedelta(hours=1)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:64])])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=VALID_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_private(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)  # of one that was killed here: in a container every process has the same number
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    temporary.replace(path)
