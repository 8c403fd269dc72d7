"""Takes away coverage's data files that cannot be read: a child that a test kills may leave one half written.

Without it coverage warns of each of them over several lines, and may end in the middle of putting the others together.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def main() -> int:
    """Take away the unreadable ones of the folder that is named, or of the current one; say how many, if any."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    spoiled = [file for file in sorted(folder.glob(".coverage.*")) if not is_whole(file)]
    for file in spoiled:
        file.unlink(missing_ok=True)
    if spoiled:
        print(f"\nwakeful: {len(spoiled)} data files of processes that were killed are left out of the coverage")
    return 0


def is_whole(file: Path) -> bool:
    """Tell whether a data file can be read from its first to its last page, and says which form it has."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
            return sound and connection.execute("SELECT version FROM coverage_schema").fetchone() is not None
    except sqlite3.Error:
        return False


if __name__ == "__main__":
    sys.exit(main())
