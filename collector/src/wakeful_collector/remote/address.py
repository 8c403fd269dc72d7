"""Where a collector is, how it is believed, and whether a proxy stands in between. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

PIN_PREFIX = "sha256:"
_PORTS = {"http": 80, "https": 443}


class Address(NamedTuple):
    """A parsed address; `path` has no slash at its end."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def text(self) -> str:
        """The address as people write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def loopback(self) -> bool:
        """Whether it leads to this machine."""
        return self.host in {"localhost", "::1"} or self.host.startswith("127.")


def parse(text: str) -> Address:
    """Read an address like `https://wakeful.example.org`; raise ValueError with a sentence for people."""
    split, port = _split(text.strip())
    if split.username is not None or split.password is not None:
        raise ValueError("must hold no user or password")
    if split.query or split.fragment:
        raise ValueError("must end before any ? or #")
    return Address(split.scheme, (split.hostname or "").lower(), port or _PORTS[split.scheme], split.path.rstrip("/"))


def _split(text: str) -> tuple[SplitResult, int | None]:
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("holds characters an address cannot have")
    try:
        split = urlsplit(text)
        port = split.port
    except ValueError:
        raise ValueError("is no address: its port or its brackets are wrong") from None
    if split.scheme not in _PORTS:
        raise ValueError("must start with https:// (or http:// on this machine and in networks you trust)")
    if not split.hostname:
        raise ValueError("names no host")
    return split, port


def fingerprint(text: str) -> str:
    """Return a fingerprint in the one form it is compared in; raise ValueError with a sentence for people."""
    digits = text.strip().lower().removeprefix(PIN_PREFIX).replace(":", "")
    if len(digits) != 64 or any(digit not in "0123456789abcdef" for digit in digits):
        raise ValueError("must be sha256: and 64 hexadecimal digits")
    return PIN_PREFIX + digits


def proxy(address: Address, environ: Mapping[str, str]) -> Address | None:
    """Return the proxy that the environment names for an https address, as curl reads it; None for none.

    Plain http is never sent through one: it would read the key. Raises ValueError for an address that is none.
    """
    said = environ.get("https_proxy") or environ.get("HTTPS_PROXY")
    if not said or address.scheme != "https":
        return None
    spared = (environ.get("no_proxy") or environ.get("NO_PROXY") or "").lower().split(",")
    for one in (word.strip().lstrip("*").lstrip(".") for word in spared):
        if one and (address.host == one or address.host.endswith("." + one)):
            return None
    if "*" in {word.strip() for word in spared}:
        return None
    return parse(said if "://" in said else f"http://{said}")
