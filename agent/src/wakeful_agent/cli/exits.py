"""Exit codes, the same for both halves."""

OK = 0
FAILURE = 1
USAGE = 2
CHANGES_PENDING = 3
REFUSED = 4
