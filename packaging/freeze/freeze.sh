#!/bin/sh
# Freezes the agent into build/freeze/ARCH/bundle/wakeful-agent: freeze.sh x86_64|aarch64
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

out=$WORK/$ARCH/bundle
python=${WAKEFUL_FREEZE_PYTHON:-$(the_interpreter "$ARCH")/bin/python$PYTHON_SHORT}
rm -rf "$out" "$WORK/$ARCH/work" "$WORK/$ARCH/config"
say "freezing the agent for $ARCH"
path=$(the_compiler "$ARCH")/bin:/usr/bin:/bin
prefix=
if [ "$ARCH" != "$(uname -m)" ]; then
    path=$(the_machine "$ARCH")/bin:$path
    prefix=$(the_machine "$ARCH")/root
fi
# Nothing of this machine's environment reaches the freezer, and the order of sets is the same each time.
quietly "$WORK/$ARCH/freeze.log" foreign env -i QEMU_LD_PREFIX="$prefix" PATH="$path" HOME="$WORK/$ARCH" LC_ALL=C TZ=UTC \
    SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" PYTHONHASHSEED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$(the_freezer "$ARCH")" \
    PYINSTALLER_CONFIG_DIR="$WORK/$ARCH/config" WAKEFUL_SITE="$WORK/$ARCH/site" \
    "$python" -m PyInstaller --noconfirm --clean --log-level WARN --distpath "$out" --workpath "$WORK/$ARCH/work" "$FREEZE/agent.spec"
rm -rf "$out"/wakeful-agent/_internal/*.dist-info
