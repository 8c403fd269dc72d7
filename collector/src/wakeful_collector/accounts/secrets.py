"""Tokens: made of 256 random bits, kept as hashes, compared in constant time."""

from __future__ import annotations

import hashlib
import hmac
import secrets

SECRET_BYTES = 32


def new_token(prefix: str) -> str:
    """Return a new secret with a prefix that scanners of leaked secrets can look for."""
    return prefix + secrets.token_urlsafe(SECRET_BYTES)


def token_hash(token: str) -> str:
    """Return the SHA-256 of a token, in hex: what is stored instead of it.

    A plain hash is enough: nobody guesses 256 random bits.
    """
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(left: str, right: str) -> bool:
    """Tell whether two texts are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def csrf_token(secret: str) -> str:
    """Return the token that forms of the session with the cookie `secret` must carry."""
    return hmac.new(secret.encode("utf-8", "surrogatepass"), b"csrf", hashlib.sha256).hexdigest()
