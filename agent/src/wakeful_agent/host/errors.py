"""What can go wrong when the machine is asked something; the edge translates the system's errors into these."""

from __future__ import annotations

import errno

_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENODEV, errno.ENXIO, errno.ESRCH, errno.EOPNOTSUPP})
# ESRCH: the process ended meanwhile. EOPNOTSUPP: built in and switched off (PSI with psi=0).
_DENIED = frozenset({errno.EACCES, errno.EPERM})


class HostError(Exception):
    """The machine did not answer as asked; `str(error)` is a sentence for people."""


class Absent(HostError):
    """There is no such thing on this machine."""


class Denied(HostError):
    """It is there, and this user may not read it."""


class Malformed(HostError):
    """It was read, and is not what its source documents."""


class Late(HostError):
    """A program did not end in its time and was killed, or somebody did not answer in theirs."""


def translate(error: OSError, subject: str) -> HostError:
    """Return the house's own error for what the system said about `subject` (a path, as a rule)."""
    said = f"{subject}: {error.strerror or error}"
    if error.errno in _ABSENT:
        return Absent(said)
    if error.errno in _DENIED:
        return Denied(said)
    return HostError(said)
