#!/bin/sh
# Starts the agent for this user, without root and without a service manager; prints how to start it with the machine.
# Exit codes: 0 it runs (also when it did before), 1 it did not start, 5 not installed, 6 not enrolled or wrongly set.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=place.sh
. "$here/place.sh"
no_arguments "$@"

hint() {
    command -v crontab >/dev/null 2>&1 || return 0
    if ! crontab -l 2>/dev/null | grep -qF "$here/start.sh"; then
        say "to start it with the machine, run \`crontab -e\` and add the line"
        cron_line
    fi
}

if running; then
    say "runs already, process $pid"
    exit 0
fi
find_agent
export CONFIG_DIR="$config" STATE_DIR="$state"
[ -e "$config/identity.json" ] ||
    fail 6 "this machine is not enrolled: run the line that \`wakeful-collector invite\` prints on the collector"
"$agent" check-config >/dev/null || exit 6
umask 077
mkdir -p "$state"

# Everything goes into one file, which the agent itself takes over and keeps small (log_file_mb).
export WAKEFUL_AGENT_LOG_FILE="$log"
detached() {
    cd /
    MALLOC_ARENA_MAX=1 # one heap for all threads: half a megabyte less
    export MALLOC_ARENA_MAX
    # What comes before the agent listens for SIGHUP does not end it (nohup is not everywhere). setsid: it outlives this
    # terminal.
    trap '' HUP
    if command -v setsid >/dev/null 2>&1; then exec setsid "$agent" run; else exec "$agent" run; fi
}
detached </dev/null >>"$log" 2>&1 &
child=$!

# The agent is the child, or a child of it where the program is one that unpacks itself.
# shellcheck disable=SC2317 # they are called by patiently
ours() { [ "$pid" = "$child" ] || grep -q "^PPid:[[:space:]]*$child\$" "/proc/$pid/status" 2>/dev/null; }
# shellcheck disable=SC2317
settled() { { ready && ours; } || ! kill -0 "$child" 2>/dev/null; }
# shellcheck disable=SC2317
decided() { ready || ! running; }
patiently 30 settled || ready || fail 1 "process $child is not ready after 30 s; see $here/logs.sh"
if ready; then
    say "runs, process $pid; its log is $log"
    hint
    exit 0
fi
# It ended: another start came first, and that agent may have yet to begin to measure, or to write down its number.
patiently 1 running && patiently 30 decided && ready && say "runs already, process $pid: another start came first" && exit 0
tail -n 5 "$log" >&2
fail 1 "did not start; the last lines of $log are above"
