#!/bin/sh
# Starts the release of the agent that is to run here. install.sh puts it as `launch` beside `current` and `versions/`.
#   launch WORDS...    the current release with these words
#   launch --settle    only takes a release back that failed; for whoever may write here (root's ExecStartPre)
#
# A release on trial is named by the file `trial`, and proves itself by a push that the collector accepts: then it writes
# its version into the file `proven` of the state folder. Until then its starts are counted there; three in vain, and the
# release before runs again. All this knows is two links and three files of one line, so that no release can break it.
set -eu
home=$(dirname "$(readlink -f "$0")")
state=${STATE_DIR:-/var/lib/wakeful-agent}
starts_most=3

# line_of FILE: its first line, nothing where there is no such regular file.
line_of() {
    line=''
    if [ -f "$1" ] && [ -r "$1" ]; then IFS= read -r line <"$1" || :; fi
    printf '%s' "$line"
}

# version_of LINK: the version that a link leads to, nothing where it leads nowhere.
version_of() {
    [ -x "$home/$1/wakeful-agent" ] || return 0
    basename "$(readlink "$home/$1")"
}

on_trial() {
    [ -n "$current" ] && [ "$(line_of "$home/trial")" = "$current" ] && [ "$(line_of "$state/proven")" != "$current" ]
}

# Sets `count`, how often the release on trial was started.
count_starts() {
    counted=$(line_of "$state/starts")
    count=0
    case $counted in "$current "*) count=${counted#"$current "} ;; esac
    case $count in '' | *[!0-9]* | ?????*) count=0 ;; esac
}

# Whether the current release has failed and there is another: it was started too often in vain, or is not even there.
has_failed() {
    previous=$(version_of previous)
    [ -n "$previous" ] || return 1
    [ -n "$current" ] || return 0
    on_trial || return 1
    count_starts
    [ "$count" -ge "$starts_most" ]
}

# Makes the release before the current one, where this may be done here. One rename: there always is a current one.
take_back() {
    [ -w "$home" ] || return 0
    failed=$(line_of "$home/trial")
    rm -f "$home/.current"
    ln -s "versions/$previous" "$home/.current" || return 1
    # A mv that does not know -T would put it into the folder.
    mv -fT "$home/.current" "$home/current" 2>/dev/null ||
        { rm -f "$home/current" && mv -f "$home/.current" "$home/current"; } || return 1
    { printf '%s\n' "$failed" >"$home/failed"; } 2>/dev/null || :
    rm -f "$home/trial"
    printf 'wakeful-agent: release %s did not come up, %s runs again\n' "${failed:-?}" "$previous" >&2
}

current=$(version_of current)
program=$home/current/wakeful-agent
if has_failed; then
    # A disk that takes nothing must not keep the release before from starting.
    take_back || :
    program=$home/versions/$previous/wakeful-agent
elif [ "${1-}" = run ] && on_trial; then
    count_starts
    # A disk that takes nothing must not keep the agent from starting.
    { printf '%s %s\n' "$current" "$((count + 1))" >"$state/starts"; } 2>/dev/null || :
fi
[ "${1-}" != --settle ] || exit 0
exec "$program" "$@"
