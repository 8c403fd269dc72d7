"""The line to paste on a machine that is to be watched."""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import request

from wakeful_collector.web.kit_state import is_secure, settings

if TYPE_CHECKING:
    from pathlib import Path


def invite_line(invite: str) -> str:
    """Return the command that takes a machine in; it pins the collector's certificate where nobody else vouches for it.

    The URL is `public_url`, or else the one this request came by.
    """
    known = settings()
    url = known.public_url or f"{'https' if is_secure() else 'http'}://{request.host}"
    parts = ["wakeful-agent", "enroll", url, "--invite", invite]
    pin = None
    if request.scheme == "https" or known.tls_certificate is not None:
        pin = own_fingerprint(known.tls_certificate or known.data / "tls" / "self.crt")
    return shlex.join([*parts, *(("--fingerprint", pin) if pin else ()), "--run"])


def own_fingerprint(path: Path) -> str | None:
    """Return `sha256:` and the digest of a certificate that vouches for itself; None for any other, or no file."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    if certificate.issuer != certificate.subject:
        return None
    return f"sha256:{hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()}"
