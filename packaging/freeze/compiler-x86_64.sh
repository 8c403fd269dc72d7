#!/bin/sh
# Lays out the compiler for x86_64: sourced by compiler.sh.
# shellcheck disable=SC2154 # place is the folder to fill
set -eu

# GCC 11 with a whole glibc 2.17 beside it, which is the root for the proof as well.
lay_out() {
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
