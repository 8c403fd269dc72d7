"""Modules that are needed once and not for as long as an agent runs."""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator


@contextmanager
def only_now(*names: str) -> Iterator[None]:
    """Forget afterwards those of the modules, with all within them, that were not loaded before.

    For a process with one thread; what they made must not refer to them. The TOML parser with `typing`, which it
    imports, is half a megabyte.
    """
    before = set(sys.modules)
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] in names:
                del sys.modules[name]
        gc.collect()
