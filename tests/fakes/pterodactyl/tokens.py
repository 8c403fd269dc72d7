"""Websocket tokens: JWT, HS256, as the Panel makes them and Wings reads them (section 1.4 of the facts, seen)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from typing import Any


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def mint(secret: str, claims: dict[str, Any]) -> str:
    """Return the token of these claims; the header repeats the jti, as the Panel's library writes it."""
    header = {"typ": "JWT", "alg": "HS256", "jti": claims["jti"]}
    signed = ".".join(_text(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return signed + "." + _text(hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest())


def read(secret: str, token: str) -> dict[str, Any] | None:
    """Return the claims of a token that this secret signed by HS256, else None; times are not looked at here."""
    signed, _, signature = token.rpartition(".")
    try:
        header, claims = (json.loads(_bytes(part)) for part in signed.split("."))
        given = _bytes(signature)
    except (ValueError, binascii.Error):
        return None
    wanted = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    if not isinstance(header, dict) or header.get("alg") != "HS256" or not hmac.compare_digest(given, wanted):
        return None
    return claims if isinstance(claims, dict) else None


def claims(
    *,
    issuer: str,
    node: str,
    user: dict[str, Any],
    server_uuid: str,
    permissions: list[str],
    now: float,
    seconds: float,
) -> dict[str, Any]:
    """Return what the Panel writes into a token; `seconds` is how long it lives (10 minutes on the real one)."""
    issued = int(now)
    return {
        "iss": issuer,
        "aud": [node],
        "jti": hashlib.md5(f"{user['id']}{server_uuid}".encode()).hexdigest(),
        "iat": issued,
        "nbf": issued - 300,
        "exp": issued + max(1, round(seconds)),
        "server_uuid": server_uuid,
        "permissions": permissions,
        "user_uuid": user["uuid"],
        "user_id": user["id"],
        "unique_id": hashlib.sha256(f"{now}{server_uuid}".encode()).hexdigest()[:16],
    }
