"""The keys of SSH: a machine's own, as it is pinned and shown, and the private one that opens an account."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from paramiko import PKey

KEY_CHARACTERS_MAX = 20_000
_RSA = "ssh-rsa"
_ALGORITHMS = {_RSA: ("rsa-sha2-512", "rsa-sha2-256")}
"""What a host key of a kind signs by, where that has other names than the kind itself."""


class HostKey(NamedTuple):
    """The public key of a machine: its kind, and the key itself in base64, both as `known_hosts` has them."""

    kind: str
    key: str

    @property
    def fingerprint(self) -> str:
        """Return it as OpenSSH shows it: `SHA256:` and the digest in base64 without padding."""
        digest = hashlib.sha256(base64.b64decode(self.key)).digest()
        return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")

    @property
    def text(self) -> str:
        """Return it for a sentence: kind and fingerprint."""
        return f"{self.kind} {self.fingerprint}"


class KeyUnfit(ValueError):
    """A text that is no private key which can be used; the text says why, and never holds any of it."""


def algorithms(kind: str) -> tuple[str, ...]:
    """Return the algorithms that a host key of this kind signs by, the best first."""
    return _ALGORITHMS.get(kind, (kind,))


def private_key(text: str) -> PKey:
    """Read a private key, in OpenSSH's form or as PEM; Ed25519, ECDSA or RSA, without a passphrase.

    Raises:
        KeyUnfit: it is none of those.
    """
    import paramiko
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    loaded = _loaded(text)
    if isinstance(loaded, Ed25519PrivateKey):
        kind: type[PKey] = paramiko.Ed25519Key
    elif isinstance(loaded, EllipticCurvePrivateKey):
        kind = paramiko.ECDSAKey
    elif isinstance(loaded, RSAPrivateKey):
        kind = paramiko.RSAKey
    else:
        raise KeyUnfit("the private key is neither Ed25519 nor ECDSA nor RSA")
    raw = loaded.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.OpenSSH, forms.NoEncryption())
    return kind.from_private_key(io.StringIO(raw.decode("ascii")))


def _loaded(text: str) -> object:
    """Return a private key of any form and kind; raise KeyUnfit."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization as forms

    lines = [line.strip() for line in text[:KEY_CHARACTERS_MAX].strip().splitlines()]
    raw = ("\n".join(lines) + "\n").encode("utf-8", "replace")
    read = forms.load_ssh_private_key if b"BEGIN OPENSSH" in raw else forms.load_pem_private_key
    try:
        return read(raw, None)
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        locked = "passphrase" in str(error).lower() or "password" in str(error).lower()
    if locked:
        raise KeyUnfit("the private key has a passphrase; take one without, that may do nothing else")
    raise KeyUnfit("this is no private key: it begins with -----BEGIN OPENSSH PRIVATE KEY-----, and is pasted whole")
