#!/bin/sh
# Builds a second time, from nothing, in another folder, and compares every byte with dist/linux: verify.sh ARCH [CACHE]
# The second build has a cache of its own, so that the interpreter too is built twice; CACHE names one that is to be used.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$(mktemp -d /var/tmp/wakeful-verify-XXXXXX)
trap 'rm -rf "$place"' EXIT
other=${2:-$place/cache}
mkdir -p "$place/elsewhere/checkout" "$other/sources"
# The sources are pinned: they need no second download.
cp -n "$SOURCES"/*.tar.* "$other/sources/" 2>/dev/null || true
(cd "$ROOT" && tar cf - --exclude=.git --exclude='.venv*' --exclude=build --exclude=dist --exclude=var --exclude=__pycache__ .) |
    tar xf - -C "$place/elsewhere/checkout"
say "building in $place/elsewhere/checkout"
WAKEFUL_FREEZE_CACHE=$other "$place/elsewhere/checkout/packaging/freeze/build.sh" "$ARCH"
for name in "wakeful-agent-$VERSION-linux-$ARCH.tar.xz" "wakeful-agent-$VERSION-linux-$ARCH.cdx.json"; do
    first=$(sha256sum <"$DIST/$name")
    second=$(sha256sum <"$place/elsewhere/checkout/dist/linux/$name")
    [ "$first" = "$second" ] || fail "not the same twice: $name ($first, $second)"
    say "the same twice: $name ${first%% *}"
done
