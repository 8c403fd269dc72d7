#!/bin/sh
# Builds the virtual environment: packaging/environment.sh run|dev [PYTHON] [FOLDER]
# `run` holds what the two halves need, `dev` what their tests need as well. Nothing is done while nothing changed.
set -eu

kind=${1:-run}
python=${2:-}
folder=${3:-.venv}
cd "$(dirname "$0")/.."

say() { printf '%s\n' "wakeful: $*"; }
fail() { printf '%s\n' "wakeful: $*" >&2; exit 1; }

find_python() {
    for candidate in python3.11 python3.12 python3.13 python3; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "needs Python 3.11 or newer; Debian 12 has it as: apt-get install python3 python3-venv"
}

make_environment() {
    # An environment of another clone, or one whose interpreter went away, is built anew.
    if [ -x "$folder/bin/python" ] && "$folder/bin/python" -m pip --version >/dev/null 2>&1; then return; fi
    say "building the virtual environment $folder with $python"
    rm -rf "$folder"
    if "$python" -m venv "$folder" >/dev/null 2>&1; then return; fi
    rm -rf "$folder"
    if "$python" -m virtualenv -q "$folder" >/dev/null 2>&1; then return; fi
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
        fail "this Python has no venv module; as root: apt-get install python3-venv"
    fi
    say "installing python3-venv"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
    "$python" -m venv "$folder"
}

stamp_of() {
    cat agent/pyproject.toml collector/pyproject.toml requirements-dev.txt agent/src/wakeful_wire/__init__.py |
        cat - packaging/environment.sh | cksum | tr ' ' '-'
}

[ -n "$python" ] || python=$(find_python)
sum=$(stamp_of)
stamp="$folder/.wakeful-$kind-$sum"
[ -f "$stamp" ] && [ -x "$folder/bin/python" ] && exit 0
# What the tests need holds what a run needs.
[ "$kind" = run ] && [ -f "$folder/.wakeful-dev-$sum" ] && [ -x "$folder/bin/python" ] && exit 0
make_environment

set -- -e ./agent -e ./collector
[ "$kind" = dev ] && set -- "$@" -r requirements-dev.txt
[ "$kind" = agent ] && set -- -e ./agent pytest hypothesis prometheus-client
say "installing Wakeful and its libraries into $folder (a minute or two the first time)"
no_success="the installation did not succeed; the lines above say why"
if [ -t 1 ]; then
    # A pipe ends as its last program does, so pip's own end is written down.
    rm -f "$folder/.wakeful-failed"
    { "$folder/bin/python" -m pip install --disable-pip-version-check --progress-bar on "$@" || : >"$folder/.wakeful-failed"; } |
        grep -E '^(Collecting|Downloading|Installing|Successfully)' || true
    [ ! -e "$folder/.wakeful-failed" ] || fail "$no_success"
else
    "$folder/bin/python" -m pip install --disable-pip-version-check -q "$@" || fail "$no_success"
fi
# gunicorn's faster parser comes as source: taken where it can be compiled, done without elsewhere.
if [ "$kind" != agent ] && command -v cc >/dev/null 2>&1; then
    "$folder/bin/python" -m pip install --disable-pip-version-check -q -e './collector[fast]' 2>/dev/null || true
fi
"$folder/bin/python" -c 'import wakeful_agent' || fail "$no_success"
rm -f "$folder"/.wakeful-"$kind"-*
: >"$stamp"
say "installed"
