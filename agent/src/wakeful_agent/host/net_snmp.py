"""Starting net-snmp's programs, so that no community and no passphrase is ever in a command line or in the agent."""

from __future__ import annotations

import os
import stat

from wakeful_agent.host.errors import Denied, HostError, Malformed, translate
from wakeful_agent.host.snmp import Value, parse_objects
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host

_OPEN_TO_OTHERS = 0o027
_OLD_VERSION = "V2 PDU on V1"
_MARKS = ("Timeout: ", "snmp", "No community", "No securityName", "Reason: ")


class Device:
    """A device at an address as net-snmp names it (`udp:HOST:PORT`), asked with the `snmp.conf` of a private folder.

    Each request may take `timeout_seconds`, one repetition of it included. Raises Denied when the folder is open to
    others, Absent, Malformed, HostError.
    """

    def __init__(self, host: Host, agent: str, folder: str, timeout_seconds: float) -> None:
        self._host = host
        self._seconds = timeout_seconds
        self._words = ["-Onext", "-t", f"{timeout_seconds / 2:.1f}", "-r", "1", agent]
        # net-snmp writes nothing of its own where the folder it has for that can be none.
        path = private_folder(host, folder)
        self._environment = {"MIBS": "", "SNMP_PERSISTENT_DIR": "/dev/null", "SNMPCONFPATH": path}

    def get(self, oids: Sequence[str]) -> dict[str, Value]:
        """Return those of the objects that it has."""
        return parse_objects(self._run(["snmpget", *self._words, *oids], self._seconds + 1))

    def walk(self, table: str) -> dict[str, Value]:
        """Return everything below `table`; a device that speaks SNMPv1 alone is asked step by step."""
        seconds = 2 * self._seconds + 1
        try:
            said = self._run(["snmpbulkwalk", "-Cr25", *self._words, table], seconds)
        except HostError as error:
            if _OLD_VERSION not in str(error):
                raise
            said = self._run(["snmpwalk", *self._words, table], seconds)
        return parse_objects(said)

    def _run(self, argv: list[str], seconds: float) -> str:
        output = self._host.run(argv, seconds, environment=self._environment)
        if output.code and not output.out:
            raise HostError(_why(output.err) or f"{argv[0]} ended with {output.code}")
        return output.out


def private_folder(host: Host, folder: str) -> str:
    """Return the path of a folder with a `snmp.conf`; raise Denied when others may look into it, Absent, Malformed."""
    path = folder if folder.startswith(host.root) else host.path(folder.lstrip("/"))
    shown = f"{label(folder)}/snmp.conf"
    try:
        mode = os.stat(path).st_mode
        inside = os.stat(f"{path}/snmp.conf").st_mode
    except OSError as error:
        raise translate(error, shown) from None
    except ValueError:  # a NUL in the name
        raise Malformed(f"{shown} is no path") from None
    if stat.S_IMODE(mode) & _OPEN_TO_OTHERS:
        raise Denied(f"{label(folder)} holds secrets and is open to others: run chmod 700 on it")
    if not stat.S_ISREG(inside):
        raise Malformed(f"{shown} is no file")
    return path


def _why(err: str) -> str:
    """Return the sentence that says what is wrong; what net-snmp says about a line of snmp.conf is not repeated."""
    lines = [line.strip() for line in err.splitlines() if "snmp.conf" not in line]
    return label(next((line for line in lines if line.startswith(_MARKS)), ""), 200)
