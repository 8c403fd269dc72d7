#!/bin/sh
# What every step of the freeze agrees on: sourced, never run. ROOT is the checkout, CACHE what is worth keeping.
# shellcheck disable=SC2034 # the names are for those who source this
set -eu

PYTHON_SHORT=3.13
# Times of files and of builds: nothing of a bundle says when it was made, so that anybody can make it again.
SOURCE_DATE_EPOCH=1767225600
LC_ALL=C
TZ=UTC
export SOURCE_DATE_EPOCH LC_ALL TZ

ROOT=$(cd "$(dirname "$0")/../.." && pwd)
FREEZE=$ROOT/packaging/freeze
CACHE=${WAKEFUL_FREEZE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/wakeful/freeze}
SOURCES=$CACHE/sources
DIST=${WAKEFUL_FREEZE_DIST:-$ROOT/dist/linux}
WORK=${WAKEFUL_FREEZE_WORK:-$ROOT/build/freeze}
JOBS=${WAKEFUL_FREEZE_JOBS:-$(nproc)}
STARTED=${WAKEFUL_FREEZE_STARTED:-$(date +%s)}
VERSION=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$ROOT/agent/src/wakeful_wire/__init__.py")

say() { printf 'wakeful: %4d s  %s\n' "$(($(date +%s) - STARTED))" "$*" >&2; }
fail() {
    printf 'wakeful: %s\n' "$*" >&2
    exit 1
}

architecture() {
    case ${1:-} in
        x86_64 | aarch64) ARCH=$1 ;;
        *) fail "which architecture? x86_64 or aarch64" ;;
    esac
}

# inputs FILE...: a name for exactly these contents, 16 digits of it.
inputs() { cat "$@" | sha256sum | cut -c 1-16; }

# quietly LOG COMMAND...: the output goes to a file, of which the end is shown when the command fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 && return 0
    tail -n 40 "$log" >&2
    fail "failed: $* (all of it is in $log)"
}

# the_interpreter ARCH, the_bootloader ARCH, the_tools, the_compiler: folders of the cache, named by what they are made of.
the_tools() { printf '%s/tools-%s' "$CACHE" "$(inputs "$FREEZE/requirements-tools.txt" "$FREEZE/tools.sh")"; }
the_compiler() { printf '%s/compiler-%s-%s' "$CACHE" "$1" "$(inputs "$FREEZE/requirements-compiler-$1.txt" "$FREEZE/compiler.sh" "$FREEZE/compiler-$1.sh")"; }
the_interpreter() {
    printf '%s/interpreter-%s-%s' "$CACHE" "$1" \
        "$(inputs "$FREEZE/requirements-compiler-$1.txt" "$FREEZE/compiler.sh" "$FREEZE/compiler-$1.sh" "$FREEZE/sources.txt" "$FREEZE/interpreter.sh" "$FREEZE/libraries.sh" "$FREEZE/patches-left-out.txt")"
}
the_bootloader() {
    printf '%s/bootloader-%s-%s' "$CACHE" "$1" \
        "$(inputs "$FREEZE/requirements-compiler-$1.txt" "$FREEZE/compiler.sh" "$FREEZE/compiler-$1.sh" "$FREEZE/bootloader.sh" "$FREEZE/requirements-bootloader.txt")"
}
the_bundle() { printf '%s/bundle-%s-%s' "$CACHE" "$1" "$(inputs "$FREEZE/requirements-bundle.txt")"; }
the_freezer() { printf '%s/freezer-%s-%s' "$CACHE" "$1" "$(inputs "$FREEZE/requirements-freezer.txt")"; }
the_machine() { printf '%s/machine-%s-%s' "$CACHE" "$1" "$(inputs "$FREEZE/requirements-machine-$1.txt" "$FREEZE/machine.sh")"; }

# foreign COMMAND...: run it where programs of ARCH can be started, with their C library found.
foreign() {
    [ "$ARCH" != "$(uname -m)" ] || { "$@"; return; }
    QEMU_LD_PREFIX=$(the_machine "$ARCH")/root "$(the_machine "$ARCH")/run" "$@"
}
