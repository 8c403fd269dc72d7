#!/bin/sh
# Lays out a compiler for glibc 2.17 (from PyPI, pinned by hash): compiler.sh x86_64|aarch64
# What it leaves is `bin/` with cc, c++, ar, ranlib, strip, objcopy and readelf, whatever is behind them. cc adds what must
# stand in nobody's configuration, because libraries keep theirs as text: WAKEFUL_BUILD is left out of all paths,
# WAKEFUL_STAGE holds the libraries that were built before.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$(the_compiler "$ARCH")
[ ! -f "$place/done" ] || exit 0
say "laying out the compiler for $ARCH"
rm -rf "$place"
mkdir -p "$place/bin" "$place/wheel"

fetch_wheel() {
    quietly "$place/log" "$(the_tools)/bin/python" -m pip download --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: -d "$place/wheel" -r "$FREEZE/requirements-compiler-$ARCH.txt"
    "$(the_tools)/bin/python" -m zipfile -e "$place"/wheel/*.whl "$place/unpacked"
    rm -r "$place/wheel"
}

wrap() {
    cat >"$place/bin/$1"
    chmod 755 "$place/bin/$1"
}

# shellcheck disable=SC1090 # they are checked by themselves
. "$FREEZE/compiler-$ARCH.sh"
fetch_wheel
lay_out
: >"$place/done"
