"""The kinds of a machine's settings: each checks a value, reads it from a form's text, and describes it as a schema."""

from __future__ import annotations

import json
import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wakeful_collector import settings_kinds as kinds
from wakeful_collector.settings_fields import FieldKind, short_name, words
from wakeful_collector.settings_kinds import Unfit
from wakeful_wire.mac import parse_mac, spaced

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_.:-]{1,253}(?<!-)")
ARGUMENTS_CHARACTERS_MAX = 2_048
SSH_KEY_CHARACTERS_MAX = 16_384


def text(most: int = 253, pattern: str = "", empty: bool = True) -> FieldKind:
    """Return the kind of one line of text."""
    schema: dict[str, Any] = {"type": "string", "maxLength": most}
    if pattern:
        schema["pattern"] = f"{pattern}|^$" if empty else pattern

    def check(raw: Any) -> str:
        if not isinstance(raw, str):
            raise Unfit("is not text", "give text")
        given = raw.strip()
        if (not given and empty) or (given and len(given) <= most and given.isprintable() and _fits(pattern, given)):
            return given
        hint = f"it must look like {pattern}" if pattern else f"give 1 to {most} printable characters"
        raise Unfit(f"is {raw[:64]!r}" if given else "is missing", hint)

    return FieldKind(check, schema)


def secret(most: int = 1_024, lines: bool = False) -> FieldKind:
    """Return the kind of what is sealed and never shown again; empty text removes it."""

    def check(raw: Any) -> str:
        if not isinstance(raw, str) or len(raw) > most or "\0" in raw or (not lines and not (raw or " ").isprintable()):
            raise Unfit("does not fit", f"give text of at most {most} characters" + ("" if lines else " in one line"))
        return raw

    return FieldKind(check, {"type": "string", "maxLength": most}, "lines" if lines else "password")


def _securon(raw: Any) -> str:
    try:
        return spaced(raw) if raw != "" else ""
    except (ValueError, AttributeError):
        raise Unfit("is not six bytes", "write them as aa:bb:cc:dd:ee:ff") from None


def _ssh_key(raw: Any) -> str:
    from wakeful_collector.integrations.ollama import ssh_keys

    given: str = secret(SSH_KEY_CHARACTERS_MAX, lines=True).check(raw)
    try:
        if given.strip():
            ssh_keys.private_key(given)
    except ssh_keys.KeyUnfit as error:
        raise Unfit(f"cannot be used: {error}", "paste the whole private key, one without a passphrase") from None
    return given if given.strip() else ""


def _fits(pattern: str, given: str) -> bool:
    return not pattern or re.search(pattern, given) is not None


def _name(raw: Any) -> str:
    given: str = _PLAIN_NAME.check(raw)
    if given in {"api", "v1"}:
        raise Unfit(f"is {given!r}", "api and v1 are parts of Ollama's own paths; choose another name")
    return given


def _mac(raw: Any) -> str:
    if raw == "":
        return ""
    try:
        return parse_mac(str(raw))
    except ValueError as error:
        hint = "give the hardware address of one network card, as aa:bb:cc:dd:ee:ff"
        raise Unfit(f"is {str(raw)[:64]!r}: {error}", hint) from None


def _host_name(raw: Any) -> str:
    given = raw.strip() if isinstance(raw, str) else raw
    if given == "":
        return ""
    if not isinstance(given, str) or not HOST_NAME.fullmatch(given):
        raise Unfit(f"is {str(raw)[:64]!r}", "give a host name or an address, without a scheme or a port")
    return given


def _fingerprint(raw: Any) -> str:
    given = raw.strip().lower().removeprefix("sha256:").replace(":", "") if isinstance(raw, str) else ""
    if raw == "":
        return ""
    if not re.fullmatch(r"[0-9a-f]{64}", given):
        hint = "give sha256: and 64 hexadecimal digits, as `openssl x509 -noout -fingerprint -sha256` prints them"
        raise Unfit(f"is {str(raw)[:64]!r}", hint)
    return f"sha256:{given}"


def _clock(raw: Any) -> str:
    if raw == "":
        return ""
    if not isinstance(raw, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", raw):
        raise Unfit(f"is {str(raw)[:64]!r}", "give a time of the day as 08:30, or leave it empty")
    return raw


def _zone(raw: Any) -> str:
    try:
        return ZoneInfo(str(raw)).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = "give a name of the time zone database, as Europe/Madrid or UTC"
        raise Unfit(f"is {str(raw)[:64]!r}, which is not a time zone here", hint) from None


def _days(raw: Any) -> tuple[str, ...]:
    given = raw if isinstance(raw, (list, tuple)) else [raw]
    wrong = [one for one in given if one not in DAYS]
    if wrong:
        raise Unfit(f"holds {str(wrong[0])[:64]!r}", f"choose among {', '.join(DAYS)}")
    return tuple(day for day in DAYS if day in given)


def _arguments(raw: Any) -> dict[str, Any]:
    try:
        fits = isinstance(raw, dict) and len(json.dumps(raw, allow_nan=False)) <= ARGUMENTS_CHARACTERS_MAX
    except (TypeError, ValueError, RecursionError):  # NaN is a number to Python's parser, and none that can be kept
        fits = False
    if not fits:
        raise Unfit("is not an object of arguments", 'give the arguments of the action as {"name": "value"}')
    found: dict[str, Any] = raw
    return found


def _arguments_text(given: str) -> Any:
    try:
        return json.loads(given) if given.strip() else {}
    except (ValueError, RecursionError):
        return given


_PLAIN_NAME = short_name("give 1 to 32 of a-z, 0-9 and -, as it is to stand in /ollama/NAME")
MACHINE_NAME = _PLAIN_NAME._replace(check=_name)
URL = FieldKind(kinds.URL.check, {"type": "string", "minLength": 8, "maxLength": 300})
MAC_ADDRESS = FieldKind(_mac, {"type": "string", "maxLength": 20})
FINGERPRINT = FieldKind(_fingerprint, {"type": "string", "maxLength": 102})
HOST = FieldKind(_host_name, {"type": "string", "maxLength": 253})
CLOCK_TIME = FieldKind(_clock, {"type": "string", "maxLength": 5})
ZONE = FieldKind(_zone, {"type": "string", "minLength": 1, "maxLength": 64})
WEEK_DAYS = FieldKind(
    _days,
    {"type": "array", "items": {"type": "string", "enum": list(DAYS)}, "maxItems": 7, "uniqueItems": True},
    "days",
    words,
)
ARGUMENTS = FieldKind(_arguments, {"type": "object"}, "lines", _arguments_text)
SECURON = FieldKind(_securon, {"type": "string", "maxLength": 17}, "password")
SSH_KEY = FieldKind(_ssh_key, {"type": "string", "maxLength": SSH_KEY_CHARACTERS_MAX}, "lines")
