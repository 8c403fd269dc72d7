#!/bin/sh
# Shows what the agent said last: logs.sh [-n LINES] [-f]
#   -n LINES  how many lines, 100 if not given
#   -f        go on with what it says from now on
# Exit codes: 0 shown, 2 usage, 3 there is no log.
set -eu
here=$(dirname "$(readlink -f "$0")")
# shellcheck source=place.sh
. "$here/place.sh"

lines=100
follow=''
case ${1-} in --help) help ;; esac
while getopts n:fh option; do
    case $option in
    n) lines=$OPTARG ;;
    f) follow=1 ;;
    h) help ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
[ $# = 0 ] || fail 2 "does not understand $1; see --help"
case $lines in '' | *[!0-9]*) fail 2 "-n takes a number of lines, not $lines" ;; esac
[ -e "$log" ] || fail 3 "there is no $log: the agent was not started with start.sh"

if [ -n "$follow" ]; then
    exec tail -n "$lines" -F "$log"
fi
{
    cat "$log.1" 2>/dev/null || :
    cat "$log"
} | tail -n "$lines"
