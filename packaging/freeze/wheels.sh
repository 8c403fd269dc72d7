#!/bin/sh
# Builds the agent's wheel and lays it out with what it needs and with the freezer: wheels.sh x86_64|aarch64
# Leaves build/freeze/ARCH/site (what is frozen) and a freezer in the cache.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

site=$WORK/$ARCH/site
tools=$(the_tools)/bin/python

# lay_out REQUIREMENTS FOLDER: these wheels, as they are for glibc 2.17 and this architecture.
lay_out() {
    quietly "$WORK/$ARCH/pip.log" "$tools" -m pip install --disable-pip-version-check --no-deps --require-hashes --no-compile \
        --only-binary=:all: --platform "manylinux2014_$ARCH" --platform "manylinux_2_17_$ARCH" --implementation cp \
        --python-version "$PYTHON_SHORT" --target "$2" -r "$1"
}

rm -rf "$site" "$WORK/$ARCH/wheel"
mkdir -p "$WORK/$ARCH"
say "building the agent's wheel"
# From a copy: what lies about in a checkout (caches, other builds) has no way in.
rm -rf "$WORK/$ARCH/source"
mkdir "$WORK/$ARCH/source"
(cd "$ROOT/agent" && tar cf - --exclude=__pycache__ pyproject.toml README.md src scripts) | tar xf - -C "$WORK/$ARCH/source"
quietly "$WORK/$ARCH/wheel.log" "$tools" -m pip wheel --disable-pip-version-check --no-deps --no-build-isolation \
    -w "$WORK/$ARCH/wheel" "$WORK/$ARCH/source"
bundle=$CACHE/bundle-$ARCH-$(inputs "$FREEZE/requirements-bundle.txt")
freezer=$(the_freezer "$ARCH")
for pair in "$FREEZE/requirements-bundle.txt $bundle" "$FREEZE/requirements-freezer.txt $freezer"; do
    folder=${pair#* }
    [ -f "$folder/done" ] || { rm -rf "$folder"; lay_out "${pair% *}" "$folder"; : >"$folder/done"; }
done
cp -R "$bundle" "$site"
rm "$site/done"
quietly "$WORK/$ARCH/pip.log" "$tools" -m pip install --disable-pip-version-check --no-deps --no-compile --no-index \
    --target "$site" "$WORK/$ARCH"/wheel/*.whl
# The bootloader that was built here takes the place of the wheel's.
cp "$(the_bootloader "$ARCH")/run" "$freezer"/PyInstaller/bootloader/Linux-64bit-*/run
