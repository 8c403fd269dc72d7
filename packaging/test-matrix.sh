#!/bin/sh
# Runs the tests of the agent and the wire on every Python from 3.9 to 3.13 that can be found.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in "python$1" "$HOME"/.pyenv/versions/"$1".*/bin/python; do
        if "$candidate" -c "import sys; sys.exit(sys.version_info[:2] != tuple(map(int, '$1'.split('.'))))" 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
}

ran=0
for version in 3.9 3.10 3.11 3.12 3.13; do
    python=$(find_python "$version")
    if [ -z "$python" ]; then
        printf 'wakeful: no Python %s here, skipped\n' "$version"
        continue
    fi
    printf 'wakeful: Python %s\n' "$version"
    packaging/environment.sh agent "$python" ".venv-$version"
    ".venv-$version/bin/python" -m pytest tests/agent tests/wire -q -p no:cacheprovider
    ran=$((ran + 1))
done
[ "$ran" -gt 0 ] || { printf 'wakeful: found no Python to test with\n' >&2; exit 1; }
