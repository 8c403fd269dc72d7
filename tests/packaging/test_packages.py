"""The packages: what is in them, that Debian's linter has nothing to say, and that roots take them and let them go."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from .bundles import make_bundle

if sys.version_info >= (3, 11):
    import tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PACKAGES = ROOT / "packaging" / "packages"
CONTAINER = ROOT / "packaging" / "container"
BUILD_SECONDS = 1500
HALVES = ("wakeful-agent", "wakeful-collector")

x86_only = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the packages are made on x86_64")


class Made(NamedTuple):
    """The packages of this run."""

    folder: Path

    def deb(self, name: str) -> Path:
        return next(self.folder.glob(f"{name}_*_amd64.deb"))

    def rpm(self, name: str) -> Path:
        return next(self.folder.glob(f"{name}-*.x86_64.rpm"))


def run(*argv: object, **more: str) -> str:
    """Run a program that must do what it is to do; return what it prints."""
    words = [str(word) for word in argv]
    done = subprocess.run(
        words, env=os.environ | more, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )
    assert done.returncode == 0, f"{words}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def make(out: Path, work: Path, *words: object) -> None:
    run(sys.executable, PACKAGES / "make.py", *words, "--out", out, "--work", work, "--level", "1")


@pytest.fixture(scope="module")
def trees(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("trees")
    run(PACKAGES / "site.sh", "x86_64", sys.executable, folder / "site")
    return {"bundle": as_frozen(make_bundle(folder, "0.1.0")), "site": folder / "site"}


def as_frozen(bundle: Path) -> Path:
    """Make the stand-in as neat as the frozen one: no tests, no scripts, no symbols."""
    inner = bundle / "_internal"
    shutil.rmtree(inner / "websocket" / "tests", ignore_errors=True)
    for path in inner.rglob("*.so"):
        run("strip", "--strip-unneeded", path)
    for path in inner.rglob("*.py"):
        path.write_text("\n".join(line for line in path.read_text().split("\n") if not line.startswith("#!")))
        path.chmod(0o644)
    return bundle


@pytest.fixture(scope="module")
def made(trees: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Made:
    folder = tmp_path_factory.mktemp("packages")
    make(folder / "out", folder / "work", *HALVES, "--bundle", trees["bundle"], "--site", trees["site"])
    shutil.rmtree(folder / "work")
    return Made(folder / "out")


@pytest.fixture(scope="module")
def kept_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Debian 12 with its Python and nothing more, made once a run."""
    folder = tmp_path_factory.mktemp("debian") / "root"
    listed = run("apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(COMPONENT) $(REPO_URI)").splitlines()
    known = [line.split()[3] for line in listed if line.startswith("Debian Debian main ")]
    mirror = os.environ.get("WAKEFUL_DEBIAN_MIRROR") or known[0]
    run("debootstrap", "--variant=minbase", "--include=python3", "bookworm", folder, mirror)
    return folder


@pytest.fixture
def root(kept_root: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of that root, to be forgotten."""
    folder = tmp_path / "root"
    run("cp", "-a", kept_root, folder)
    yield folder
    shutil.rmtree(folder)


def inside(root: Path, *argv: str) -> str:
    return run("chroot", root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", *argv)


def files(root: Path) -> set[str]:
    """Return what is in a root, but for the books that dpkg, rpm and useradd keep of their work."""
    books = (
        r"^/(var/(lib/(dpkg|rpm)|log|cache)/|usr/lib/sysimage|etc/(\.pwd\.lock|(passwd|group|g?shadow|sub[ug]id)-?$))"
    )
    found = (f"/{path.relative_to(root)}" for path in root.rglob("*"))
    return {path for path in found if not re.match(books, path)}


def works(root: Path) -> None:
    """Let each program say who it is, and the collector make its databases as its own user."""
    assert "wakeful-agent 0.1.0" in inside(root, "wakeful-agent", "--version")
    assert "0.1.0" in inside(root, "wakeful-collector", "--version")
    assert "usage" in inside(root, "wakeful", "--help").lower()
    as_user = ("setpriv", "--reuid=wakeful-collector", "--regid=wakeful-collector", "--clear-groups")
    inside(root, *as_user, "wakeful-collector", "check-config", "--data", "/var/lib/wakeful")
    assert "/sign-in/link/" in inside(root, *as_user, "wakeful-collector", "signin", "--data", "/var/lib/wakeful")
    assert (root / "var/lib/wakeful/state.db").stat().st_mode & 0o777 == 0o600
    assert oct((root / "etc/wakeful").stat().st_mode)[-3:] == "751", "the collector's user may pass"
    assert oct((root / "var/lib/wakeful-agent").stat().st_mode)[-3:] == "700"


@pytest.mark.skipif(sys.version_info < (3, 11), reason="reads TOML, as only the collector's Python does")
def test_the_collectors_package_holds_what_the_collector_names() -> None:
    named = tomllib.loads((ROOT / "collector" / "pyproject.toml").read_text())["project"]["dependencies"]
    named += tomllib.loads((ROOT / "agent" / "pyproject.toml").read_text())["project"]["dependencies"]
    pinned = dict(re.findall(r"(?m)^([a-z0-9.-]+)==(\S+)", (PACKAGES / "requirements-collector.txt").read_text()))
    for one in map(Requirement, named):
        if one.name.startswith("wakeful-") or (one.marker and not one.marker.evaluate({"python_version": "3.11"})):
            continue
        assert pinned[canonicalize_name(one.name)] in one.specifier, one


@x86_only
@pytest.mark.parametrize("name", HALVES)
def test_debians_linter_has_nothing_to_say(made: Made, name: str) -> None:
    # As root lintian wants to be told that it may look.
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", made.deb(name)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout


@x86_only
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can install")
def test_a_debian_takes_them_and_lets_them_go(made: Made, root: Path) -> None:
    before = files(root)
    for name in HALVES:
        shutil.copy(made.deb(name), root / "root" / f"{name}.deb")
        told = inside(root, "dpkg", "-i", f"/root/{name}.deb")
        assert f"{name} is installed" in told
        assert "systemctl enable --now" in told
        assert "is installed." not in inside(root, "dpkg", "-i", f"/root/{name}.deb"), "this time it is an upgrade"
        (root / "root" / f"{name}.deb").unlink()
    assert (root / "lib/systemd/system/wakeful-agent.service").exists()
    works(root)
    (root / "etc/wakeful/TOKEN").write_text("wk_agt_x")
    (root / "etc/wakeful/other.toml").write_text("")
    inside(root, "dpkg", "-r", *HALVES)
    assert (root / "var/lib/wakeful/state.db").exists(), "what was measured is kept"
    assert (root / "etc/wakeful/TOKEN").exists()
    inside(root, "dpkg", "-P", *HALVES)
    assert files(root) - before == {"/etc/wakeful", "/etc/wakeful/other.toml"}
    assert "wakeful" not in (root / "etc/passwd").read_text()


@x86_only
@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can install")
def test_a_system_of_rpm_takes_them_and_lets_them_go(made: Made, root: Path) -> None:
    rpm = ("rpm", "--root", root, "--dbpath", "/var/lib/rpm")
    run(*rpm, "--initdb")
    before = files(root)
    for name in HALVES:
        # Debian keeps its own books: that a Python and a C library are there rpm cannot know here.
        run(*rpm, "-i", "--nodeps", made.rpm(name))
    assert (root / "usr/lib/systemd/system/wakeful-agent.service").read_text() == (
        ROOT / "systemd" / "wakeful-agent.service"
    ).read_text()
    works(root)
    asked = run(*rpm, "-q", "--requires", "wakeful-collector")
    assert {"python3.11", "glibc >= 2.28"} <= set(asked.splitlines())
    run(*rpm, "-e", *HALVES)
    kept = files(root) - before
    # That folder is the init system's, which is not in this root.
    assert {path for path in kept if not path.startswith(("/etc/wakeful", "/var/lib/wakeful"))} <= {
        "/usr/lib/sysusers.d"
    }
    assert "/var/lib/wakeful/state.db" in kept, "what was measured is kept"


@x86_only
def test_the_same_input_makes_the_same_packages(made: Made, trees: dict[str, Path], tmp_path: Path) -> None:
    make(tmp_path / "out", tmp_path / "elsewhere", "wakeful-agent", "--bundle", trees["bundle"])
    again = Made(tmp_path / "out")
    assert again.deb("wakeful-agent").read_bytes() == made.deb("wakeful-agent").read_bytes()
    assert again.rpm("wakeful-agent").read_bytes() == made.rpm("wakeful-agent").read_bytes()


def test_what_is_missing_is_said_in_a_line(tmp_path: Path) -> None:
    argv = [sys.executable, str(PACKAGES / "make.py"), "wakeful-agent", "--out", str(tmp_path), "--work", str(tmp_path)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (
        1,
        "make.py: wakeful-agent needs --bundle: docs/building.md says what makes it\n",
    )
    done = subprocess.run([*argv, "--bundle", str(tmp_path / "no")], capture_output=True, text=True, check=False)
    assert done.stderr == f"make.py: there is no {tmp_path / 'no'}\n"


def test_the_linters_of_containers_have_nothing_to_say() -> None:
    programs = Path(sys.executable).parent
    assert run(programs / "hadolint", CONTAINER / "Dockerfile") == ""
    # A digest can be named only for an image that somebody has pushed: this one is built where it is used.
    found = json.loads(run(programs / "compose-lint", "--format", "json", CONTAINER / "compose.yaml"))
    assert [one["rule_id"] for one in found["findings"]] == ["CL-0019"]
