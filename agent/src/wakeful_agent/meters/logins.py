"""How many people are logged in, here or from elsewhere; never who."""

from __future__ import annotations

import re
import struct

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.meter import Meter, NoData, Reading
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_SERIES = [series("system.login.count", type=kind) for kind in ("local", "remote")]
_UTMP = "run/utmp"
_SESSION = re.compile(r"[A-Za-z0-9]{1,64}")
_SESSIONS_MAX = 4_096
_RECORD_BYTES = (384, 400)
"""Of struct utmp where its time has 32 bits (x86), and where it has 64 (ARM and others)."""
_HEAD = struct.Struct("=hxxi32s4s32s256s")
_USER_PROCESS = 7


def parse_session(text: str) -> bool | None:
    """Return whether a session of logind is a person's from elsewhere (True) or here (False); None for any other.

    Greeters, screen locks, jobs of cron and the service managers of users are no logins, nor is what is closing.
    Source: systemd, `session_save()`; the file is private to systemd, whose own libsystemd reads it in the same way.
    """
    facts = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if not facts.get("CLASS", "user").startswith("user") or facts.get("STATE") == "closing":
        return None
    return facts.get("REMOTE") == "1"


def parse_utmp(content: bytes) -> list[tuple[int, bool]]:
    """Return the process of each login and whether it came from elsewhere; raise Malformed. Source: utmp(5)."""
    size = next((one for one in _RECORD_BYTES if len(content) % one == 0), 0)
    if not size:
        raise Malformed(f"/{_UTMP}: is not as documented ({len(content)} bytes)")
    found = []
    for at in range(0, len(content), size):
        kind, process, _, _, _, origin = _HEAD.unpack_from(content, at)
        if kind == _USER_PROCESS:
            # A display of this machine (`:0`) stands in the same place as the name of another one.
            found.append((process, bool(origin.strip(b"\0")) and not origin.startswith(b":")))
    return found


class LoginsMeter(Meter):
    """Sessions of people by where they are: at this machine, or from elsewhere. Asked of logind, else of utmp."""

    name = "logins"
    source = "run/systemd/sessions"

    def probe(self, host: Host) -> Capability:
        """Say whether logins can be counted, by counting them: nobody there is an answer too."""
        try:
            self.read(host, 0)
        except (HostError, NoData) as error:
            return missing(self.name, label(str(error)))
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return how many people are logged in."""
        try:
            logins = list(_of_logind(host))
        except Absent:
            logins = list(_of_utmp(host))
        return Reading(_SERIES, [float(logins.count(False)), float(logins.count(True))])


def _of_logind(host: Host) -> Iterator[bool]:
    for name in host.listing(LoginsMeter.source)[:_SESSIONS_MAX]:
        if not _SESSION.fullmatch(name):  # beside each session stands a pipe, `NAME.ref`
            continue
        try:
            remote = parse_session(host.read(f"{LoginsMeter.source}/{name}"))
        except HostError:  # it ended as we looked
            continue
        if remote is not None:
            yield remote


def _of_utmp(host: Host) -> Iterator[bool]:
    try:
        logins = parse_utmp(host.kept_raw(_UTMP))
    except Absent:
        raise NoData("neither logind nor utmp is here") from None
    for process, remote in logins:
        if host.exists(f"proc/{process}"):  # who was cut off leaves a record behind
            yield remote
