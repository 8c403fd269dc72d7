#!/bin/sh
# Puts the licences of all that is bundled into the bundle: licenses.sh x86_64|aarch64
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$WORK/$ARCH/bundle/wakeful-agent/_internal/licenses
rm -rf "$place"
mkdir -p "$place"
cp "$ROOT/LICENSE" "$place/wakeful.txt"
cp "$ROOT/NOTICE" "$place/NOTICE.txt"
for folder in "$WORK/$ARCH"/site/*.dist-info; do
    name=$(basename "$folder" .dist-info)
    [ -d "$folder/licenses" ] || continue
    for file in "$folder"/licenses/*; do cp "$file" "$place/${name%-*}-$(basename "$file")"; done
done

# of_source PACKAGE FILE NAME: a file of a source that the interpreter was built of.
of_source() {
    archive=$(grep "^$1 " "$FREEZE/sources.txt" | grep -o '[^ ]*\.orig\.tar\.[^ ]*')
    tar xOf "$SOURCES/$archive" --wildcards "*/$2" >"$place/$3.txt"
    [ -s "$place/$3.txt" ] || fail "no $2 in $archive"
}
of_source python3.13 LICENSE python
of_source openssl LICENSE.txt openssl
of_source zlib LICENSE zlib
of_source xz-utils COPYING xz
# The program that starts it, and the modules that it loads first, are those of the freezer.
cp "$(the_freezer "$ARCH")"/pyinstaller-*.dist-info/licenses/COPYING.txt "$place/pyinstaller.txt"
