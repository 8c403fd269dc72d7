"""Which certificate a host may show: signed by the cluster's authority, by one of the system, or one that was pinned.

Never none: there is no way to switch the check off.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography import x509
from cryptography.x509.oid import NameOID
from urllib3.connection import HTTPSConnection

from wakeful_collector.integrations.proxmox.link.errors import PveError, printable

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster


class Certificate(NamedTuple):
    """What a host shows of itself: fingerprint as PVE writes it, names, who signed it, how long it is good."""

    fingerprint: str
    subject: str
    issuer: str
    names: tuple[str, ...]
    until_ms: int


class NotShaken(ssl.SSLError):
    """The two could not agree on a connection: nothing was asked over it. `verify_message` as in what TLS said."""

    def __init__(self, why: ssl.SSLError) -> None:
        super().__init__(*why.args)
        self.verify_message: str = getattr(why, "verify_message", "")


class NotPinned(NotShaken):
    """The certificate is none of those that are pinned; `fingerprint` is the one that was shown."""

    def __init__(self, fingerprint: str) -> None:
        told = f"it shows another certificate than the one that is trusted: {fingerprint}"
        super().__init__(ssl.SSLError(1, told))
        self.fingerprint = fingerprint


class PinnedConnection(HTTPSConnection):
    """A connection that ends right after the handshake when the certificate is none of `pins` (where there are any)."""

    def __init__(self, *words: Any, pins: tuple[str, ...] = (), **named: Any) -> None:
        super().__init__(*words, **named)
        self.pins = pins

    def connect(self) -> None:
        """Connect; nothing is said, no secret above all, before the certificate was judged. Raises NotShaken."""
        try:
            super().connect()
        except ssl.SSLError as error:
            raise NotShaken(error) from error
        if self.pins:
            der = self.sock.getpeercert(True) if isinstance(self.sock, ssl.SSLSocket) else None
            seen = fingerprint(der or b"")
            if not any(hmac.compare_digest(seen, pin) for pin in self.pins):
                self.close()
                raise NotPinned(seen)
            self.is_verified = True


def context(cluster: Cluster) -> ssl.SSLContext:
    """Return how certificates of a cluster's hosts are judged.

    Raises:
        PveError: kind `tls`, the authority's certificate cannot be used.
    """
    try:
        made = ssl.create_default_context(cadata=cluster.ca or None)
    except (ssl.SSLError, ValueError) as error:
        raise PveError("tls", f"the certificate authority of {cluster.name} cannot be used: {error}") from None
    # Python 3.13 is strict by default; the authority that PVE makes for itself has no key usage.
    made.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", ssl.VerifyFlags(0))
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if cluster.fingerprints:  # the digest of the certificate is checked instead, right after the handshake
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def fingerprint(der: bytes) -> str:
    """Return the SHA-256 of a certificate as PVE writes it."""
    digits = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))


def shown(name: str, port: int, timeout_seconds: float) -> Certificate:
    """Return the certificate that a host shows, trusted or not; nothing is sent to it.

    Raises:
        OSError: it cannot be reached, or speaks no TLS there.
    """
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE
    host = name.strip("[]")
    with (
        socket.create_connection((host, port), timeout_seconds) as plain,
        looking.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        return certificate(wrapped.getpeercert(True) or b"")


def certificate(der: bytes) -> Certificate:
    """Return what a certificate says of itself; one that cannot be read has its fingerprint alone."""
    try:
        found = x509.load_der_x509_certificate(der)
        until_ms = int(found.not_valid_after_utc.timestamp() * 1000)
        subject, issuer, names = _name(found.subject), _name(found.issuer), _names(found)
    except ValueError:
        return Certificate(fingerprint(der), "", "", (), 0)
    return Certificate(fingerprint(der), subject, issuer, names, until_ms)


def _name(found: x509.Name) -> str:
    common = found.get_attributes_for_oid(NameOID.COMMON_NAME)
    return printable(str(common[0].value) if common else found.rfc4514_string())


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        told = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    plain = told.get_values_for_type(x509.DNSName)
    return tuple(printable(name) for name in (*plain, *map(str, told.get_values_for_type(x509.IPAddress))))


def refused(cluster: Cluster, name: str, port: int, timeout_seconds: float) -> str:
    """Return why a cluster's trust does not cover the certificate a host shows; nothing where it does.

    Raises:
        OSError: it cannot be reached.
    """
    host = name.strip("[]")
    try:
        with (
            socket.create_connection((host, port), timeout_seconds) as plain,
            context(cluster).wrap_socket(plain, server_hostname=host) as wrapped,
        ):
            seen = fingerprint(wrapped.getpeercert(True) or b"")
    except PveError as error:
        return error.text
    except ssl.SSLError as error:
        return str(getattr(error, "verify_message", "") or error.reason or error)
    if cluster.fingerprints and seen not in cluster.fingerprints:
        return "it is none of the fingerprints that are trusted"
    return ""
