"""Makes a .deb and an .rpm of each half from packages.toml, by the formats' own tools: dpkg-deb and rpmbuild.

Everything that both hold is laid out once, with times and owners that say nothing of when and by whom it was made, so
that the same input gives the same packages.
"""

from __future__ import annotations

import argparse
import gzip
import os
import shutil
import subprocess
import sys
import textwrap
from email.utils import formatdate
from pathlib import Path
from typing import Any, NamedTuple

import tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DEB_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
EPOCH_SECONDS = int(os.environ.get("SOURCE_DATE_EPOCH", "1767225600"))
FORMATS = ("deb", "rpm")
WHEN = ("postinst", "prerm", "postrm")
RPM_SECTIONS = """\
%post
if [ "$1" = 1 ]; then set -- installed; else set -- upgraded; fi
{script}
%preun
if [ "$1" != 0 ]; then exit 0; fi
set -- removing
{script}
%postun
if [ "$1" != 0 ]; then exit 0; fi
set -- removed
{script}
"""


class Order(NamedTuple):
    """What is to be made: of which package, for which architecture, from which trees, where."""

    name: str
    arch: str
    trees: dict[str, Path]
    out: Path
    work: Path
    level: int


class Failed(Exception):
    """Something that a person has to mend, said in one line."""


def main() -> int:
    """Make the packages that the command line names; return 1 where that cannot be done."""
    given = arguments()
    described = tomllib.loads((HERE / "packages.toml").read_text())
    trees = {name: tree for name, tree in (("bundle", given.bundle), ("site", given.site)) if tree is not None}
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        for name in given.packages:
            order = Order(name, given.arch, trees, given.out.resolve(), given.work.resolve(), given.level)
            for made in package(described["common"] | described[name], order, given.format):
                print(made)
    except (Failed, OSError) as error:
        print(f"make.py: {error}", file=sys.stderr)
        return 1
    return 0


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="make packages of the agent and the collector")
    parser.add_argument("packages", nargs="+", choices=("wakeful-agent", "wakeful-collector"))
    parser.add_argument("--arch", default="x86_64", choices=tuple(DEB_ARCHITECTURES))
    parser.add_argument("--format", default=FORMATS, type=lambda given: tuple(given.split(",")), help="deb,rpm")
    parser.add_argument("--bundle", type=Path, help="the agent's frozen folder")
    parser.add_argument("--site", type=Path, help="what site.sh made of the collector")
    parser.add_argument("--level", type=int, default=6, choices=range(1, 10), help="how hard to compress (xz)")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "linux", help="where the packages go")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "packages", help="a folder to work in")
    return parser.parse_args()


def package(what: dict[str, Any], order: Order, formats: tuple[str, ...]) -> list[Path]:
    """Make one package in each of the formats; return the files."""
    made = []
    for kind in formats:
        folder = order.work / f"{order.name}-{order.arch}-{kind}"
        if folder.exists():
            shutil.rmtree(folder)
        tree = folder / "tree"
        lay_out(what["files"] | what[f"{kind}_files"], order, tree)
        add_papers(what, order, kind, tree)
        settle(tree)
        made.append(deb(what, order, tree) if kind == "deb" else rpm(what, order, folder, tree))
    return made


def version() -> str:
    """Return the version of both halves."""
    said = (ROOT / "agent" / "src" / "wakeful_wire" / "__init__.py").read_text()
    return next(line.split('"')[1] for line in said.splitlines() if line.startswith("__version__"))


def lay_out(files: dict[str, str], order: Order, tree: Path) -> None:
    """Copy the package's files to where they go below `tree`."""
    for to, origin in files.items():
        place = tree / to
        place.parent.mkdir(parents=True, exist_ok=True)
        if origin.startswith("-> "):
            place.symlink_to(origin[3:])
            continue
        source = origin_of(origin, order)
        if source.is_dir():
            # share/ has what install.sh needs: the units here are the package's own.
            shutil.copytree(
                source, place, symlinks=True, ignore=shutil.ignore_patterns("share") if origin == "bundle:" else None
            )
        else:
            shutil.copy(source, place)


def origin_of(origin: str, order: Order) -> Path:
    """Return the path that the description means by `origin`; raise Failed where it is not there."""
    name, colon, rest = origin.partition(":")
    if not colon:
        found = ROOT / origin
    elif name in order.trees:
        found = order.trees[name] / rest
    else:
        raise Failed(f"{order.name} needs --{name}: docs/building.md says what makes it")
    if not found.exists():
        raise Failed(f"there is no {found}")
    return found


def add_papers(what: dict[str, Any], order: Order, kind: str, tree: Path) -> None:
    """Write what each distribution wants beside a program: licence, changes, a manual page."""
    docs = tree / "usr/share/doc" / order.name
    docs.mkdir(parents=True, exist_ok=True)
    notice = (ROOT / "NOTICE").read_text()
    (docs / "copyright").write_text(copyright_of(what, notice))
    entry = f"{order.name} ({version()}) stable; urgency=medium\n\n  * See CHANGELOG.md of the sources.\n\n"
    entry += f" -- {what['maintainer']}  {formatdate(EPOCH_SECONDS)}\n"
    compressed(docs / ("changelog.gz" if kind == "deb" else "CHANGELOG.gz"), entry)
    for command, section in what["manuals"].items():
        manual = tree / f"usr/share/man/man{section}/{command}.{section}.gz"
        manual.parent.mkdir(parents=True, exist_ok=True)
        compressed(manual, manual_page(what, order, command, section))
    if kind == "deb":
        overrides = tree / "usr/share/lintian/overrides" / order.name
        overrides.parent.mkdir(parents=True)
        shutil.copy(HERE / f"{order.name}.lintian-overrides", overrides)


def copyright_of(what: dict[str, Any], notice: str) -> str:
    """Return the file of licences in the form that Debian reads (DEP 5)."""
    told = textwrap.indent("\n".join(line.rstrip() or "." for line in notice.strip().splitlines()), " ")
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        f"Upstream-Name: wakeful\nSource: {what['homepage']}\n"
        f"Comment:\n{told}\n\n"
        "Files: *\nCopyright: the Wakeful authors\nLicense: Apache-2.0\n\n"
        "License: Apache-2.0\n The text is in /usr/share/common-licenses/Apache-2.0 on Debian, and with the sources.\n"
    )


def manual_page(what: dict[str, Any], order: Order, command: str, section: int) -> str:
    """Return a page for man(1) that says what this is and where the rest stands."""
    day = formatdate(EPOCH_SECONDS)[5:16]
    body = what["description"].strip().replace("\n\n", "\n.PP\n")
    return (
        f'.TH {command.upper()} {section} "{day}" "{version()}" "Wakeful"\n.SH NAME\n{command} \\- {what["summary"]}\n'
        f".SH SYNOPSIS\n.B {command}\n.RI [ command ]\n.RB [ \\-\\-help ]\n.SH DESCRIPTION\n{body}\n.PP\n"
        f"Every command explains itself:\n.B {command} \\fICOMMAND\\fB \\-\\-help\n"
        f".SH FILES\n.TP\n.I /lib/systemd/system/{what['unit']}\nthe service\n"
        f".TP\n.I /usr/share/doc/{order.name}/\nlicences and examples\n"
    )


def compressed(path: Path, text: str) -> None:
    """Write a file that is packed, and says nothing of when."""
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def settle(tree: Path) -> None:
    """Give everything below `tree` the time of the sources and the rights that a package's files have."""
    for path in sorted(tree.rglob("*"), reverse=True):
        if not path.is_symlink():
            runs = path.stat().st_mode & 0o111 and ".so" not in path.suffixes
            path.chmod(0o755 if path.is_dir() or runs else 0o644)
        os.utime(path, (EPOCH_SECONDS, EPOCH_SECONDS), follow_symlinks=False)


def script_of(name: str) -> str:
    """Return what both formats do around the package's files."""
    return (HERE / f"{name}.sh").read_text()


def deb(what: dict[str, Any], order: Order, tree: Path) -> Path:
    """Make the .deb (deb(5), Debian Policy)."""
    control = tree / "DEBIAN"
    control.mkdir()
    size_kib = sum(path.lstat().st_size for path in tree.rglob("*") if path.is_file()) // 1024
    described = "\n".join(f" {line}" if line else " ." for line in what["description"].strip().splitlines())
    (control / "control").write_text(
        f"Package: {order.name}\nVersion: {version()}\nArchitecture: {DEB_ARCHITECTURES[order.arch]}\n"
        f"Maintainer: {what['maintainer']}\nInstalled-Size: {size_kib}\nDepends: {', '.join(what['deb_depends'])}\n"
        f"Recommends: {', '.join(what['deb_recommends'])}\nSection: {what['section']}\nPriority: optional\n"
        f"Homepage: {what['homepage']}\nDescription: {what['summary']}\n{described}\n"
    )
    frame = (HERE / "deb-script.sh").read_text()
    for when in WHEN:
        path = control / when
        path.write_text(frame.replace("@WHEN@", when) + script_of(order.name).replace("# shellcheck shell=sh\n", ""))
    sums = run(
        "sh", "-c", "find * -path DEBIAN -prune -o -type f -print | LC_ALL=C sort | xargs -d '\\n' md5sum", at=tree
    )
    (control / "md5sums").write_text(sums)
    settle(tree)
    for when in WHEN:
        (control / when).chmod(0o755)
    made = order.out / f"{order.name}_{version()}_{DEB_ARCHITECTURES[order.arch]}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", f"-z{order.level}", "--build", str(tree), str(made))
    return made


def rpm(what: dict[str, Any], order: Order, folder: Path, tree: Path) -> Path:
    """Make the .rpm by rpmbuild(8), which is only told to pack what is there."""
    listed = sorted(path.relative_to(tree) for path in tree.rglob("*") if path.is_symlink() or path.is_file())
    folders = sorted(path.relative_to(tree) for path in tree.rglob("*") if path.is_dir() and not path.is_symlink())
    own = [path for path in folders if order.name in path.parts]
    files = "\n".join([*(f'"/{path}"' for path in listed), *(f'%dir "/{path}"' for path in own)])
    requires = "\n".join(f"Requires: {one}" for one in what["rpm_requires"])
    script = script_of(order.name).replace("%", "%%")
    (folder / "package.spec").write_text(
        f"Name: {order.name}\nVersion: {version()}\nRelease: 1\nSummary: {what['summary']}\n"
        f"License: {what['license']}\nURL: {what['homepage']}\nGroup: {what['group']}\nAutoReqProv: no\n{requires}\n\n"
        f"%description\n{what['description'].strip()}\n\n{RPM_SECTIONS.format(script=script)}\n%files\n{files}\n"
    )
    macros = {
        "_topdir": str(folder / "rpm"),
        "_rpmdir": str(folder / "made"),
        "_buildhost": "wakeful",
        "_build_id_links": "none",
        "debug_package": "%{nil}",
        "__os_install_post": "%{nil}",
        "_binary_payload": f"w{order.level}.xzdio",
        "_source_filedigest_algorithm": "8",
        "_binary_filedigest_algorithm": "8",
        "use_source_date_epoch_as_buildtime": "1",
        "clamp_mtime_to_source_date_epoch": "1",
    }
    defined = [word for name, text in macros.items() for word in ("--define", f"{name} {text}")]
    run("rpmbuild", "-bb", "--quiet", "--target", order.arch, "--buildroot", str(tree), "--noclean", *defined,
        str(folder / "package.spec"))  # fmt: skip
    [found] = (folder / "made").rglob("*.rpm")
    made = order.out / f"{order.name}-{version()}-1.{order.arch}.rpm"
    shutil.move(found, made)
    return made


def run(*argv: str, at: Path | None = None) -> str:
    """Run a program; return what it prints, raise Failed with the end of what it says when it fails."""
    environ = os.environ | {"SOURCE_DATE_EPOCH": str(EPOCH_SECONDS), "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(argv, cwd=at, env=environ, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise Failed(f"{argv[0]} is not installed") from None
    if done.returncode:
        raise Failed(f"{argv[0]} failed: {done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
