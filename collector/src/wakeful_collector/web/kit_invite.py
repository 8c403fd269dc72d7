"""The lines to paste on a machine that is to be watched."""

from __future__ import annotations

import hashlib
import shlex
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from flask import request

from wakeful_collector.model import release
from wakeful_collector.read import releases
from wakeful_collector.web.kit_state import is_secure, settings

if TYPE_CHECKING:
    from pathlib import Path


def invite_line(invite: str) -> str:
    """Return the command that takes a machine in; it pins the collector's certificate where nobody else vouches for it.

    It needs the agent to be there already.
    """
    parts = ["wakeful-agent", "enroll", own_url(), "--invite", invite]
    pin = _pin()
    return shlex.join([*parts, *(("--fingerprint", pin) if pin else ()), "--run"])


def install_line(invite: str) -> str | None:
    """Return the command that installs the agent and takes the machine in; None where this collector has no release."""
    try:
        offer = releases.offer(settings(), own_url())
    except releases.NoRelease:
        return None
    return release.install_line(offer, own_url(), invite, _pin())


def own_url() -> str:
    """Return the collector's address: `public_url`, or else the one this request came by."""
    return settings().public_url or f"{'https' if is_secure() else 'http'}://{request.host}"


def _pin() -> str | None:
    known = settings()
    if request.scheme == "https" or known.tls_certificate is not None:
        return own_fingerprint(known.tls_certificate or known.data / "tls" / "self.crt")
    return None


def own_fingerprint(path: Path) -> str | None:
    """Return `sha256:` and the digest of a certificate that vouches for itself; None for any other, or no file."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return None
    if certificate.issuer != certificate.subject:
        return None
    return f"sha256:{hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()}"
