#!/bin/sh
# Lays out a compiler for glibc 2.17 (from PyPI, pinned by hash): compiler.sh x86_64|aarch64
# What it leaves is `bin/` with cc, c++, ar, ranlib, strip, objcopy and readelf, whatever is behind them. cc adds what must
# stand in nobody's configuration, because libraries keep theirs as text: WAKEFUL_BUILD is left out of all paths,
# WAKEFUL_STAGE holds the libraries that were built before.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$(the_compiler "$ARCH")
[ ! -f "$place/done" ] || exit 0
say "laying out the compiler for $ARCH"
rm -rf "$place"
mkdir -p "$place/bin" "$place/wheel"

fetch_wheel() {
    quietly "$place/log" "$(the_tools)/bin/python" -m pip download --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: -d "$place/wheel" -r "$FREEZE/requirements-compiler-$ARCH.txt"
    "$(the_tools)/bin/python" -m zipfile -e "$place"/wheel/*.whl "$place/unpacked"
    rm -r "$place/wheel"
}

wrap() {
    cat >"$place/bin/$1"
    chmod 755 "$place/bin/$1"
}

# GCC 11 with a whole glibc 2.17 beside it, which is the root for the proof as well.
gcc_for_x86_64() {
    mkdir "$place/toolchain"
    tar xf "$place/unpacked/ppbt/_toolchain/x86_64-linux-gnu.tar.xz" -C "$place/toolchain" --strip-components=1
    rm -r "$place/unpacked"
    for name in cc:gcc c++:g++; do
        wrap "${name%:*}" <<WRAPPER
#!/bin/sh
exec "$place/toolchain/bin/x86_64-linux-gnu-${name#*:}" "\$@" "-ffile-prefix-map=$place/toolchain=/toolchain" \\
    \${WAKEFUL_BUILD:+"-ffile-prefix-map=\$WAKEFUL_BUILD=."} \\
    \${WAKEFUL_STAGE:+-isystem "\$WAKEFUL_STAGE/include" "-L\$WAKEFUL_STAGE/lib"}
WRAPPER
    done
    for name in ar ranlib strip objcopy readelf; do
        ln -s "../toolchain/bin/x86_64-linux-gnu-$name" "$place/bin/$name"
    done
}

# clang in one package, which knows the symbols of every glibc. It takes a few words that GCC takes otherwise.
zig_for_aarch64() {
    chmod 755 "$place/unpacked/ziglang/zig"
    zig=$place/unpacked/ziglang/zig
    for name in cc c++; do
        wrap "$name" <<WRAPPER
#!/bin/bash
# -E, -dM and -print-* reach clang unread, and it knows no version behind the target.
target=$ARCH-linux-gnu.2.17
case " \$* " in *" -E "* | *" -print-"* | *" -dM "*) target=$ARCH-linux-gnu ;; esac
words=()
for word in "\$@"; do
    case \$word in -Wl,-h*) word="-Wl,-soname,\${word#-Wl,-h}" ;; esac
    words+=("\$word")
done
# A library made of nothing but libraries is refused.
case "\$*" in *"-o libpython3.so "*) words+=("$place/empty.o") ;; esac
export ZIG_GLOBAL_CACHE_DIR="$place/cache" ZIG_LOCAL_CACHE_DIR="$place/cache"
exec "$zig" $name -target "\$target" -fno-sanitize=undefined -g0 -Wno-date-time -Wno-error=date-time "\${words[@]}" \\
    \${WAKEFUL_BUILD:+"-ffile-prefix-map=\$WAKEFUL_BUILD=."} \\
    \${WAKEFUL_STAGE:+-isystem "\$WAKEFUL_STAGE/include" "-L\$WAKEFUL_STAGE/lib"}
WRAPPER
    done
    for name in ar ranlib objcopy; do
        wrap "$name" <<WRAPPER
#!/bin/sh
exec "$zig" $name "\$@"
WRAPPER
    done
    # zig has no strip and no readelf: those of Debian's binutils-aarch64-linux-gnu.
    for name in strip readelf; do ln -s "/usr/bin/$ARCH-linux-gnu-$name" "$place/bin/$name"; done
    echo 'static int unused_;' >"$place/empty.c"
    "$place/bin/cc" -fPIC -c "$place/empty.c" -o "$place/empty.o"
}

fetch_wheel
case $ARCH in
    x86_64) gcc_for_x86_64 ;;
    aarch64) zig_for_aarch64 ;;
esac
: >"$place/done"
