#!/bin/sh
# Proves the tarball of dist/linux where it is meant to run: prove.sh ARCH PYTHON [ROOT...], with an environment's PYTHON that has the collector
# Without roots: a glibc 2.17 with a stand-in for Linux 3.10, and Debian's bullseye, bookworm and sid. Needs root.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"
python=${2:-python3}
shift 2
[ "$(id -u)" = 0 ] || fail "only root can: it makes root folders and runs in them"
if [ $# = 0 ]; then
    set -- glibc-2.17
    [ "$ARCH" != x86_64 ] || set -- "$@" bullseye bookworm sid
fi

place=$(mktemp -d /var/tmp/wakeful-proof-XXXXXX)
trap 'rm -rf "$place"' EXIT
tar xf "$DIST/wakeful-agent-$VERSION-linux-$ARCH.tar.xz" -C "$place"
mv "$place/wakeful-agent-$VERSION" "$place/wakeful-agent"
say "the floor"
"$(the_tools)/bin/python" "$FREEZE/floor.py" "$place/wakeful-agent"
for root in "$@"; do
    say "in a root of $root, $ARCH"
    "$FREEZE/root.sh" "$root" "$place/root-$root" "$ARCH"
    # Found by its absolute path in the root, the C library is that of the root.
    foreign env -u QEMU_LD_PREFIX "$python" "$FREEZE/proof.py" --bundle "$place/wakeful-agent" --root "$place/root-$root" \
        --source "$(the_interpreter "$ARCH")/bin/python$PYTHON_SHORT" "$WORK/$ARCH/site"
done
