"""Whom to believe on the other end: the system's authorities, a file's, or one pinned certificate. Never nobody."""

from __future__ import annotations

import hashlib
import os
import ssl

from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PIN_PREFIX = "sha256:"


class WrongCertificate(Exception):
    """The other end showed a certificate that is not the pinned one."""


def context(ca_file: str | None, fingerprint: str | None) -> ssl.SSLContext:
    """Return a context that verifies; with a `fingerprint` the pin decides, and `check_pin` must be called.

    Raises OSError, with a sentence, when `ca_file` cannot be read or holds no certificate.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if fingerprint:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    elif ca_file:
        try:
            made.load_verify_locations(cafile=ca_file)
        except OSError as error:  # its own text names no file, and looks like a fault of the other end
            why = "it holds no certificate in PEM form" if isinstance(error, ssl.SSLError) else error.strerror
            raise OSError(f"the authorities' file {label(ca_file)} cannot be used: {why}") from None
    else:
        _trust_system(made)
    return made


def _trust_system(made: ssl.SSLContext) -> None:
    """Look authorities up in the hashed folder when needed, where there is one: the bundle costs 2 MB of memory."""
    folder = ssl.get_default_verify_paths().capath
    if folder and any(name.endswith(".0") for name in os.listdir(folder)):
        made.load_verify_locations(capath=folder)
    else:
        made.set_default_verify_paths()


def fingerprint_of(certificate: bytes) -> str:
    """Return `sha256:` and the hex digest of a certificate in DER form."""
    return PIN_PREFIX + hashlib.sha256(certificate).hexdigest()


def check_pin(channel: ssl.SSLSocket, fingerprint: str) -> None:
    """Raise WrongCertificate unless the other end showed the pinned certificate."""
    certificate: Any = channel.getpeercert(binary_form=True)
    shown = fingerprint_of(certificate)
    if shown != fingerprint:
        raise WrongCertificate(
            f"the collector's certificate is {shown}, enrolled with was {fingerprint}. If it was changed on purpose, "
            "enrol again with a new invite; if not, somebody sits in between"
        )
