#!/bin/sh
# Installs what the freeze needs of Debian, where this is Debian and we are root; says what is missing elsewhere: prepare.sh x86_64|aarch64
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"
[ "$(uname -m)" = x86_64 ] || fail "this machine is no x86_64, which the compilers are for"

missing=""
want() { command -v "$1" >/dev/null 2>&1 || [ -e "$1" ] || missing="$missing $2"; }
want python3 python3
python3 -c 'import ensurepip, venv' 2>/dev/null || missing="$missing python3-venv"
want make make
want patch patch
# Debian's smallest perl is there always, and OpenSSL's Configure wants the whole one.
perl -MFindBin -MIPC::Cmd -MTime::Piece -e 1 2>/dev/null || missing="$missing perl"
want xz xz-utils
want objdump binutils
want autoreconf autoconf
want automake automake
want libtoolize libtool
want /usr/share/aclocal/ltdl.m4 libltdl-dev
if [ "$ARCH" = aarch64 ]; then
    want aarch64-linux-gnu-strip binutils-aarch64-linux-gnu
    want qemu-aarch64-static qemu-user-static
fi
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then fail "needs, from Debian:$missing"; fi
say "installing from Debian:$missing"
apt-get update -qq
# shellcheck disable=SC2086 # the list is words of our own
DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
