# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # the script sets `here`, and uses what is set here
# What start.sh, stop.sh, status.sh, logs.sh and refresh.sh share; they read it, it does nothing by itself.
# Folders are those of the agent: CONFIG_DIR and STATE_DIR first, then XDG's; WAKEFUL_AGENT names the program.

say() { printf 'wakeful-agent: %s\n' "$*"; }

# fail CODE WORDS...: exit codes are those of LSB's init scripts.
fail() {
    code=$1
    shift
    printf 'wakeful-agent: %s\n' "$*" >&2
    exit "$code"
}

# The comment at the head of a script is its help.
help() {
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
    exit 0
}

# no_arguments "$@": only --help is understood.
no_arguments() {
    case ${1-} in
    '') ;;
    -h | --help) help ;;
    *) fail 2 "takes no arguments, not $1; see --help" ;;
    esac
}

absolute() {
    case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$(pwd -P)" "$1" ;;
    esac
}

home=${HOME:-}
if [ "$(id -u)" = 0 ]; then
    usual_config=/etc/wakeful
    usual_state=/var/lib/wakeful-agent
    config=$usual_config
    state=$usual_state
else
    usual_config=$home/.config/wakeful
    usual_state=$home/.local/state/wakeful-agent
    config=${XDG_CONFIG_HOME:-$home/.config}/wakeful
    state=${XDG_STATE_HOME:-$home/.local/state}/wakeful-agent
fi
config=$(absolute "${CONFIG_DIR:-$config}")
state=$(absolute "${STATE_DIR:-$state}")
log=$state/agent.log

# Sets `agent` to the program: WAKEFUL_AGENT, the launcher of install.sh beside these scripts, the one installed with them,
# that of the checkout, that in PATH.
find_agent() {
    for agent in "${WAKEFUL_AGENT:-}" "$here/../launch" "$here/../../bin/wakeful-agent" "$here/../../.venv/bin/wakeful-agent" \
        "$(command -v wakeful-agent || :)" "$home/.local/bin/wakeful-agent"; do
        if [ -f "$agent" ] && [ -x "$agent" ]; then
            agent=$(absolute "$agent")
            return 0
        fi
    done
    fail 5 "the program is not found; set WAKEFUL_AGENT to its path"
}

# Sets `pid` and succeeds while an agent runs from the state folder. The pid file is the agent's own lock: a number in it
# counts only while that process has this very file open, so that a number the system gave to another fools nobody.
running() {
    pid=''
    if [ -e "$state" ] && [ ! -x "$state" ]; then
        fail 4 "may not look into $state; run this as the user who runs the agent"
    fi
    [ -r "$state/lock" ] || return 1
    pid=$(sed -n 1p "$state/lock")
    case $pid in
    '' | *[!0-9]*) return 1 ;;
    esac
    lock=$(cd "$state" && pwd -P)/lock
    for descriptor in "/proc/$pid/fd"/*; do
        [ "$(readlink "$descriptor" 2>/dev/null || :)" != "$lock" ] || return 0
    done
    return 1
}

# told KEY: what the agent last told of itself.
told() { sed -n "s/^$1=//p" "$state/status" 2>/dev/null || :; }

ready() { running && [ "$(told MAINPID)" = "$pid" ] && [ "$(told READY)" = 1 ]; }

# patiently SECONDS COMMAND...: ask until it succeeds, five times a second.
patiently() {
    left=$(($1 * 5))
    shift
    until "$@"; do
        left=$((left - 1))
        [ "$left" -gt 0 ] || return 1
        sleep 0.2 2>/dev/null || sleep 1
    done
}

# A word as it stands in a crontab: in quotes for the shell, and % is a newline there.
quoted() { printf %s "$1" | sed "s/'/'\\\\''/g; s/%/\\\\%/g; 1s/^/'/; \$s/\$/'/"; }

# The line that starts the agent with the machine. Cron knows no XDG variables, so unusual folders are named.
cron_line() {
    printf '@reboot '
    [ "$config" = "$usual_config" ] || printf 'CONFIG_DIR=%s ' "$(quoted "$config")"
    [ "$state" = "$usual_state" ] || printf 'STATE_DIR=%s ' "$(quoted "$state")"
    [ -z "${WAKEFUL_AGENT:-}" ] || printf 'WAKEFUL_AGENT=%s ' "$(quoted "$(absolute "$WAKEFUL_AGENT")")"
    printf '%s >/dev/null 2>&1\n' "$(quoted "$here/start.sh")"
}
