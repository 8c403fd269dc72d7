#!/bin/sh
# Stops the agent that start.sh started: stop.sh [SECONDS]. What waits to be sent stays on disk.
#   SECONDS  how long it may take to end by itself before it is killed, 15 if not given
# Exit codes: 0 it is stopped (also when it was before), 1 it could not be stopped, 4 not permitted.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=place.sh
. "$here/place.sh"
case ${1-15} in
-h | --help) help ;;
'' | *[!0-9]*) fail 2 "takes a number of seconds, not $1; see --help" ;;
esac

gone() { ! running; }

if ! running; then
    rm -f "$state/status"
    say "does not run"
    exit 0
fi
kill -TERM "$pid" 2>/dev/null || gone || fail 4 "process $pid may not be stopped by this user"
if ! patiently "${1-15}" gone; then
    say "process $pid does not listen, it is killed"
    kill -KILL "$pid" 2>/dev/null || :
    patiently 5 gone || fail 1 "process $pid cannot be stopped"
fi
rm -f "$state/status"
say "is stopped"
