"""Memory that a process no longer needs is given back to the machine.

The C library keeps what was freed, for each thread apart: four threads that once answered a large question hold what
four such answers took, for as long as the process lives.
"""

from __future__ import annotations

import ctypes
import threading

INTERVAL_SECONDS = 60.0


def begin(interval_seconds: float = INTERVAL_SECONDS) -> None:
    """Give back what is free again and again, by a thread that ends with the process.

    Does nothing where the C library has no such call (musl). Source: malloc_trim(3).
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        threading.Thread(target=_repeat, args=(trim, interval_seconds), name="memory", daemon=True).start()


def _repeat(trim: ctypes._NamedFuncPointer, interval_seconds: float) -> None:
    pause = threading.Event()
    while not pause.wait(interval_seconds):
        trim(0)
