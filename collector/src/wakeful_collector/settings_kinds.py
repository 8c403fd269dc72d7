"""The kinds of values a setting may have: each takes what the file or the environment holds, or says what is unfit."""

from __future__ import annotations

import ipaddress
import json
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,253}(?<!-)")


class Unfit(ValueError):
    """A value that a setting cannot have; `hint` says what it can."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class Kind(NamedTuple):
    """How a setting is read: `check` takes the raw value, `from_text` makes a raw value of an environment's text."""

    name: str
    check: Callable[[Any], Any]
    from_text: Callable[[str], Any] = str


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of `127.0.0.1:8800` or `[::1]:8800`; raise Unfit when it is not one."""
    hint = "write it as 127.0.0.1:8800, 0.0.0.0:8800 or [::]:8800"
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise Unfit("needs brackets around an IPv6 address", hint)
    if not colon or not host or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise Unfit(f"is {text!r}, which is not an address with a port", hint)
    return host, int(port)


def whole(least: int, most: int) -> Kind:
    """Return the kind of whole numbers from `least` to `most`."""

    def check(raw: Any) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int):
            raise Unfit(f"is {raw!r}, which is not a whole number", f"give a number from {least} to {most}")
        if not least <= raw <= most:
            raise Unfit(f"is {raw}", f"give a number from {least} to {most}")
        return raw

    return Kind(f"{least} to {most}", check, _number_or_text)


def one_of(*words: str) -> Kind:
    """Return the kind of a choice between `words`."""

    def check(raw: Any) -> str:
        if raw not in words:
            raise Unfit(f"is {raw!r}", f"choose one of {', '.join(words)}")
        return str(raw)

    return Kind(" or ".join(words), check)


def toml(value: Any) -> str:
    """Return `value` as it is written in TOML."""
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def _number_or_text(text: str) -> int | str:
    try:
        return int(text)
    except ValueError:
        return text


def _flag(raw: Any) -> bool:
    if not isinstance(raw, bool):
        raise Unfit(f"is {raw!r}", "give true or false")
    return raw


def _flag_or_text(text: str) -> bool | str:
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(text.lower(), text)


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[,\s]+", text) if word]


def _text(raw: Any) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise Unfit(f"is {raw!r}, which is not text", 'put it in quotes: "..."')
    return raw.strip()


def _address(raw: Any) -> str:
    text = _text(raw)
    split_address(text)
    return text


def _url(raw: Any) -> str:
    text = _text(raw).rstrip("/")
    hint = "write it as https://wakeful.example.org"
    try:
        parts = urlsplit(text)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        raise Unfit(f"is {text!r}, which is not a URL", hint) from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or not port_fits:
        raise Unfit(f"is {text!r}, which is not a http or https URL", hint)
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise Unfit("may hold scheme, host and port only", hint)
    return text


def _list(raw: Any) -> list[str]:
    if not isinstance(raw, list):
        raise Unfit(f"is {raw!r}, which is not a list", 'write it as ["one", "two"]')
    return [_text(item) for item in raw]


def _host_names(raw: Any) -> tuple[str, ...]:
    names = []
    for name in _list(raw):
        if not _HOST_NAME.fullmatch(name) and not _is_address(name):
            raise Unfit(f"holds {name!r}, which is not a host name", "give names or addresses without scheme and port")
        names.append(name.lower())
    return tuple(names)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _networks(raw: Any) -> tuple[str, ...]:
    return tuple(_network(text) for text in _list(raw))


def _network(text: str) -> str:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        hint = 'give addresses or networks: ["127.0.0.1", "10.0.0.0/8"]'
        raise Unfit(f"holds {text!r}, which is not an address or network", hint) from None
    return text


def _folder(raw: Any) -> Path:
    path = Path(_text(raw))
    if not path.is_absolute():
        raise Unfit(f"is {str(path)!r}, which is not absolute", "start it with /")
    return path


def _public_file(raw: Any) -> Path:
    path = Path(_text(raw))
    if not path.is_file():
        raise Unfit(f"names {path}, which is not a file", "check the path and who may read it")
    return path


def _secret_file(raw: Any) -> Path:
    path = _public_file(raw)
    if path.stat().st_mode & (stat.S_IROTH | stat.S_IWOTH):
        raise Unfit(f"names {path}, which everybody on this machine may read", f"run: chmod 600 {path}")
    return path


FLAG = Kind("true or false", _flag, _flag_or_text)
ADDRESS = Kind("address:port", _address)
URL = Kind("URL", _url)
HOST_NAMES = Kind("list of host names", _host_names, _words)
NETWORKS = Kind("list of addresses", _networks, _words)
FOLDER = Kind("folder", _folder)
PUBLIC_FILE = Kind("file", _public_file)
SECRET_FILE = Kind("file, mode 600", _secret_file)
