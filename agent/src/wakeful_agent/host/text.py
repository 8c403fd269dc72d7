"""Hostile text made fit for the wire: names of devices, mounts, processes and files are other people's data."""

from __future__ import annotations

from wakeful_wire import limits

REPLACEMENT = "\ufffd"


def label(text: str, most: int = limits.LABEL_VALUE_CHARACTERS_MAX) -> str:
    """Return `text` as a label value: control characters and lone surrogates replaced, at most `most` characters."""
    if len(text) > most:
        text = text[:most]
    if text.isascii() and text.isprintable():
        return text
    return "".join(character if _fit(character) else REPLACEMENT for character in text)


def decode(content: bytes) -> str:
    """Return what the bytes say in UTF-8, with a replacement character for each byte that says nothing."""
    return content.decode("utf-8", "replace")


def unescape(field: str) -> str:
    r"""Return a field of /proc/mounts with its octal escapes (`\040` and the like) undone.

    The text may hold surrogates where the kernel's bytes are not UTF-8 (see PEP 383), so that it still names the file.
    """
    if "\\" not in field:
        return field
    first, *rest = field.split("\\")
    return first + "".join(_escaped(part) for part in rest)


def _escaped(part: str) -> str:
    digits = part[:3]
    if len(digits) == 3 and digits.isascii() and digits.isdigit() and digits < "400" and not set(digits) & {"8", "9"}:
        return _character(int(digits, 8)) + part[3:]
    return "\\" + part


def _character(code: int) -> str:
    return chr(code) if code < 0x80 else chr(0xDC00 + code)


def _fit(character: str) -> bool:
    point = ord(character)
    return point >= 0xA0 and not 0xD800 <= point < 0xE000 if point >= 0x7F else point >= 0x20
