"""User names by number, from the machine's own file; never by a name service, which may hang."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.parsing import parser
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_NAME_CHARACTERS_MAX = 64


@parser("etc/passwd")
def parse_passwd(text: str) -> dict[int, str]:
    """Return names by user number; lines of other forms (NIS, comments) are left out. Source: passwd(5)."""
    found: dict[int, str] = {}
    for line in text.splitlines():
        fields = line.split(":")
        if len(fields) >= 3 and fields[0] and fields[2].isascii() and fields[2].isdigit() and len(fields[2]) < 11:
            found.setdefault(int(fields[2]), label(fields[0], _NAME_CHARACTERS_MAX))
    return found


def user_names(host: Host) -> dict[int, str]:
    """Return the names in /etc/passwd by number; empty where it cannot be read."""
    try:
        return parse_passwd(host.read("etc/passwd"))
    except HostError:
        return {}
