#!/bin/sh
# Says whether the agent runs, and how it is.
# Exit codes: 0 it runs, 1 it died without being stopped, 3 it does not run, 4 that cannot be found out.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=place.sh
. "$here/place.sh"
no_arguments "$@"

if running; then
    say "runs, process $pid"
    [ "$(told MAINPID)" != "$pid" ] || printf '  status:  %s\n' "$(told STATUS)"
    waiting=$(find "$state/spool" -maxdepth 1 -type f -name '*.push' 2>/dev/null | wc -l)
    printf '  waiting: %s pushes\n' "$((waiting))"
    printf '  log:     %s\n' "$log"
    exit 0
fi
if [ "$(told READY)" = 1 ]; then
    say "is dead: process $(told MAINPID) ended without being stopped; see $here/logs.sh" >&2
    exit 1
fi
say "does not run"
exit 3
