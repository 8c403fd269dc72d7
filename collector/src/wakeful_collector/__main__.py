"""`python -m wakeful_collector`: the same as `wakeful-collector`."""

import sys

from wakeful_collector.cli import main

if __name__ == "__main__":
    sys.exit(main())
