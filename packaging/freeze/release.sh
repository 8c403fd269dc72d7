#!/bin/sh
# Makes a release of what lies in dist/linux (packaging/sign.py), signed where WAKEFUL_SIGNING_KEY names a key: release.sh
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"

"$FREEZE/bundle.sh" x86_64
PYTHONPATH=$(the_bundle x86_64) "$(the_interpreter x86_64)/bin/python$PYTHON_SHORT" "$ROOT/packaging/sign.py" "$DIST" >&2
