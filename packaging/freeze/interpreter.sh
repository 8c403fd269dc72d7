#!/bin/sh
# Builds CPython for glibc 2.17 into the cache: interpreter.sh x86_64|aarch64. Nothing is done while its inputs are the same.
# All modules in C are part of libpython, so that OpenSSL is there once and starting opens few files.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$(the_interpreter "$ARCH")
[ ! -f "$place/done" ] || exit 0
BUILD=$CACHE/build-$ARCH-$$
STAGE=$BUILD/stage
rm -rf "$place"
mkdir -p "$STAGE/lib" "$STAGE/include"
trap 'rm -rf "$BUILD"' EXIT
PATH=$(the_compiler "$ARCH")/bin:$PATH
CC=cc CXX=c++ AR=ar RANLIB=ranlib
export PATH CC CXX AR RANLIB WAKEFUL_BUILD="$BUILD" WAKEFUL_STAGE="$STAGE" PKG_CONFIG_LIBDIR=/nonexistent
# shellcheck disable=SC1091 # it is checked by itself
. "$FREEZE/libraries.sh"

# What the agent has no use for, beside tests and what is not there at all: xml, other alphabets' codecs, databases.
LEFT_OUT="_bz2 _curses _curses_panel _dbm _decimal _elementtree _gdbm _sqlite3 _tkinter _uuid nis readline xxlimited xxlimited_35
_codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _multibytecodec _lsprof _zoneinfo _interpreters _interpchannels _interpqueues"

configure_python() {
    set -- --prefix=/opt/wakeful-python --enable-shared --with-openssl="$STAGE" --with-ensurepip=no --disable-test-modules \
        --without-readline --with-computed-gotos --without-static-libpython --without-doc-strings --with-pkg-config=no \
        MODULE_BUILDTYPE=static OPT="-DNDEBUG -fwrapv -Wall $FLAGS -fno-semantic-interposition" \
        LIBLZMA_CFLAGS=' ' LIBLZMA_LIBS='-llzma -lpthread' ZLIB_CFLAGS=' ' ZLIB_LIBS='-lz' \
        LIBFFI_CFLAGS=' ' LIBFFI_LIBS='-lffi'
    for module in $LEFT_OUT; do set -- "$@" "py_cv_module_$module=n/a"; done
    if [ "$ARCH" != x86_64 ]; then
        set -- "$@" --host="$HOST" --build=x86_64-linux-gnu "--with-build-python=$(the_interpreter x86_64)/bin/python$PYTHON_SHORT" \
            ac_cv_file__dev_ptmx=yes ac_cv_file__dev_ptc=no ac_cv_buggy_getaddrinfo=no
    fi
    LDFLAGS="-Wl,-z,relro -Wl,-z,now -Wl,--gc-sections -Wl,--exclude-libs,ALL -Wl,-rpath,'\$\$ORIGIN/../lib'" \
        quietly "$BUILD/configure.log" ./configure "$@"
    # The one module that only the freezer itself needs stays a file of its own, which is not bundled.
    sed -i -e '/^_ctypes /i *shared*' -e '/^_ctypes /a *static*' Modules/Setup.stdlib
}

build_python() {
    unpack python3.13
    # What the patches touch is newer than what was made of it: nothing is to be made again by other versions of tools.
    touch configure aclocal.m4 pyconfig.h.in
    configure_python
    quietly "$BUILD/python.log" make -j "$JOBS"
    quietly "$BUILD/install.log" make install DESTDIR="$BUILD/installed"
}

check() {
    [ "$ARCH" = x86_64 ] || return 0
    quietly "$BUILD/check.log" env -i "$BUILD/installed/opt/wakeful-python/bin/python$PYTHON_SHORT" -I -c '
import _ctypes, _hashlib, _lzma, _posixsubprocess, _socket, _ssl, array, binascii, fcntl, grp, resource, select, termios, unicodedata, zlib
import hashlib, ssl
assert ssl.OPENSSL_VERSION.startswith("OpenSSL 3."), ssl.OPENSSL_VERSION
assert hashlib.pbkdf2_hmac("sha256", b"a", b"b", 1)
'
}

for library in zlib xz libffi openssl; do
    say "building $library for $ARCH"
    "build_$library"
done
say "building CPython $PYTHON_SHORT for $ARCH"
build_python
check
mkdir -p "$place"
cp -R "$BUILD/installed/opt/wakeful-python/." "$place/"
rm -rf "$place"/lib/python*/test "$place"/lib/python*/idlelib "$place"/lib/python*/turtledemo "$place/share"
mkdir "$place/static"
cp -R "$STAGE/lib/libz.a" "$STAGE/include" "$place/static/"
cp "$STAGE/patches.txt" "$place/"
: >"$place/done"
say "the interpreter for $ARCH is built"
