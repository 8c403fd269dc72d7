"""`wakeful`: the operator's remote control. It speaks HTTP to a collector's API and knows nothing else of this package.

Exit codes: 0 ok, 1 failed, 2 usage, 3 changes are pending, 4 unreachable, 5 not found, 6 timed out
waiting, 7 refused.
"""

from __future__ import annotations

import sys

from wakeful_collector import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["--version"], ["-V"]):  # answered before anything is loaded
        sys.stdout.write(f"wakeful {__version__}\n")
        return 0
    from wakeful_collector.remote.running import run

    return run(words)
