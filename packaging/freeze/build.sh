#!/bin/sh
# All steps of one architecture, in order: build.sh x86_64|aarch64. What its inputs say was made already is not made again.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"
WAKEFUL_FREEZE_STARTED=$STARTED
export WAKEFUL_FREEZE_STARTED
cd "$FREEZE"
# One build at a time in a cache: two would make the same folders.
mkdir -p "$CACHE"
exec 9>"$CACHE/lock"
flock 9

name=wakeful-agent-$VERSION-linux-$ARCH
stamp() {
    (cd "$ROOT" && find agent packaging/freeze packaging/*.sh systemd openrc LICENSE NOTICE -type f \
        ! -name '*.pyc' ! -path '*/tests/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1)
}
now=$(stamp)
if [ -f "$DIST/$name.tar.xz" ] && [ "$(cat "$WORK/$ARCH/stamp" 2>/dev/null)" = "$now" ]; then
    say "$name.tar.xz is there, and nothing has changed since"
    exit 0
fi
rm -f "$WORK/$ARCH/stamp"
./prepare.sh "$ARCH"
./fetch.sh
./tools.sh
# The other architecture's interpreter is built with the help of this one's.
for each in x86_64 "$ARCH"; do
    ./compiler.sh "$each"
    ./interpreter.sh "$each"
done
./bootloader.sh "$ARCH"
[ "$ARCH" = x86_64 ] || ./machine.sh "$ARCH"
./wheels.sh "$ARCH"
./freeze.sh "$ARCH"
say "comparing with the source"
./compare.sh "$ARCH" >&2
say "looking for anything newer than glibc 2.17"
quietly "$WORK/$ARCH/floor.log" "$(the_tools)/bin/python" floor.py "$WORK/$ARCH/bundle/wakeful-agent"
tail -n 1 "$WORK/$ARCH/floor.log" >&2
./licenses.sh "$ARCH"
"$ROOT/packaging/service-files.sh" "$WORK/$ARCH/bundle/wakeful-agent"
./pack.sh "$ARCH"
"$(the_tools)/bin/python" sbom.py "$VERSION" "$ARCH" "$WORK/$ARCH/bundle/wakeful-agent" "$WORK/$ARCH/site" \
    "$(the_interpreter "$ARCH")" >"$DIST/$name.cdx.json"
printf '%s\n' "$now" >"$WORK/$ARCH/stamp"
say "$(du -sh "$WORK/$ARCH/bundle" | cut -f 1) in a folder, $(du -h "$DIST/$name.tar.xz" | cut -f 1) packed: dist/linux/$name.tar.xz"
