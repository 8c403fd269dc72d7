#!/bin/sh
# Builds PyInstaller's bootloader for glibc 2.17 with zlib inside, into the cache: bootloader.sh x86_64|aarch64
# The one of its wheel asks the machine for libz.so.1, which need not be there.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$(the_bootloader "$ARCH")
[ ! -f "$place/done" ] || exit 0
BUILD=$CACHE/build-bootloader-$ARCH-$$
rm -rf "$place"
mkdir -p "$BUILD" "$place"
trap 'rm -rf "$BUILD"' EXIT
say "building the bootloader for $ARCH"
PYI_STATIC_ZLIB=1
CC=cc
export PYI_STATIC_ZLIB CC
# pip compiles it once, on the way to its name and version: by our compiler too, for the machine may have none.
PATH=$(the_compiler x86_64)/bin:$PATH quietly "$BUILD/fetch.log" "$(the_tools)/bin/python" -m pip download \
    --disable-pip-version-check --no-deps --no-build-isolation --no-binary=:all: --require-hashes -d "$BUILD" \
    -r "$FREEZE/requirements-bootloader.txt"
tar xf "$BUILD"/pyinstaller-*.tar.gz -C "$BUILD" --strip-components=1
PATH=$(the_compiler "$ARCH")/bin:$PATH
export PATH WAKEFUL_BUILD="$BUILD"
cd "$BUILD/bootloader"
target=
[ "$ARCH" = x86_64 ] || target=--target-arch=64bit-arm
# shellcheck disable=SC2086 # a word or none
quietly "$BUILD/bootloader.log" python3 ./waf distclean all $target
cp "$BUILD"/PyInstaller/bootloader/Linux-64bit-*/run "$place/run"
# GCC's start files say that they want the newest of kernels. What they need is what that glibc needs: Linux 2.6.32.
if [ "$ARCH" = x86_64 ]; then
    printf '\004\000\000\000\020\000\000\000\001\000\000\000GNU\000\000\000\000\000\002\000\000\000\006\000\000\000\040\000\000\000' >"$BUILD/note"
    objcopy --update-section .note.ABI-tag="$BUILD/note" "$place/run"
fi
strip "$place/run"
: >"$place/done"
