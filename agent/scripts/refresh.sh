#!/bin/sh
# Makes the running agent read agent.toml again and look anew at what it may do here (SIGHUP), and waits for its word.
# Exit codes: 0 the settings are in force, 1 no word came, 4 not permitted, 6 they are wrong and the old ones stay, 7 it does not run.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=place.sh
. "$here/place.sh"
no_arguments "$@"

running || fail 7 "does not run"
# Until the agent listens for SIGHUP, it would go unheard. The signals it listens for are the bits of SigCgt.
listens() { case $(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$pid/status" 2>/dev/null) in *[13579bdf]) ;; *) return 1 ;; esac }
listens_and_ready() { ready && listens; }
patiently 30 listens_and_ready || fail 1 "process $pid is not ready yet"
asked=$pid
reloads=$(told RELOADS)
refused=$(told REFUSED)
kill -HUP "$asked" 2>/dev/null || fail 4 "process $asked may not be told by this user"
taken() { ! running || { [ "$pid" = "$asked" ] && [ "$(told RELOADS)" -gt "$reloads" ]; } 2>/dev/null; }
patiently 60 taken || fail 1 "process $asked was told, and said nothing within 60 s; see $here/logs.sh"
running || fail 1 "process $asked ended; see $here/logs.sh"
if [ "$(told REFUSED)" -gt "$refused" ]; then
    find_agent
    CONFIG_DIR=$config STATE_DIR=$state "$agent" check-config >/dev/null || :
    fail 6 "$(told STATUS)"
fi
say "has read its settings again, they are in force"
