"""The machine that another service's `.env` describes: the same names, from a file, the environment, or `NAME_FILE`.

The environment wins over the file, as it does where those services read them. Without `EQUIPO_IA` there is nothing.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import dotenv

from wakeful_collector.config import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

NAME = "default"
KEY_CHARACTERS_MIN, KEY_CHARACTERS_MAX = 12, 128
"""Shorter keys are refused, as they could be guessed by asking; longer ones are none that any door looks at."""

NAMES = {
    "EQUIPO_IA": "the machine's address or name; without it the other names say nothing",
    "IA_MAC": "the hardware address that is woken; without it the machine is not woken",
    "OLLAMA_PORT": "the port of Ollama there, 11434 when not said",
    "SSH_USER": "who shuts the machine down over SSH; without it the machine is not put to sleep",
    "SSH_PASS": "that user's password",
    "SSH_SUDO_PASS": "the password of sudo there, the one of SSH_PASS when not said",
    "SSH_PORT": "the port of SSH there, 22 when not said",
    "WOL_BROADCAST": "where the magic packet is sent, 255.255.255.255 when not said",
    "WOL_PORT": "the port that it is sent to, 9 when not said",
    "API_KEYS": "keys with a comma between them; each becomes a key of the scope gateway",
}
"""What is read, and what it means."""

FIELDS = {
    "url": "EQUIPO_IA",
    "ssh_host": "EQUIPO_IA",
    "mac": "IA_MAC",
    "ssh_user": "SSH_USER",
    "ssh_password": "SSH_PASS",
    "sudo_password": "SSH_SUDO_PASS",
    "ssh_port": "SSH_PORT",
    "broadcast": "WOL_BROADCAST",
    "wol_port": "WOL_PORT",
}
"""The name behind each field of a machine, to say what is wrong where it was written."""

_BESIDE = {
    "default": True,
    "wake": "never",
    "broadcast": "255.255.255.255",
    "sleep": "never",
    "sleep_command": "poweroff",
}
_AS_IT_IS = {"SSH_PASS", "SSH_SUDO_PASS"}


class Described(NamedTuple):
    """What was found: the fields that are named, the machine's secrets, keys that are let in, and what is wrong.

    `beside` holds what is so beside the fields when the machine is new.
    """

    fields: dict[str, Any]
    beside: dict[str, Any]
    secrets: dict[str, str]
    keys: tuple[str, ...]
    problems: tuple[Problem, ...]


def gather(environ: Mapping[str, str], file: Path | None) -> tuple[dict[str, str], list[Problem]]:
    """Return the values of `NAMES` that are set, and which files could not be read."""
    problems: list[Problem] = []
    filed = {} if file is None else _file(file, problems)
    values = {}
    for name in NAMES:
        for source in (environ, filed):
            value = _value(source, name, problems)
            if value:
                values[name] = value if name in _AS_IT_IS else value.strip()
                break
    return values, problems


def found(environ: Mapping[str, str], file: Path | None) -> tuple[Described | None, list[Problem]]:
    """Return the machine that is described, if one is, and everything that is wrong with its description."""
    values, unread = gather(environ, file)
    return judged(values, unread, file)


def judged(
    values: Mapping[str, str], unread: list[Problem], file: Path | None
) -> tuple[Described | None, list[Problem]]:
    """Return the machine that gathered values describe, if they do, and what is wrong beside what was not read."""
    described = describe(values)
    if described is not None:
        return described, [*unread, *described.problems]
    if file is None or unread:
        return None, unread
    hint = "EQUIPO_IA=192.168.1.20 names the machine"
    return None, [Problem("gateway_env", f"{file} holds no EQUIPO_IA", hint)]


def describe(values: Mapping[str, str]) -> Described | None:
    """Return the machine that these values describe; None when they describe none. Pure."""
    address = values.get("EQUIPO_IA", "")
    if not address:
        return None
    problems: list[Problem] = []
    host = f"[{address}]" if ":" in address else address
    fields: dict[str, Any] = {"url": f"http://{host}:{_port(values, 'OLLAMA_PORT', 11434, problems)}"}
    if "IA_MAC" in values:
        fields |= {"wake": "packet", "mac": values["IA_MAC"]}
    if "WOL_BROADCAST" in values:
        fields["broadcast"] = values["WOL_BROADCAST"]
    if "WOL_PORT" in values:
        fields["wol_port"] = _port(values, "WOL_PORT", 9, problems)
    if "SSH_USER" in values:
        fields |= {"sleep": "ssh", "ssh_host": address, "ssh_user": values["SSH_USER"]}
    if "SSH_PORT" in values:
        fields["ssh_port"] = _port(values, "SSH_PORT", 22, problems)
    return Described(fields, dict(_BESIDE), _passwords(values), _keys(values, problems), tuple(problems))


def _passwords(values: Mapping[str, str]) -> dict[str, str]:
    if "SSH_USER" not in values:
        return {}
    password = values.get("SSH_PASS", "")
    found = {"ssh_password": password, "sudo_password": values.get("SSH_SUDO_PASS", password)}
    return {name: text for name, text in found.items() if text}


def _file(path: Path, problems: list[Problem]) -> dict[str, str | None]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        problems.append(Problem("gateway_env", f"{path} cannot be read: {error}", "name a readable .env file"))
        return {}
    return dotenv.dotenv_values(stream=io.StringIO(text))


def _value(source: Mapping[str, str | None], name: str, problems: list[Problem]) -> str:
    value = source.get(name) or ""
    if value.strip():
        return value
    file = source.get(f"{name}_FILE")
    if not file:
        return ""
    try:
        return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, ValueError) as error:
        problems.append(Problem(f"{name}_FILE", f"{file} cannot be read: {error}", "name a readable text file"))
        return ""


def _port(values: Mapping[str, str], name: str, default: int, problems: list[Problem]) -> int:
    text = values.get(name, str(default))
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= 65_535:
        return int(text)
    problems.append(Problem(name, f"is {text[:20]!r}, which is no port", "give a number from 1 to 65535"))
    return default


def _keys(values: Mapping[str, str], problems: list[Problem]) -> tuple[str, ...]:
    """Return the keys; those that are too short are a problem each, told by their place and never by their text."""
    found = []
    for place, key in enumerate((values.get("API_KEYS") or "").split(","), 1):
        if KEY_CHARACTERS_MIN <= len(key.strip()) <= KEY_CHARACTERS_MAX:
            found.append(key.strip())
        elif key.strip():
            message = f"its key number {place} has {len(key.strip())} characters and is not let in"
            hint = f"give it {KEY_CHARACTERS_MIN} to {KEY_CHARACTERS_MAX}: shorter ones can be guessed by asking"
            problems.append(Problem("API_KEYS", message, hint))
    return tuple(dict.fromkeys(found))
