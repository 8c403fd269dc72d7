#!/bin/sh
# Fetches the sources of the interpreter from Debian into the cache, each held to the sha256 of sources.txt: fetch.sh
# apt is given a list of its own, so that nothing of this machine's settings changes. Downloads nothing that is there.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"

# right FILE SUM: is it there, and is it what it should be?
right() { [ -f "$SOURCES/$1" ] && [ "$(sha256sum <"$SOURCES/$1" | cut -d ' ' -f 1)" = "$2" ]; }

missing() {
    grep -v '^#' "$FREEZE/sources.txt" | while read -r package version file sum; do
        right "$file" "$sum" || printf '%s=%s\n' "$package" "$version"
    done | sort -u
}

# The mirror that this machine has for Debian itself; WAKEFUL_DEBIAN_MIRROR where it is none of Debian's.
mirror() {
    [ -z "${WAKEFUL_DEBIAN_MIRROR:-}" ] || { printf '%s\n' "$WAKEFUL_DEBIAN_MIRROR"; return; }
    # shellcheck disable=SC2016 # apt's own names, not the shell's
    apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' |
        sed -n 's/^Debian Debian main //p' | head -n 1
}

private_apt() {
    url=$(mirror)
    [ -n "$url" ] || fail "no mirror of Debian is configured here; name one in WAKEFUL_DEBIAN_MIRROR"
    apt=$CACHE/apt
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    suite=$(sed -n 's/^# suite: //p' "$FREEZE/sources.txt")
    printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' "$url" "$suite" >"$apt/sources.list"
    cat >"$apt/conf" <<CONF
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::Cache "$apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
CONF
    export APT_CONFIG="$apt/conf"
    quietly "$apt/update.log" apt-get update
}

mkdir -p "$SOURCES"
wanted=$(missing)
[ -n "$wanted" ] || exit 0
say "fetching the sources of the interpreter"
private_apt
for one in $wanted; do
    (cd "$SOURCES" && quietly "$SOURCES/fetch.log" apt-get source -q --download-only --only-source "$one") ||
        fail "Debian no longer has $one: see docs/building.md, 'Newer sources'"
done
wrong=$(missing)
[ -z "$wrong" ] || fail "not what sources.txt says: $wrong"
