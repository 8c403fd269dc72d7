#!/bin/sh
# Lays out the collector with all it needs, for the system's Python 3.11: site.sh x86_64|aarch64 PYTHON FOLDER
# PYTHON has pip and hatchling (the environment of `make`); the page's scripts and styles must have been fetched.
set -eu
arch=${1:?site.sh ARCH PYTHON FOLDER}
python=${2:?site.sh ARCH PYTHON FOLDER}
folder=${3:?site.sh ARCH PYTHON FOLDER}
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../..
if [ ! -d "$root/collector/src/wakeful_collector/web/static/vendor" ]; then
    echo "site.sh: the pages' scripts and styles are missing; run: make assets" >&2
    exit 1
fi
rm -rf "$folder" "$folder.wheels"
mkdir -p "$folder.wheels"
for half in agent collector; do
    # From a copy: what lies about in a checkout (caches, other builds) has no way in.
    mkdir "$folder.wheels/$half"
    (cd "$root/$half" && tar cf - --exclude=__pycache__ .) | tar xf - -C "$folder.wheels/$half"
    "$python" -m pip wheel -q --disable-pip-version-check --no-deps -w "$folder.wheels" "$folder.wheels/$half"
done
set -- --disable-pip-version-check --no-deps --no-compile --only-binary=:all: --implementation cp --python-version 3.11 \
    --platform "manylinux_2_28_$arch" --platform "manylinux_2_27_$arch" --platform "manylinux2014_$arch" \
    --platform "manylinux_2_17_$arch" --target "$folder"
"$python" -m pip install -q "$@" --require-hashes -r "$here/requirements-collector.txt"
"$python" -m pip install -q "$@" --no-index "$folder.wheels"/*.whl
rm -rf "$folder.wheels" "${folder:?}/bin" "${folder:?}/share"
# Where it was built and by what is nobody's business, and would differ each time.
find "$folder" \( -name direct_url.json -o -name REQUESTED -o -name INSTALLER \) -delete
find "$folder" -type d \( -name tests -o -name test -o -name __pycache__ \) -prune -exec rm -rf {} +
# Whoever runs it may not write there, and would compile it anew at each start.
"$python" -m compileall -q --invalidation-mode unchecked-hash -s "$folder" \
    -p /usr/lib/wakeful-collector/lib/python3.11/site-packages "$folder"
