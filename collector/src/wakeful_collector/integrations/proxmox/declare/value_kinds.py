"""The kinds of values in a declaration: how a file's text is read, and which texts of Proxmox mean the same. Pure.

A scalar of a file is a text until the field it stands in says what it is: `no` is a flag where a flag is wanted, and a
name where a name is wanted. Every kind has one normal form, the text that Proxmox takes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from wakeful_collector.integrations.proxmox.declare import quantities
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

TRUE, FALSE = "1", "0"
_FLAGS = {"true": TRUE, "false": FALSE, "1": TRUE, "0": FALSE}
_DOUBTFUL_FLAGS = {"yes": "true", "no": "false", "on": "true", "off": "false", "y": "true", "n": "false"}
_PVE_FLAGS = {"1": TRUE, "on": TRUE, "yes": TRUE, "true": TRUE, "0": FALSE, "off": FALSE, "no": FALSE, "false": FALSE}
DNS_NAME = (
    r"(?=.{1,255}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
MAC = r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}"
ONE_PART = r"[^,\s]+"
"""A text inside a property string: no comma may stand in it."""


class ValueKind(NamedTuple):
    """A kind of values: `read` takes a file's text or raises Unfit, `normal` takes Proxmox's; both return the form.

    `words` says in the docs what is taken; `shape` how an export writes it.
    """

    read: Callable[[str], str]
    normal: Callable[[str], str]
    words: str
    shape: str = "text"
    separator: str = ""


def _read_flag(text: str) -> str:
    if text in _FLAGS:
        return _FLAGS[text]
    meant = _DOUBTFUL_FLAGS.get(text.lower())
    raise Unfit(f"{text[:40]!r} is not true or false", f"write {meant}" if meant else "write true or false")


FLAG = ValueKind(_read_flag, lambda text: _PVE_FLAGS.get(text.strip().lower(), text), "true or false", "flag")


def whole(least: int, most: int) -> ValueKind:
    """Return the kind of whole numbers."""

    def read(text: str) -> str:
        if not re.fullmatch(r"-?\d{1,12}", text, re.ASCII):
            raise Unfit(f"{text[:40]!r} is not a whole number", f"give {least} to {most}")
        if not least <= int(text) <= most:
            raise Unfit(f"{text} is out of range", f"give {least} to {most}")
        return str(int(text))

    return ValueKind(read, _normal_number, f"{least} to {most}", "whole")


def number(least: float, most: float) -> ValueKind:
    """Return the kind of numbers that may have a fraction."""

    def read(text: str) -> str:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text, re.ASCII) or not least <= float(text) <= most:
            raise Unfit(f"{text[:40]!r} is no number in range", f"give {least:g} to {most:g}")
        return _normal_number(text)

    return ValueKind(read, _normal_number, f"{least:g} to {most:g}", "whole")


def _normal_number(text: str) -> str:
    given = text.strip()
    if re.fullmatch(r"-?\d{1,40}", given, re.ASCII):
        return str(int(given))
    if re.fullmatch(r"\d+\.\d+", given, re.ASCII):
        whole, _, fraction = given.partition(".")
        head, tail = whole.lstrip("0") or "0", fraction.rstrip("0")
        return f"{head}.{tail}" if tail else head
    return text


def choice(*taken: str) -> ValueKind:
    """Return the kind of one word of several."""

    def read(text: str) -> str:
        if text not in taken:
            near = next((word for word in taken if word.lower() == text.lower()), "")
            raise Unfit(f"{text[:40]!r} is not taken", f"write {near}" if near else f"one of {', '.join(taken)}")
        return text

    return ValueKind(read, str, "`" + "`, `".join(word or " " for word in taken) + "`")


def text(pattern: str, words: str, most: int = 255) -> ValueKind:
    """Return the kind of one line of text that fits a pattern."""
    fits = re.compile(pattern, re.ASCII)

    def read(given: str) -> str:
        if len(given) > most or not fits.fullmatch(given):
            raise Unfit(f"{given[:60]!r} does not fit", f"give {words}")
        return given

    return ValueKind(read, str, words)


def _read_lines(given: str) -> str:
    if len(given) > 8192:
        raise Unfit(f"it has {len(given)} characters", "Proxmox takes 8192 at most")
    return _normal_lines(given)


def _normal_lines(given: str) -> str:
    return given.replace("\r\n", "\n").rstrip("\n")


LINES = ValueKind(
    _read_lines, _normal_lines, "text of up to 8192 characters; line ends at its end do not count", "lines"
)


def _normal_memory(given: str) -> str:
    head = given.partition(",")[0].removeprefix("current=").strip()
    return _normal_number(head)


MEMORY = ValueKind(
    lambda given: str(quantities.read_memory(given)),
    _normal_memory,
    "`4G`, `4GiB`, `512M`, or a number of MiB (`4096`)",
    "memory",
)


def _normal_size(given: str) -> str:
    found = quantities.from_proxmox(given)
    return given if found is None else quantities.written(found)


SIZE = ValueKind(
    lambda given: quantities.written(quantities.read_bytes(given)),
    _normal_size,
    "`32G`, `32GiB`, `512M`; a unit is needed",
)


def names(pattern: str, words: str, separator: str = ";", ordered: bool = False, folded: bool = False) -> ValueKind:
    """Return the kind of lists; where the order says nothing, the normal form is sorted. `folded` is lower case."""
    fits = re.compile(pattern, re.ASCII)

    def arranged(parts: list[str]) -> str:
        kept = list(dict.fromkeys(part.lower() if folded else part for part in parts if part))
        return separator.join(kept if ordered else sorted(kept))

    def read(given: str) -> str:
        if len(given) > 8192:
            raise Unfit(f"it has {len(given)} characters", "Proxmox takes 8192 at most")
        parts = [part for part in re.split(r"[;,\s]+", given) if part]
        for part in parts:
            if len(part) > 255 or not fits.fullmatch(part):
                raise Unfit(f"{part[:60]!r} does not fit", f"give {words}")
        return arranged(parts)

    return ValueKind(read, lambda given: arranged(re.split(r"[;,\s]+", given.strip())), words, "list", separator)


def _read_mac(given: str) -> str:
    if not re.fullmatch(MAC, given, re.ASCII):
        raise Unfit(f"{given[:40]!r} is not a hardware address", 'write it as "BC:24:11:00:00:01", in quotes')
    if int(given[:2], 16) & 1:
        raise Unfit(f"{given} is an address of many", "the first byte of a card's own address is even")
    return given.upper()


HARDWARE_ADDRESS = ValueKind(_read_mac, lambda given: given.strip().upper(), "a hardware address in quotes")


def _read_keys(given: str) -> str:
    keys = [line.strip() for line in given.splitlines() if line.strip()]
    for key in keys:
        if not re.fullmatch(r"(ssh-|ecdsa-|sk-)[\x20-\x7e]{20,16000}", key):
            raise Unfit(f"{key[:30]!r} is not a public key", "give lines as ~/.ssh/*.pub has them")
    return quote("\n".join(keys), safe="")


SSH_KEYS = ValueKind(
    _read_keys,
    lambda given: quote("\n".join(line.strip() for line in unquote(given).splitlines() if line.strip()), safe=""),
    "public keys, one a line",
    "keys",
)
