"""Asking sudo, and remembering what it refused: it writes every refusal to its log and mails it to root."""

from __future__ import annotations

import os
from time import monotonic

from wakeful_agent.host.errors import Absent, Denied
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.command import Output
    from wakeful_agent.host.files import Host

REFUSAL_SECONDS = 3600.0
"""How long a refusal holds, unless the files of sudo change before."""

_FILES = ("etc/sudoers", "etc/sudoers.d")
_REFUSED = 1
_WARNINGS = ("unable to resolve host", "setrlimit(")
"""What sudo complains of and goes on: the host's name is not in /etc/hosts, a container bounds its core dumps."""


class Sudo:
    """Runs commands through `sudo -n` (never asking for a password)."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, ...], tuple[str, float, tuple[float, ...]]] = {}

    def run(self, host: Host, argv: Sequence[str], timeout_seconds: float, most: int, give: bytes) -> Output:
        """Run `argv`, whose first word is an absolute path, as root; raise Denied with sudo's reason, and as `run`."""
        return self._ask(host, tuple(argv), ["-n", *argv], timeout_seconds, most, give)

    def check(self, host: Host, argv: Sequence[str], timeout_seconds: float) -> None:
        """Raise Denied when sudo does not permit exactly this command; nothing is run."""
        output = self._ask(host, tuple(argv), ["-n", "-l", *argv], timeout_seconds, 65_536, b"")
        if output.code:
            raise self._keep(host, tuple(argv), f"{label(argv[0])} is not among what this user may run as root")

    def forget(self) -> None:
        """Let everything be asked again."""
        self._refused.clear()

    def _ask(
        self, host: Host, key: tuple[str, ...], words: list[str], timeout_seconds: float, most: int, give: bytes
    ) -> Output:
        said, since, stamps = self._refused.get(key, ("", 0.0, ()))
        if said and stamps == _stamps(host) and monotonic() - since < REFUSAL_SECONDS:
            raise Denied(said)
        try:
            output = host.run(["sudo", *words], timeout_seconds, most, give)
        except Absent:
            raise Denied(f"{label(key[0])} needs root, and sudo is not installed") from None
        reason = refusal(output)
        if reason:
            raise self._keep(host, key, reason)
        return output

    def _keep(self, host: Host, key: tuple[str, ...], reason: str) -> Denied:
        said = f"sudo: {reason}"
        self._refused[key] = (said, monotonic(), _stamps(host))
        return Denied(said)


def refusal(output: Output) -> str:
    """Return what sudo said when it was sudo that refused, and not the program that failed; empty otherwise.

    Source: sudo(8), exit value: 1 when it refuses, else the program's own, which can be 1 too.
    """
    if output.code != _REFUSED:
        return ""
    for line in output.err.splitlines():
        said = line.strip()
        reason = said[len("sudo: ") :] if said.startswith("sudo: ") else ""
        if reason and not reason.startswith(_WARNINGS):
            return label(reason)
        if said.startswith("Sorry, user "):
            return label(said)
    return ""


def _stamps(host: Host) -> tuple[float, ...]:
    return tuple(_stamp(host.path(path)) for path in _FILES)


def _stamp(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0
