#!/bin/sh
# Lays out what runs programs of another processor here: machine.sh aarch64. Leaves `run`, `root` and `bin` in the cache.
# `run COMMAND...` has the kernel start them by qemu, in a namespace of its own (Linux 6.7) where the machine does not anyway.
set -eu
# shellcheck disable=SC1091 # it is checked by itself
. "$(dirname "$0")/settings.sh"
architecture "${1:-}"

place=$(the_machine "$ARCH")
[ ! -f "$place/done" ] || exit 0
say "laying out a machine of $ARCH"
rm -rf "$place"
mkdir -p "$place/bin" "$place/wheel" "$place/root"
quietly "$place/log" "$(the_tools)/bin/python" -m pip download --disable-pip-version-check --no-deps --require-hashes \
    --only-binary=:all: --platform "manylinux_2_17_$ARCH" -d "$place/wheel" -r "$FREEZE/requirements-machine-$ARCH.txt"
"$(the_tools)/bin/python" -m zipfile -e "$place"/wheel/*.whl "$place/unpacked"
sysroot=$ARCH-linux-gnu/$ARCH-linux-gnu/sysroot
tar xf "$place/unpacked/ppbt/_toolchain/$ARCH-linux-gnu.tar.xz" -C "$place/root" --strip-components=3 "$sysroot/lib" "$sysroot/usr/bin/getent"
rm -rf "$place/wheel" "$place/unpacked"

# What the freezer asks about libraries, by the loader that they are for; and the tools that know this processor.
cat >"$place/bin/ldd" <<LDD
#!/bin/sh
exec "$place/root/lib/ld-linux-aarch64.so.1" --list "\$@"
LDD
chmod 755 "$place/bin/ldd"
for name in objcopy strip; do ln -s "/usr/bin/$ARCH-linux-gnu-$name" "$place/bin/$name"; done

# An ELF file of 64 bits for processor 183, program or shared library.
cat >"$place/register" <<'REGISTER'
set -eu
mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc
printf '%s' ':wakeful:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:/usr/bin/qemu-aarch64-static:F' \
    >/proc/sys/fs/binfmt_misc/register
exec "$@"
REGISTER
cat >"$place/run" <<RUN
#!/bin/sh
if env -i "$place/root/lib/ld-linux-aarch64.so.1" --list "$place/root/usr/bin/getent" >/dev/null 2>&1; then exec "\$@"; fi
exec unshare --user --map-root-user --mount sh "$place/register" "\$@"
RUN
chmod 755 "$place/run"
QEMU_LD_PREFIX="$place/root" "$place/run" env LC_ALL=C "$place/root/usr/bin/getent" passwd root >/dev/null ||
    fail "programs of $ARCH cannot be started here: neither by this machine nor in a namespace (Linux 6.7)"
: >"$place/done"
