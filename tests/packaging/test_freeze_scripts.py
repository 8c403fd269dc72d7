"""The scripts of the freeze say what is wrong, and leave nothing half done."""

from __future__ import annotations

import io
import os
import re
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FREEZE = ROOT / "packaging" / "freeze"
PINNED = re.compile(r"^[A-Za-z0-9._-]+==[0-9][0-9.]*( \\)?$")


def run(script: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(script), *words], env=os.environ | more, capture_output=True, text=True, timeout=300, check=False
    )


def test_an_architecture_that_nobody_builds_is_refused(tmp_path: Path) -> None:
    done = run(ROOT / "py2exe.sh", "riscv64", WAKEFUL_FREEZE_CACHE=str(tmp_path))
    assert done.returncode == 2
    assert done.stderr == "usage: ./py2exe.sh [x86_64|aarch64|all]\n"
    done = run(FREEZE / "freeze.sh", "sparc", WAKEFUL_FREEZE_CACHE=str(tmp_path))
    assert done.returncode == 1
    assert "which architecture? x86_64 or aarch64" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_source_that_is_not_what_it_should_be_is_not_taken(tmp_path: Path) -> None:
    """A file of the right name that holds something else is fetched again; where it cannot be, nothing goes on."""
    (tmp_path / "sources").mkdir()
    name = next(line.split()[2] for line in sources() if line.startswith("zlib "))
    (tmp_path / "sources" / name).write_bytes(b"something else")
    done = run(FREEZE / "fetch.sh", WAKEFUL_FREEZE_CACHE=str(tmp_path), WAKEFUL_DEBIAN_MIRROR=f"file://{tmp_path}/none")
    assert done.returncode == 1
    assert "failed: apt-get update" in done.stderr or "Debian no longer has" in done.stderr


def sources() -> list[str]:
    return [line for line in (FREEZE / "sources.txt").read_text().splitlines() if not line.startswith("#")]


def make_source(path: Path, member: str) -> None:
    """Write an archive as sources come in: everything in one folder."""
    with tarfile.open(path, f"w:{path.suffix[1:]}") as archive:
        found = tarfile.TarInfo(f"source-1/{member}")
        found.size = len(member)
        archive.addfile(found, io.BytesIO(member.encode()))


def test_every_licence_that_notice_names_is_in_the_bundle(tmp_path: Path) -> None:
    """Whatever is linked into the frozen agent, or starts it, has its text in the bundle."""
    members = {"openssl": "LICENSE.txt", "xz-utils": "COPYING", "python3.13": "LICENSE", "zlib": "LICENSE"}
    (tmp_path / "sources").mkdir()
    for package, _, file, _ in map(str.split, sources()):
        if package in members and ".orig." in file:
            make_source(tmp_path / "sources" / file, members[package])
    where = {"WAKEFUL_FREEZE_CACHE": str(tmp_path), "WAKEFUL_FREEZE_WORK": str(tmp_path / "work")}
    ask = ["sh", "-c", '. "$(dirname "$0")/settings.sh"; the_freezer x86_64', str(FREEZE / "freeze.sh")]
    freezer = subprocess.run(ask, env=os.environ | where, check=True, capture_output=True, text=True).stdout
    site = tmp_path / "work" / "x86_64" / "site"
    for folder, name in ((Path(freezer), "pyinstaller-6.0"), (site, "cryptography-1.0")):
        licences = folder / f"{name}.dist-info" / "licenses"
        licences.mkdir(parents=True)
        (licences / "COPYING.txt").write_text(f"of {name}")
    done = run(FREEZE / "licenses.sh", "x86_64", **where)
    assert done.returncode == 0, done.stderr
    place = tmp_path / "work" / "x86_64" / "bundle" / "wakeful-agent" / "_internal" / "licenses"
    there = {path.name for path in place.iterdir()}
    part = (ROOT / "NOTICE").read_text("ascii").partition("\nThe frozen agent\n")[2].partition("\nScripts, styles")[0]
    named = set(re.findall(r"^- ([a-z]+):", part, re.MULTILINE))
    assert named >= {"python", "pyinstaller"}
    assert {f"{name}.txt" for name in named} <= there
    assert {"wakeful.txt", "NOTICE.txt", "cryptography-COPYING.txt"} <= there


def test_every_source_is_pinned() -> None:
    assert len(sources()) >= 8
    for line in sources():
        package, version, file, summed = line.split()
        assert file.startswith(f"{package}_")
        assert version
        assert re.fullmatch("[0-9a-f]{64}", summed)


def test_everything_from_the_package_index_is_pinned_by_hash() -> None:
    files = sorted(FREEZE.glob("requirements-*.txt"))
    assert len(files) >= 7
    for file in files:
        lines = [line for line in file.read_text().splitlines() if not line.startswith("#")]
        for line, after in zip(lines, [*lines[1:], ""]):
            if line.startswith("    "):
                assert re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
            else:
                assert PINNED.match(line), line
                assert after.startswith("    --hash=sha256:"), f"{file.name}: {line} has no hash"


def test_the_bootloader_is_that_of_the_freezer() -> None:
    versions = [
        re.search(r"^pyinstaller==(\S+)", (FREEZE / f"requirements-{name}.txt").read_text(), re.MULTILINE)
        for name in ("bootloader", "freezer")
    ]
    assert versions[0] is not None
    assert versions[1] is not None
    assert versions[0][1] == versions[1][1]


def test_the_bundle_has_what_the_agent_depends_on() -> None:
    bundled = set(re.findall(r"^([A-Za-z0-9-]+)==", (FREEZE / "requirements-bundle.txt").read_text(), re.MULTILINE))
    told = (ROOT / "agent" / "pyproject.toml").read_text().partition("dependencies = [")[2].partition("]")[0]
    wanted = {name for name, rest in re.findall(r'"([a-z0-9-]+)([^"]*)"', told) if "python_version <" not in rest}
    assert wanted >= {"cryptography", "wakeonlan", "websocket-client"}
    assert wanted <= bundled
