#!/bin/sh
# Lays out what the agent needs, and the freezer, in the cache: bundle.sh x86_64|aarch64. Nothing is done while nothing changed.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

# lay_out REQUIREMENTS FOLDER: these wheels, as they are for glibc 2.17 and this architecture.
lay_out() {
    [ ! -f "$2/done" ] || return 0
    rm -rf "$2"
    mkdir -p "$CACHE"
    quietly "$CACHE/bundle.log" "$(the_tools)/bin/python" -m pip install --disable-pip-version-check --no-deps --require-hashes \
        --no-compile --only-binary=:all: --platform "manylinux2014_$ARCH" --platform "manylinux_2_17_$ARCH" \
        --implementation cp --python-version "$PYTHON_SHORT" --target "$2" -r "$1"
    : >"$2/done"
}

lay_out "$FREEZE/requirements-bundle.txt" "$(the_bundle "$ARCH")"
lay_out "$FREEZE/requirements-freezer.txt" "$(the_freezer "$ARCH")"
