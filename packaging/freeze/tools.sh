#!/bin/sh
# Builds the environment of build tools (from PyPI, pinned by hash): tools.sh. Nothing is done while nothing changed.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"

place=$(the_tools)
[ ! -f "$place/done" ] || exit 0
say "installing the build tools"
rm -rf "$place"
mkdir -p "$CACHE"
python3 -m venv "$place"
quietly "$place/log" "$place/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: -r "$FREEZE/requirements-tools.txt"
: >"$place/done"
