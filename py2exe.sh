#!/bin/sh
# Freezes the agent for glibc 2.17 (CentOS 7 and newer): ./py2exe.sh [x86_64|aarch64|all]
# Writes dist/linux. Needs a bare Debian 12 of x86_64 and about 10 minutes the first time; docs/building.md has the rest.
set -eu
cd "$(dirname "$0")"

case ${1:-x86_64} in
    x86_64 | aarch64) wanted=${1:-x86_64} ;;
    all) wanted="x86_64 aarch64" ;;
    *)
        echo "usage: ./py2exe.sh [x86_64|aarch64|all]" >&2
        exit 2
        ;;
esac
WAKEFUL_FREEZE_STARTED=$(date +%s)
export WAKEFUL_FREEZE_STARTED
for architecture in $wanted; do packaging/freeze/build.sh "$architecture"; done
packaging/freeze/release.sh
