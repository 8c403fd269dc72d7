#!/bin/sh
# Lays out the compiler for aarch64: sourced by compiler.sh.
# shellcheck disable=SC2154 # place is the folder to fill
set -eu

# clang in one package, which knows the symbols of every glibc. It takes a few words that GCC takes otherwise.
lay_out() {
    chmod 755 "$place/unpacked/ziglang/zig"
    zig=$place/unpacked/ziglang/zig
    # Its headers are those of the newest glibc. What is a function is found missing by the linker; these are flags, which
    # glibc 2.17 would answer with EINVAL: Python must know that they are not there.
    sed -i '/define POSIX_SPAWN_SETSID\|define POSIX_SPAWN_SETCGROUP/d' "$place/unpacked/ziglang/lib/libc/include/generic-glibc/spawn.h"
    for name in cc c++; do
        wrap "$name" <<WRAPPER
#!/bin/bash
# -E, -dM and -print-* reach clang unread, and it knows no version behind the target.
target=$ARCH-linux-gnu.2.17
case " \$* " in *" -E "* | *" -print-"* | *" -dM "*) target=$ARCH-linux-gnu ;; esac
words=()
for word in "\$@"; do
    case \$word in
        -Wl,-h*) word="-Wl,-soname,\${word#-Wl,-h}" ;;
        # Not known to its linker: libraries.sh hides their symbols otherwise.
        -Wl,--exclude-libs,*) continue ;;
    esac
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
