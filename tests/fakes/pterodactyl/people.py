"""Accounts of the Panel and their keys, and the codes of a second factor (RFC 6238)."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import hmac
import secrets
import struct
import uuid
from typing import Any

CODE_SECONDS = 30
CODE_WINDOW = 4
"""So many codes before and after are taken too (section 1.1 of the facts)."""
KEYS_MOST = 25
EVERY_PERMISSION = (
    *("websocket.connect", "control.console", "control.start", "control.stop", "control.restart"),
    *("user.read", "file.read", "file.read-content", "backup.read", "allocation.read", "startup.read"),
    *("database.read", "schedule.read", "activity.read"),
)


@dataclasses.dataclass
class Key:
    """One API key; `text` is all 48 characters, of which 16 are its name."""

    text: str
    user: User
    allowed_ips: tuple[str, ...] = ()
    expires: float | None = None
    description: str = ""


@dataclasses.dataclass
class User:
    """One account."""

    number: int
    name: str
    password: str
    admin: bool = False
    totp: str = ""
    uuid: str = dataclasses.field(default_factory=lambda: str(uuid.uuid4()))
    recovery: set[str] = dataclasses.field(default_factory=set)
    keys: list[Key] = dataclasses.field(default_factory=list)
    remembered: set[str] = dataclasses.field(default_factory=set)

    @property
    def email(self) -> str:
        """The address, which the login takes as well."""
        return f"{self.name}@example.test"

    def mint_key(self, prefix: str = "ptlc_", allowed_ips: tuple[str, ...] = (), expires: float | None = None) -> Key:
        """Add a key: 16 characters that begin with the prefix, then 32 secret ones (section 1.1 of the facts)."""
        text = prefix + secrets.token_hex(20)[: 16 - len(prefix)] + secrets.token_hex(16)
        key = Key(text, self, allowed_ips, expires)
        self.keys.append(key)
        return key

    def attributes(self) -> dict[str, Any]:
        """Return what `GET /account` says."""
        names = {"first_name": self.name.title(), "last_name": "Example", "language": "en"}
        return {"id": self.number, "admin": self.admin, "username": self.name, "email": self.email, **names}


def code(secret: str, now: float, steps: int = 0) -> str:
    """Return the 6 digits of a second factor at a time, some steps of 30 s away from it."""
    counter = struct.pack(">Q", int(now // CODE_SECONDS) + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    place = digest[-1] & 15
    [number] = struct.unpack(">I", digest[place : place + 4])
    return f"{(number & 0x7FFFFFFF) % 1_000_000:06d}"


def code_matches(secret: str, given: str, now: float) -> bool:
    """Tell whether a code is right, within the Panel's window of four steps."""
    return any(hmac.compare_digest(code(secret, now, step), given) for step in range(-CODE_WINDOW, CODE_WINDOW + 1))
