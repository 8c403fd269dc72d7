"""Links of shared terminals (sshx) in a console's output: who has one has a shell, so they are secrets. Pure.

`<origin>/s/<10>#<14>`, and with a password for writing behind a comma; what follows `#` is the key itself and never
reaches the sshx server. A link lives while its process runs: no longer than the game server.
"""

from __future__ import annotations

import re

from wakeful_wire.record import NamedTuple

READ_ONLY, WRITABLE, PLAIN = "read-only", "writable", "link"
_SESSION = re.compile(
    r"https?://[A-Za-z0-9.:\[\]-]{1,253}/s/(?P<name>[A-Za-z0-9]{10})#[A-Za-z0-9]{14}(?P<writes>,[A-Za-z0-9]{14})?"
    r"(?![A-Za-z0-9]|,[A-Za-z0-9])"
)
_LIKE_A_SESSION = re.compile(r"(/s/[A-Za-z0-9]{0,4})[A-Za-z0-9]*(?:#|%23)\S*")


class Link(NamedTuple):
    """A link of a session by its `kind`: read-only, writable, or a plain link (which is for writing too)."""

    kind: str
    session: str
    url: str


def find(line: str) -> list[Link]:
    """Return the links in a line that holds no escape sequences any more."""
    if "/s/" not in line or "#" not in line:
        return []
    found = []
    for one in _SESSION.finditer(line):
        before = line[: one.start()].rstrip().lower()
        kind = WRITABLE if one["writes"] or before.endswith("writable link:") else PLAIN
        found.append(Link(READ_ONLY if before.endswith("read-only link:") else kind, one["name"], one[0]))
    return found


def mask(text: str) -> str:
    """Return the text with all but the beginning of such links taken out: `https://sshx.io/s/AbCd...`."""
    return _LIKE_A_SESSION.sub(r"\1...", text) if "/s/" in text else text


class Links:
    """The links of one server's newest session."""

    def __init__(self) -> None:
        self._session = ""
        self._kept: dict[str, str] = {}

    def hear(self, line: str) -> bool:
        """Take the links of a line; tell whether they are others than before. A new session replaces the one before."""
        before = self._kept
        for link in find(line):
            kept = self._kept if link.session == self._session else {}
            self._session = link.session
            self._kept = {**kept, link.kind: link.url}  # never changed in place: others read it meanwhile
        return self._kept != before

    def drop(self) -> bool:
        """Forget them: the server ended, and what shared its terminal with it. Tell whether there were any."""
        had = bool(self._kept)
        self._session = ""
        self._kept = {}
        return had

    def rows(self) -> list[dict[str, str]]:
        """Return them as `{"kind", "url"}`, for those who may have them."""
        return [{"kind": kind, "url": url} for kind, url in sorted(self._kept.items())]
