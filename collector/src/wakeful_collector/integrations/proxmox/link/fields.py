"""The kinds of a cluster's settings: each checks a value, reads it from a form's text, and describes it as a schema."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cryptography import x509

from wakeful_collector.settings_fields import FieldKind, short_name, words
from wakeful_collector.settings_kinds import Unfit

if TYPE_CHECKING:
    from collections.abc import Callable

PORT = 8006
HOSTS_MAX = 32
PROTECTED_MAX = 1_000
CA_CHARACTERS_MAX = 65_536
FINGERPRINT_DIGITS = 64
_HOST = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}(?<!-)")
_LOGIN = re.compile(
    r"[^\s:/!=@]{1,60}(@[^\s:/!=@]{1,60})?@[A-Za-z][A-Za-z0-9._-]{1,31}(![A-Za-z][A-Za-z0-9._-]{1,63})?"
)
_PROTECTED = re.compile(r"[1-9][0-9]{2,8}|[A-Za-z_][A-Za-z0-9_+.-]{0,63}", re.IGNORECASE)


def fingerprint(raw: Any) -> str:
    """Return a SHA-256 as PVE writes it, from any of the ways to write it; raise Unfit when it is none."""
    digits = re.sub(r"^sha-?256[:=]?", "", str(raw).strip().lower())
    digits = re.sub(r"[:\s]", "", digits)
    if not re.fullmatch(f"[0-9a-f]{{{FINGERPRINT_DIGITS}}}", digits):
        hint = "give the SHA-256 of the certificate, as `pvenode cert info` shows it: 64 hexadecimal digits"
        raise Unfit(f"holds {str(raw)[:96]!r}, which is not a fingerprint", hint)
    return ":".join(digits[at : at + 2] for at in range(0, FINGERPRINT_DIGITS, 2)).upper()


def host(raw: Any) -> str:
    """Return `host`, `host:port` or `[v6]:port`, also from an address pasted from a browser; raise Unfit."""
    hint = "give names or addresses of nodes, as pve1.example.org, 192.168.1.10:8006 or [fd00::10]:8006"
    text = raw.strip() if isinstance(raw, str) else ""
    if text.startswith("http://"):
        raise Unfit(f"holds {text[:96]!r}: the API is spoken over https only", hint)
    text = text.removeprefix("https://").partition("/")[0]
    name, port = split_host(text)
    plain = name.strip("[]")
    is_v6 = name.startswith("[") and name.endswith("]") and _is_v6(plain)
    if not (is_v6 or _HOST.fullmatch(name)) or not 0 < port <= 65_535:
        raise Unfit(f"holds {str(raw)[:96]!r}, which is not a host with a port", hint)
    return text.lower()


def split_host(text: str) -> tuple[str, int]:
    """Return name and port of `host[:port]`; the port is 0 where it is no number, and 8006 where there is none."""
    if text.endswith("]") or ":" not in text:
        return text, PORT
    name, _, port = text.rpartition(":")
    return name, int(port) if port.isascii() and port.isdigit() else 0


def _is_v6(text: str) -> bool:
    import ipaddress

    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True


def _several(one: Callable[[Any], str], most: int, what: str, least: int = 0) -> Callable[[Any], tuple[str, ...]]:
    def check(raw: Any) -> tuple[str, ...]:
        given = raw if isinstance(raw, (list, tuple)) else [raw]
        found = tuple(dict.fromkeys(one(word) for word in given))
        if not least <= len(found) <= most:
            raise Unfit(f"has {len(found)} {what}", f"give {least} to {most}")
        return found

    return check


def _login(raw: Any) -> str:
    hint = "give user@realm!tokenid for an API token (better), or user@realm for a password, as wakeful@pve!wakeful"
    given = raw.strip() if isinstance(raw, str) else ""
    if "!" in given and "=" in given:
        raise Unfit("holds a token's secret too", "give what stands before the = here, and the rest as secret")
    if not _LOGIN.fullmatch(given) or not given.isprintable():
        raise Unfit(f"is {given[:64]!r}" if given else "is missing", hint)
    return given


def _protected(raw: Any) -> str:
    word = str(raw).strip() if isinstance(raw, (str, int)) and not isinstance(raw, bool) else ""
    if not _PROTECTED.fullmatch(word):
        raise Unfit(f"holds {str(raw)[:64]!r}", "give ids of guests (100 and above) and tags")
    return word


def _authority(raw: Any) -> str:
    given = raw.strip() if isinstance(raw, str) else "-"
    if not given:
        return ""
    hint = "paste /etc/pve/pve-root-ca.pem of a node: it begins with -----BEGIN CERTIFICATE-----"
    if len(given) > CA_CHARACTERS_MAX:
        raise Unfit(f"has more than {CA_CHARACTERS_MAX} characters", hint)
    if "PRIVATE KEY" in given:
        raise Unfit("holds a private key, which must not leave the node", hint)
    try:
        x509.load_pem_x509_certificates(given.encode())
    except ValueError:
        raise Unfit("is not a certificate in PEM form", hint) from None
    return f"{given}\n"


def _secret(raw: Any) -> str:
    if not isinstance(raw, str) or len(raw) > 1_024 or not (raw or " ").isprintable():
        raise Unfit("does not fit", "give the token's secret, or the password, in one line")
    return raw.strip()


def _list(least: int, most: int) -> dict[str, Any]:
    item = {"type": "string", "minLength": 1, "maxLength": 300}
    return {"type": "array", "items": item, "minItems": least, "maxItems": most}


CLUSTER_NAME = short_name("give 1 to 32 of a-z, 0-9 and -, neither first nor last a -")
HOSTS = FieldKind(_several(host, HOSTS_MAX, "hosts", 1), _list(1, HOSTS_MAX), "words", words)
LOGIN = FieldKind(_login, {"type": "string", "minLength": 1, "maxLength": 200})
SECRET = FieldKind(_secret, {"type": "string", "maxLength": 1_024}, "password")
AUTHORITY = FieldKind(_authority, {"type": "string", "maxLength": CA_CHARACTERS_MAX, "format": "lines"}, "lines")
FINGERPRINTS = FieldKind(_several(fingerprint, HOSTS_MAX, "fingerprints"), _list(0, HOSTS_MAX), "words", words)
PROTECTED = FieldKind(_several(_protected, PROTECTED_MAX, "entries"), _list(0, PROTECTED_MAX), "words", words)
