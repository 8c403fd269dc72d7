#!/bin/sh
# Unpacks sources and builds what the interpreter is linked with, as static libraries: sourced by interpreter.sh.
# Needs ARCH, BUILD (a folder to work in) and STAGE (where the libraries go).
set -eu

# Sections of their own let the linker drop what nobody calls.
FLAGS="-O2 -fPIC -ffunction-sections -fdata-sections -fstack-protector-strong -D_FORTIFY_SOURCE=2"
HOST=$ARCH-linux-gnu
# What they show stays within libpython: for x86_64 the linker sees to that.
HIDDEN=
[ "$ARCH" = x86_64 ] || HIDDEN=" -fvisibility=hidden"

# left_out PACKAGE PATCH
left_out() { grep -qxF "$1 $2" "$FREEZE/patches-left-out.txt"; }

# unpack PACKAGE: its source with Debian's patches, below BUILD.
unpack() {
    mkdir -p "$BUILD/$1" "$BUILD/debian/$1"
    grep "^$1 " "$FREEZE/sources.txt" | while read -r _ _ file _; do
        case $file in
            *.debian.tar.*) tar xf "$SOURCES/$file" -C "$BUILD/debian/$1" ;;
            *) tar xf "$SOURCES/$file" -C "$BUILD/$1" --strip-components=1 ;;
        esac
    done
    cd "$BUILD/$1"
    series=$BUILD/debian/$1/debian/patches/series
    [ -f "$series" ] || return 0
    grep -v '^#' "$series" | while read -r patch _; do
        [ -n "$patch" ] || continue
        if left_out "$1" "$patch"; then continue; fi
        patch -s -p1 --no-backup-if-mismatch <"$BUILD/debian/$1/debian/patches/$patch" || fail "does not fit $1: $patch"
        printf '%s %s\n' "$1" "$patch" >>"$STAGE/patches.txt"
    done
}

build_zlib() {
    unpack zlib
    CHOST=$HOST CFLAGS=$FLAGS$HIDDEN quietly "$BUILD/zlib.log" ./configure --static --prefix="$STAGE"
    quietly "$BUILD/zlib.log" make -j "$JOBS" libz.a
    cp libz.a "$STAGE/lib/"
    cp zlib.h zconf.h "$STAGE/include/"
}

build_xz() {
    unpack xz-utils
    CFLAGS=$FLAGS$HIDDEN quietly "$BUILD/xz.log" ./configure --host="$HOST" --build=x86_64-pc-linux-gnu --prefix="$STAGE" \
        --disable-shared --enable-static --disable-xz --disable-xzdec --disable-lzmadec --disable-lzmainfo \
        --disable-scripts --disable-doc --disable-nls
    quietly "$BUILD/xz.log" make -j "$JOBS" install
}

# For the tool that freezes alone: nothing of it gets into the bundle.
build_libffi() {
    unpack libffi
    quietly "$BUILD/libffi.log" autoreconf -fi
    CFLAGS=$FLAGS$HIDDEN quietly "$BUILD/libffi.log" ./configure --host="$HOST" --build=x86_64-pc-linux-gnu \
        --prefix="$STAGE" --disable-shared --enable-static --disable-docs --disable-multi-os-directory --libdir="$STAGE/lib"
    quietly "$BUILD/libffi.log" make -j "$JOBS" install
}

# TLS 1.2 and newer with what servers speak; no plugins, and no configuration file of the machine, which could name some.
build_openssl() {
    unpack openssl
    CFLAGS=$FLAGS$HIDDEN LDFLAGS='' quietly "$BUILD/openssl.log" ./Configure "linux-$ARCH" --prefix=/usr --libdir=lib \
        --openssldir=/etc/ssl no-shared no-tests no-docs no-apps no-legacy no-engine no-module no-dso no-autoload-config \
        no-ssl3 no-tls1 no-tls1_1 no-dtls no-srtp no-sctp no-quic no-srp no-cmp no-cms no-ts no-comp no-aria no-bf \
        no-camellia no-cast no-idea no-md4 no-mdc2 no-rc2 no-rc4 no-seed no-sm2 no-sm3 no-sm4 no-gost no-whirlpool \
        no-ml-dsa no-slh-dsa
    quietly "$BUILD/openssl.log" make -j "$JOBS" build_libs
    cp libssl.a libcrypto.a "$STAGE/lib/"
    cp -R include/openssl "$STAGE/include/"
}
