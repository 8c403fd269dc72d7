"""Secrets of enrolment: made here, shown once, kept as hashes."""

from __future__ import annotations

import base64
import hashlib
import secrets

from wakeful_wire import enroll

_SECRET_BYTES = 24  # 32 url-safe characters
_ID_BYTES = 8  # the first 12 of 13 base32 characters


def new_invite() -> tuple[str, str]:
    """Return the text of a new invite and the hash to keep of it."""
    return _secret(enroll.INVITE_PREFIX)


def new_token() -> tuple[str, str]:
    """Return a new agent's token and the hash to keep of it."""
    return _secret(enroll.TOKEN_PREFIX)


def new_agent_id() -> str:
    """Return a random id of 12 lower-case base32 characters."""
    return base64.b32encode(secrets.token_bytes(_ID_BYTES)).decode("ascii").lower()[:12]


def hash_token(text: str) -> str:
    """Return the SHA-256 of a whole token, prefix included, as hex digits."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _secret(prefix: str) -> tuple[str, str]:
    text = prefix + secrets.token_urlsafe(_SECRET_BYTES)
    return text, hash_token(text)
