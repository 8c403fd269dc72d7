"""Says which glibc every ELF file of a folder needs, and fails where one needs a newer one than 2.17.

    floor.py FOLDER

Also fails on a library that neither lies in the folder nor belongs to every glibc machine, and on a program or library
that looks for libraries in a fixed place. Run by the environment of packaging/freeze/tools.sh (pyelftools).
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

FLOOR = (2, 17)
KERNEL = (3, 10)
MAGIC = b"\x7fELF"
# What every machine with glibc has. libgcc_s is there too: glibc itself loads it to end threads.
SYSTEM = ("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libutil.so.1", "libgcc_s.so.1")
LOADERS = ("ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1")


class Needs(NamedTuple):
    """What an ELF file needs: versions of glibc and of the kernel, libraries, and where it looks for them."""

    glibc: tuple[int, ...]
    kernel: tuple[int, ...]
    libraries: tuple[str, ...]
    places: tuple[str, ...]


def needs(path: Path) -> Needs | None:
    """Return what a file needs; None when it is no ELF file."""
    with path.open("rb") as file:
        if file.read(4) != MAGIC:
            return None
        elf = ELFFile(file)
        glibc = [(0,), *_glibc_versions(elf)]
        libraries, places = [], []
        for segment in elf.iter_segments():
            if isinstance(segment, DynamicSegment):
                for tag in segment.iter_tags():
                    if tag.entry.d_tag == "DT_NEEDED":
                        libraries.append(tag.needed)
                    elif tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH"):
                        places += getattr(tag, "rpath", getattr(tag, "runpath", "")).split(":")
        return Needs(max(glibc), _kernel(elf), tuple(libraries), tuple(places))


def _glibc_versions(elf: ELFFile) -> list[tuple[int, ...]]:
    found = []
    for section in elf.iter_sections():
        if isinstance(section, GNUVerNeedSection):
            for _, versions in section.iter_versions():
                names = [version.name for version in versions]
                numbers = [name.removeprefix("GLIBC_") for name in names if name.startswith("GLIBC_")]
                found += [version_of(number) for number in numbers]
    return found


def version_of(text: str) -> tuple[int, ...]:
    """Return `2.17` as numbers; what is no number (GLIBC_PRIVATE) is newer than anything, for nobody may need it."""
    parts = text.split(".")
    return tuple(int(part) for part in parts) if all(part.isdigit() for part in parts) else (999,)


def _kernel(elf: ELFFile) -> tuple[int, ...]:
    for section in elf.iter_sections():
        if section.name == ".note.ABI-tag":
            for note in section.iter_notes():
                tag = note["n_desc"]
                return (tag["abi_major"], tag["abi_minor"], tag["abi_tiny"])
    return (0,)


def faults(found: Needs, inside: set[str]) -> list[str]:
    """Return what is wrong with a file that needs this, in a folder that holds the libraries `inside`."""
    wrong = []
    if found.glibc > FLOOR:
        wrong.append(f"needs glibc {shown(found.glibc)}")
    if found.kernel[:2] > KERNEL:
        wrong.append(f"says that it needs Linux {shown(found.kernel)}")
    foreign = [name for name in found.libraries if name not in inside and name not in (*SYSTEM, *LOADERS)]
    wrong += [f"needs {name}, which is not bundled" for name in foreign]
    wrong += [f"looks for libraries in {place}" for place in found.places if not place.startswith("$ORIGIN")]
    return wrong


def shown(version: tuple[int, ...]) -> str:
    """Return numbers as a version is written."""
    return ".".join(map(str, version))


def main(arguments: list[str]) -> int:
    """Check a folder and print its files; 1 when one is at fault or there is none, 2 for wrong arguments."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    inside = {path.name for path in files}
    elves = {path: found for path in files if (found := needs(path)) is not None}
    wrong = 0
    for path, found in elves.items():
        at_fault = faults(found, inside)
        wrong += bool(at_fault)
        print(f"{shown(found.glibc):<8}{path.relative_to(folder)}" + "".join(f"\n  WRONG: {one}" for one in at_fault))
    highest = max((found.glibc for found in elves.values()), default=(0,))
    print(f"{len(elves)} ELF files, glibc {shown(highest)} at most, {wrong} at fault")
    return 1 if wrong or not elves else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
