#!/bin/sh
# Builds the agent's wheel and lays it out with what it needs, in build/freeze/ARCH/site: wheels.sh x86_64|aarch64
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

site=$WORK/$ARCH/site
tools=$(the_tools)/bin/python

rm -rf "$site" "$WORK/$ARCH/wheel"
mkdir -p "$WORK/$ARCH"
say "building the agent's wheel"
# From a copy: what lies about in a checkout (caches, other builds) has no way in.
rm -rf "$WORK/$ARCH/source"
mkdir "$WORK/$ARCH/source"
(cd "$ROOT/agent" && tar cf - --exclude=__pycache__ pyproject.toml README.md src scripts) | tar xf - -C "$WORK/$ARCH/source"
quietly "$WORK/$ARCH/wheel.log" "$tools" -m pip wheel --disable-pip-version-check --no-deps --no-build-isolation \
    -w "$WORK/$ARCH/wheel" "$WORK/$ARCH/source"
"$FREEZE/bundle.sh" "$ARCH"
cp -R "$(the_bundle "$ARCH")" "$site"
rm "$site/done"
quietly "$WORK/$ARCH/pip.log" "$tools" -m pip install --disable-pip-version-check --no-deps --no-compile --no-index \
    --target "$site" "$WORK/$ARCH"/wheel/*.whl
freezer=$(the_freezer "$ARCH")
# The bootloader that was built here takes the place of the wheel's.
cp "$(the_bootloader "$ARCH")/run" "$freezer"/PyInstaller/bootloader/Linux-64bit-*/run
