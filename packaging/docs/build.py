"""Builds the site of the docs into build/docs, says what mkdocs warns of, and follows every link of what it built.

Run by `make docs`. It ends with 1 when there is a warning, or a link that leads nowhere.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

import links

ROOT = Path(__file__).resolve().parents[2]


def main() -> int:
    """Build the site and check it; return 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--site", type=Path, default=ROOT / "build" / "docs", help="the folder that the site goes to")
    site = parser.parse_args().site.resolve()
    argv = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", str(ROOT / "mkdocs.yml")]
    # Without the variable the theme speaks of its own future, at length.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(
        [*argv, "--site-dir", str(site)], cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    # mkdocs' own --quiet counts no warnings any more, so its strictness would be gone.
    told = [line for line in built.stderr.splitlines() if line.strip() and not line.startswith("INFO")]
    print("\n".join(told), end="\n" if told else "", file=sys.stderr)
    if built.returncode:
        return 1
    found = links.problems(site)
    print("\n".join(f"wakeful: {one}" for one in found), end="\n" if found else "", file=sys.stderr)
    if found:
        return 1
    pages = len(list(site.rglob("*.html")))
    print(f"wakeful: {pages} pages in {site}; every link leads somewhere, and nothing is loaded from elsewhere")
    return 0


if __name__ == "__main__":
    sys.exit(main())
