"""What the frozen program runs: the same way in as `python -m wakeful_agent`."""

import sys

from wakeful_agent.__main__ import main

sys.exit(main())
