#!/bin/sh
# Makes a root folder to prove the bundle in: root.sh glibc-2.17|bookworm|bullseye|sid FOLDER [ARCH]
# glibc-2.17 is made of the compiler's own C library, with busybox as its shell and a stand-in for Linux 3.10;
# the others are Debian's smallest, kept in the cache once they were made.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
kind=${1:-}
folder=${2:-}
[ -n "$folder" ] || fail "root.sh KIND FOLDER"
architecture "${3:-x86_64}"

# The C library, its loader and what it asks names with, as an old machine has them; no program of that time but getent.
of_glibc_217() {
    system=$(the_compiler x86_64)/toolchain/x86_64-linux-gnu/sysroot
    [ "$ARCH" = x86_64 ] || system=$(the_machine "$ARCH")/root
    mkdir -p "$folder/bin" "$folder/lib" "$folder/usr/bin" "$folder/etc/pki/tls/certs" "$folder/root" "$folder/opt" "$folder/run" "$folder/var"
    ln -s lib "$folder/lib64"
    for library in "$system"/lib/*-2.17.so "$system"/lib/*.so.[0-9]*; do
        case $library in
            *libstdc++* | *libitm* | *libatomic*) ;;
            *) cp -a "$library" "$folder/lib/" ;;
        esac
    done
    cp "$system/usr/bin/getent" "$folder/usr/bin/"
    cp "$(command -v busybox)" "$folder/bin/busybox"
    for name in sh ls cat env sleep; do ln -s busybox "$folder/bin/$name"; done
    printf 'root:x:0:0:root:/root:/bin/sh\nwakeful:x:990:990::/var/lib/wakeful-agent:/bin/sh\n' >"$folder/etc/passwd"
    printf 'root:x:0:\nwakeful:x:990:\n' >"$folder/etc/group"
    printf '127.0.0.1 localhost\n' >"$folder/etc/hosts"
    printf 'passwd: files\ngroup: files\nhosts: files\n' >"$folder/etc/nsswitch.conf"
    printf 'NAME="CentOS Linux"\nVERSION="7 (Core)"\nID="centos"\nVERSION_ID="7"\nPRETTY_NAME="CentOS Linux 7 (Core)"\n' >"$folder/etc/os-release"
    # qemu answers for the kernel, and lets nobody filter its calls.
    [ "$ARCH" = x86_64 ] || return 0
    "$(the_compiler x86_64)/bin/cc" -O2 -fPIC -shared -Wall -Werror "$FREEZE/old_kernel.c" -o "$folder/lib/old_kernel.so"
    printf '/lib/old_kernel.so\n' >"$folder/etc/ld.so.preload"
}

of_debian() {
    [ "$ARCH" = x86_64 ] || fail "only glibc-2.17 is there for $ARCH"
    kept=$CACHE/root-$kind.tar
    if [ ! -f "$kept" ]; then
        say "making a root of Debian $kind"
        # shellcheck disable=SC2016 # apt's own names, not the shell's
        apt=$(apt-get indextargets --format '$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)' | sed -n 's/^Debian Debian main //p' | head -n 1)
        rm -rf "$folder"
        mkdir -p "$CACHE"
        quietly "$CACHE/root-$kind.log" debootstrap --variant=minbase "$kind" "$folder" "${WAKEFUL_DEBIAN_MIRROR:-$apt}"
        rm -rf "$folder"/var/cache/apt/archives/*.deb "$folder"/var/lib/apt/lists/*
        tar cf "$kept.new" -C "$folder" .
        mv "$kept.new" "$kept"
        return
    fi
    tar xf "$kept" -C "$folder"
}

mkdir -p "$folder"
case $kind in
    glibc-2.17) of_glibc_217 ;;
    bookworm | bullseye | sid) of_debian ;;
    *) fail "no such root: $kind" ;;
esac
mkdir -p "$folder/proc" "$folder/sys" "$folder/dev" "$folder/tmp"
chmod 1777 "$folder/tmp"
