"""Which collector is meant, and the key for it: `cli.toml` in the user's config folder, and the environment."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.remote import address
from wakeful_collector.remote.failure import FAILED, NOT_FOUND, USAGE, Failure, closest, usage, why

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE_BYTES_MAX = 256 * 1024
NAME_CHARACTERS_MAX = 64
_FIELDS = ("url", "api_key", "fingerprint", "ca_file")
_ABOUT = "# Written by `wakeful login` and `wakeful logout`. It holds secrets: nobody else may read it.\n"


class Profile(NamedTuple):
    """A collector as it is known here; `name` is empty for one that only the environment names."""

    name: str
    url: str
    api_key: str = ""
    fingerprint: str = ""
    ca_file: str = ""


class Book(NamedTuple):
    """All profiles by name, and which of them is meant when none is named."""

    profiles: dict[str, Profile]
    default: str = ""


def place(environ: Mapping[str, str]) -> Path:
    """Return where the profiles are kept; raise Failure when there is no place."""
    folder = environ.get("XDG_CONFIG_HOME", "")
    if not folder.startswith("/"):  # the standard wants relative ones ignored
        home = environ.get("HOME", "")
        if not home.startswith("/"):
            raise usage("there is no place for profiles: neither XDG_CONFIG_HOME nor HOME is set")
        folder = f"{home}/.config"
    return Path(folder) / "wakeful" / "cli.toml"


def load(file: Path) -> Book:
    """Return the profiles in a file, none when it does not exist.

    Raises Failure when it is open to others, is not TOML, or holds what no profile has.
    """
    try:
        text = _private(file)
    except FileNotFoundError:
        return Book({})
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(FAILED, "unreadable", f"{file} cannot be read: {why(error)}") from None
    return parse(text, str(file))


def parse(text: str, file: str) -> Book:
    """Return the profiles that a text holds; raise Failure naming what is wrong."""
    import tomllib

    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise usage(f"{file} is not TOML: {error}") from None
    unknown = sorted(set(document) - {"default", "profile"})
    if unknown:
        raise usage(f"{file}: {unknown[0]!r} is not known; known are default and [profile.NAME]")
    found = document.get("profile", {})
    if not isinstance(found, dict):
        raise usage(f"{file}: profile must be tables: [profile.NAME]")
    book = {name: _profile(name, fields, file) for name, fields in found.items()}
    default = document.get("default", "")
    if default and default not in book:
        raise usage(f"{file}: default names {default!r}, and there is no such profile")
    return Book(book, default)


def save(file: Path, book: Book) -> None:
    """Write the profiles, readable by nobody else, whole or not at all; raise Failure."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as stream:
            stream.write(written(book))
            stream.flush()
            os.fsync(descriptor)
        beside.replace(file)
    except OSError as error:
        with suppress(OSError):
            beside.unlink()
        raise Failure(FAILED, "unwritable", f"{file} cannot be written: {error.strerror or error}") from None


def written(book: Book) -> str:
    """Return the text that `parse` reads these profiles from."""
    lines = [_ABOUT] + ([f"default = {_quoted(book.default)}\n"] if book.default else [])
    for name, profile in book.profiles.items():
        lines.append(f"\n[profile.{_quoted(name)}]\n")
        lines += [f"{field} = {_quoted(value)}\n" for field in _FIELDS if (value := getattr(profile, field))]
    return "".join(lines)


def choose(environ: Mapping[str, str], named: str | None, url: str | None) -> Profile:
    """Return the collector that is meant: options first, then the environment, then the file; raise Failure.

    A stored key is only ever used with the address it was stored for.
    """
    wanted, where = named or environ.get("WAKEFUL_PROFILE", ""), url or environ.get("WAKEFUL_URL", "")
    key = secret_of(environ)
    # Where everything is said the file is not even looked at.
    book = Book({}) if where and key and not wanted else load(place(environ))
    stored = _stored(book, wanted) if wanted or not where else None
    if where:
        where = _address(where, "--url" if url else "WAKEFUL_URL").text
        known = book.profiles.values() if stored is None else (stored,)
        same = (one for one in known if _address(one.url, f"profile {one.name}").text == where)
        stored = next(same, Profile("", where))
    if stored is None:
        raise usage("no collector is known here", "log in: wakeful login https://wakeful.example.org")
    chosen = stored._replace(
        api_key=key or stored.api_key,
        fingerprint=environ.get("WAKEFUL_FINGERPRINT") or stored.fingerprint,
        ca_file=environ.get("WAKEFUL_CA_FILE") or stored.ca_file,
    )
    if not chosen.api_key:
        hint = "log in there (wakeful login), or set WAKEFUL_API_KEY_FILE"
        raise Failure(USAGE, "no_key", f"there is no key for {chosen.url}", hint)
    return chosen


def secret_of(environ: Mapping[str, str]) -> str:
    """Return the key that the environment names, empty when it names none; raise Failure."""
    key, file = environ.get("WAKEFUL_API_KEY", ""), environ.get("WAKEFUL_API_KEY_FILE", "")
    if key or not file:
        return checked_key(key) if key else ""
    try:
        return checked_key(_private(Path(file)))
    except (OSError, UnicodeDecodeError) as error:
        raise usage(f"WAKEFUL_API_KEY_FILE: {file} cannot be read: {why(error)}") from None


def checked_key(text: str) -> str:
    """Return a key without the space around it; raise Failure when it cannot be one. The text is never repeated."""
    key = text.strip()
    if not key.startswith("wk_key_") or not key.isascii() or not key.isprintable() or " " in key or len(key) > 256:
        hint = "keys begin with wk_key_ and are made on the collector: wakeful-collector key create --name NAME"
        raise Failure(USAGE, "no_key", "what was given is no API key", hint)
    return key


def check_name(name: str) -> str:
    """Return the name of a profile; raise Failure when it cannot be one."""
    plain = name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if not plain or len(name) > NAME_CHARACTERS_MAX:
        raise usage(f"{name[:80]!r} is no name for a profile", "letters, digits, and -_. between them")
    return name


def _stored(book: Book, wanted: str) -> Profile | None:
    if wanted and wanted not in book.profiles:
        near = closest(wanted, list(book.profiles))
        known = ", ".join(book.profiles) or "none"
        raise Failure(
            NOT_FOUND,
            "unknown_profile",
            f"there is no profile {wanted!r}" + (f"; did you mean {near}?" if near else ""),
            f"known are: {known}",
        )
    only = next(iter(book.profiles)) if len(book.profiles) == 1 else ""
    name = wanted or book.default or only
    if not name and book.profiles:
        raise usage("several collectors are known here and none is the default", "name one: --profile NAME")
    return book.profiles.get(name)


def _profile(name: str, fields: Any, file: str) -> Profile:
    if not isinstance(fields, dict) or not isinstance(fields.get("url"), str):
        raise usage(f"{file}: profile {name!r} has no url")
    for field, value in fields.items():
        if field not in _FIELDS or not isinstance(value, str):
            raise usage(f"{file}: profile {name!r}: {field} must be one of {', '.join(_FIELDS)}, and a text")
    if fields.get("api_key"):
        checked_key(fields["api_key"])
    return Profile(name, **fields)


def _address(text: str, where: str) -> address.Address:
    try:
        return address.parse(text)
    except ValueError as error:
        raise usage(f"{where}: {text[:200]!r} {error}") from None


def _private(file: Path) -> str:
    """Return the text of a file that only its owner may read; raise Failure with the line that shuts it."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    with open(descriptor, encoding="utf-8") as stream:
        mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
        if mode & 0o027:
            hint = f"shut it: chmod 600 {file}"
            raise Failure(USAGE, "open_secret", f"{file} holds a secret and is open to others ({mode:04o})", hint)
        return stream.read(FILE_BYTES_MAX)


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
