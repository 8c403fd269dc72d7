#!/bin/sh
# Packs the bundle the same way each time: pack.sh x86_64|aarch64 writes dist/linux/wakeful-agent-VERSION-linux-ARCH.tar.xz
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

name=wakeful-agent-$VERSION
target=$DIST/$name-linux-$ARCH.tar.xz
say "packing $(basename "$target")"
mkdir -p "$DIST"
rm -rf "$WORK/$ARCH/pack"
mkdir "$WORK/$ARCH/pack"
cp -R "$WORK/$ARCH/bundle/wakeful-agent" "$WORK/$ARCH/pack/$name"
# A dictionary of 32 MB holds all of it, and asks no more than that of a small machine that unpacks it.
tar cf - -C "$WORK/$ARCH/pack" --format=ustar --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --mode='u=rwX,go=rX' "$name" | xz --threads=1 --check=crc64 --lzma2=preset=9e,dict=32MiB >"$target.new"
mv "$target.new" "$target"
rm -rf "$WORK/$ARCH/pack"
