"""A child process that ends when its parent does, whatever killed the parent."""

from __future__ import annotations

import ctypes
import os
import signal

_PR_SET_PDEATHSIG = 1
PARENT_VARIABLE = "WAKEFUL_PARENT_PID"


def tie_to_parent(parent_pid: int) -> bool:
    """Ask the kernel for SIGTERM when the process `parent_pid` ends; return False when it is already gone."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    return os.getppid() == parent_pid


def tie_if_supervised(environ: dict[str, str] | os._Environ[str]) -> bool:
    """Tie this process to the supervisor that the environment names, if any; return False when that one is gone."""
    named = environ.get(PARENT_VARIABLE, "")
    return tie_to_parent(int(named)) if named.isdigit() else True
