"""Secrets at rest: sealed with a key that lies beside the databases, never in them, and in no backup of them."""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wakeful_collector.model.store_errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path

KEY_FILE = "vault.key"
KEY_BYTES = 32
_NONCE_BYTES = 12
_FORM = "v1."


def seal(data: Path, text: str) -> str:
    """Return `text` as only this collector can read it again: AES-256-GCM, with a nonce of its own each time.

    Raises:
        StoreError: the key cannot be read or made.
    """
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = nonce + AESGCM(_key(data)).encrypt(nonce, text.encode("utf-8"), _FORM.encode("ascii"))
    return _FORM + base64.urlsafe_b64encode(sealed).decode("ascii")


def unseal(data: Path, sealed: str) -> str | None:
    """Return what was sealed; None when it was not sealed with this key, or is damaged."""
    if not sealed.startswith(_FORM) or not (data / KEY_FILE).exists():
        return None
    try:
        raw = base64.urlsafe_b64decode(sealed.removeprefix(_FORM).encode("ascii"))
        opened = AESGCM(_key(data)).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _FORM.encode("ascii"))
    except (binascii.Error, InvalidTag, ValueError):
        return None
    return opened.decode("utf-8")


def _key(data: Path) -> bytes:
    """Return the key; the first who needs it makes it, whole or not at all."""
    path = data / KEY_FILE
    try:
        if not path.exists():
            _make(path)
        mode = path.stat().st_mode & 0o077
        key = path.read_bytes()
    except OSError as error:
        raise StoreError(f"{path} cannot be read or made: {error.strerror}") from None
    if mode:
        raise StoreError(f"{path} can be read by others; say: chmod 600 {path}")
    if len(key) != KEY_BYTES:
        raise StoreError(f"{path} is not a key of {KEY_BYTES} bytes; bring back the one that was there")
    return key


def _make(path: Path) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(KEY_BYTES))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        os.link(part, path)  # unlike a rename, it does not replace the key that another process just made
    except FileExistsError:
        return
    finally:
        part.unlink()
