#!/bin/sh
# Holds the frozen agent to its source: compare.sh x86_64|aarch64
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

python=${WAKEFUL_FREEZE_PYTHON:-$(the_interpreter "$ARCH")/bin/python$PYTHON_SHORT}
PYTHONPATH=$(the_freezer "$ARCH")
export PYTHONPATH
foreign "$(the_tools)/bin/python" "$FREEZE/whole.py" \
    "$WORK/$ARCH/bundle/wakeful-agent/wakeful-agent" "$WORK/$ARCH/site" "$python"
