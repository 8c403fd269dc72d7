"""`python -m wakeful_agent` and the console script: the one way in."""

from __future__ import annotations

import sys

from wakeful_agent import cli


def main() -> int:
    """Run the command line; return the exit code."""
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
