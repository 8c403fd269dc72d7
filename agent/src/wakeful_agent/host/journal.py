"""The system's journal: asking journalctl for what is new, and reading its JSON lines."""

from __future__ import annotations

import json
import os
import re

from wakeful_agent.host.errors import Denied, HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Iterator

    from wakeful_agent.host.files import Host

LINES_MAX = 2_000
ERROR, WARNING = "error", "warning"
_FIELDS = "MESSAGE,PRIORITY,_SYSTEMD_UNIT,UNIT,SYSLOG_IDENTIFIER,_TRANSPORT"
_TIMEOUT_SECONDS = 20.0
_BYTES_MAX = 16 * 1024 * 1024
_MESSAGE_CHARACTERS_MAX = 8_192
_CURSOR = re.compile(r"[0-9a-zA-Z=;]{1,300}\Z")
_INSTANCE = re.compile(r"@.*(?=\.[a-z]+\Z)", re.DOTALL)
_PASSING = re.compile(r"(?<=-)[0-9a-f]*\d[0-9a-f]*(?=\.(?:scope|service|mount)\Z)")
_RUN = re.compile(r"(?<=run-)[ru][0-9a-f]+(?=\.)")


class Message(NamedTuple):
    """One entry of the journal; `severity` is error (priority 0 to 3) or warning (4)."""

    time_ms: int
    severity: str
    unit: str
    text: str


class News(NamedTuple):
    """What was read, where to go on, and whether there was more than is read at once."""

    messages: list[Message]
    cursor: str
    more: bool


class Journal:
    """Reads what is new since the last reading; `folder` is another journal's than the system's own."""

    def __init__(self, folder: str = "") -> None:
        self.folder = folder
        self._cursor = ""
        self._since_ms = 0
        self._fields = True

    def news(self, host: Host, now_ms: int, first_ms: int) -> News:
        """Return the errors and warnings since the last reading, at the first one since `first_ms`.

        When there are more than are read at once, the rest is passed over. Raises Absent without journalctl, Denied
        when this user may not read the journal, Malformed, HostError.
        """
        self._since_ms = self._since_ms or first_ms
        try:
            text = self._ask(host)
        except HostError:
            if not self._cursor:
                raise
            self._cursor = ""  # it is of a journal that was rotated away
            text = self._ask(host)
        found = parse_messages(text)
        self._cursor = "" if found.more else found.cursor or self._cursor
        self._since_ms = now_ms
        return found

    def _ask(self, host: Host) -> str:
        place = f"--after-cursor={self._cursor}" if self._cursor else f"--since=@{self._since_ms // 1000}"
        words = ["--no-pager", "--quiet", "--output=json", "--priority=warning", f"--lines={LINES_MAX}", place]
        if self._fields:
            words.append(f"--output-fields={_FIELDS}")
        if self.folder:
            words.append(f"--directory={self.folder}")
        code, out, err = host.run(["journalctl", *words], _TIMEOUT_SECONDS, _BYTES_MAX)
        if "insufficient permissions" in err:
            raise Denied("this user may not read the system's journal")
        if code and self._fields and "output-fields" in err:
            self._fields = False  # systemd before 236
            return self._ask(host)
        if code:
            raise HostError(f"journalctl ended with {code}: {label(err.strip(), 200)}")
        return out


def check_readable(host: Host, folders: Iterable[str]) -> None:
    """Raise Denied where system journals are kept in the folders and this user may read none of them.

    journalctl then shows the user's own messages alone, without a word and as if nothing else had happened.
    """
    files = [path for folder in folders for path in _system_journals(host, folder.strip("/"))]
    if files and not any(os.access(host.path(path), os.R_OK) for path in files):
        raise Denied("this user may not read the system's journal, only its own messages")


def _system_journals(host: Host, folder: str) -> Iterator[str]:
    try:
        names = host.listing(folder)
    except HostError:
        return
    places = [folder, *(f"{folder}/{name}" for name in names)]
    yield from (f"{place}/system.journal" for place in places if host.exists(f"{place}/system.journal"))


def parse_messages(text: str) -> News:
    """Return the entries of journalctl's JSON lines; a line that is none is passed over.

    Raises Malformed when there are lines and none of them is an entry.
    """
    lines = [line for line in text.split("\n") if line]  # not splitlines: a message may hold U+2028
    messages = []
    cursor = ""
    for line in lines:
        entry = _object(line)
        if entry is None:
            continue
        said = entry.get("__CURSOR")
        cursor = said if isinstance(said, str) and _CURSOR.match(said) else cursor
        messages.append(_message(entry))
    if lines and not messages:
        raise Malformed(f"journalctl does not write JSON: {label(lines[0], 60)!r}")
    return News(messages, cursor, len(lines) >= LINES_MAX)


def unit_name(name: str) -> str:
    """Return the unit's name without what differs from instance to instance: `user@.service`, `session-.scope`."""
    if "." not in name:
        return label(name, 64)
    name = _INSTANCE.sub("@", name)
    return label(_RUN.sub("", _PASSING.sub("", name)), 64)


def _object(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _message(entry: dict[str, Any]) -> Message:
    unit = ""
    for field in ("UNIT", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER", "_TRANSPORT"):
        unit = unit or _text(entry.get(field))
    stamp = _text(entry.get("__REALTIME_TIMESTAMP"))[:16]
    return Message(
        time_ms=int(stamp) // 1000 if stamp.isascii() and stamp.isdigit() else 0,
        severity=WARNING if _text(entry.get("PRIORITY")) == "4" else ERROR,
        unit=unit_name(unit) or "unknown",
        text=_text(entry.get("MESSAGE"))[:_MESSAGE_CHARACTERS_MAX],
    )


def _text(value: Any) -> str:
    """Return a field's text: journald writes bytes that are not UTF-8 as numbers, and several values as a list."""
    if isinstance(value, list) and value:
        if all(isinstance(one, int) and 0 <= one < 256 for one in value):
            return decode(bytes(value))
        value = value[0] if isinstance(value[0], str) else _text(value[0])
    return value if isinstance(value, str) else ""
