"""What fail2ban-client prints of the server and its jails."""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

ADDRESSES_MAX = 1_000
FILES_MAX = 50

_JAIL = re.compile(r"[A-Za-z0-9][\w.@:+-]{0,99}", re.ASCII)
_FIELD = re.compile(r"^[\s|`]*- ([\w ]+):\s*(.*)$", re.ASCII)
_VERSION = re.compile(r"\d[\w.+~-]{0,40}", re.ASCII)


class Jail(NamedTuple):
    """One jail: failures and banned addresses, now and since it started, what it watches, whom it bans."""

    failures_current: int
    failures: int
    bans_current: int
    bans: int
    watches: tuple[str, ...]
    addresses: tuple[str, ...]


def parse_jails(text: str) -> list[str]:
    """Return the names of the jails from `fail2ban-client status`; names that no command line should hold are left out.

    Raises Malformed when it is not that.
    """
    fields = _fields(text)
    if "Jail list" not in fields or "Number of jail" not in fields:
        raise Malformed("fail2ban-client does not say which jails there are")
    names = [name.strip() for name in fields["Jail list"].split(",")]
    return sorted({name for name in names if _JAIL.fullmatch(name)})


def parse_jail(text: str) -> Jail:
    """Return what `fail2ban-client status JAIL` says; raise Malformed when a number is missing."""
    fields = _fields(text)
    numbers = []
    for name in ("Currently failed", "Total failed", "Currently banned", "Total banned"):
        value = fields.get(name, "")
        if not (value.isascii() and value.isdigit() and len(value) < 16):
            raise Malformed(f"fail2ban-client does not say how many are {name.lower()}")
        numbers.append(int(value))
    watches = fields.get("File list") or fields.get("Journal matches", "")
    return Jail(
        numbers[0],
        numbers[1],
        numbers[2],
        numbers[3],
        tuple(label(one, 256) for one in (watches.split() if "File list" in fields else [watches]) if one)[:FILES_MAX],
        tuple(sorted({label(one, 64) for one in fields.get("Banned IP list", "").split()}))[:ADDRESSES_MAX],
    )


def parse_version(text: str) -> str:
    """Return the version that `fail2ban-client version` prints; raise Malformed when it is none."""
    told = text.strip().rpartition("\n")[2].strip()
    if not _VERSION.fullmatch(told):
        raise Malformed("fail2ban-client does not say its version")
    return told


def _fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        match = _FIELD.match(line)
        if match:
            found.setdefault(match[1].strip(), match[2].strip())
    return found
