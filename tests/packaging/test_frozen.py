"""The frozen agent: whole, within its floor, the same twice, and at work in a root with a glibc of 2012."""

from __future__ import annotations

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FREEZE = ROOT / "packaging" / "freeze"
# What is built once and kept is in the cache; on a new machine the tools are fetched, which is 75 MB.
BUILD_SECONDS = 1500

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the compilers are for x86_64")


class Frozen(NamedTuple):
    """A frozen agent: its work folder and the interpreter that was frozen."""

    work: Path
    python: str

    @property
    def bundle(self) -> Path:
        return self.work / "x86_64" / "bundle" / "wakeful-agent"

    @property
    def site(self) -> Path:
        return self.work / "x86_64" / "site"


def freeze(work: Path) -> Frozen:
    """Freeze the agent into a folder."""
    done = step("smoke.sh", "x86_64", work=work)
    assert done.returncode == 0, done.stderr
    return Frozen(work, done.stdout.strip())


def step(name: str, *words: str, work: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one of the freeze's scripts with a work folder of its own."""
    environ = os.environ | {"WAKEFUL_FREEZE_WORK": str(work), "WAKEFUL_FREEZE_DIST": str(work / "dist")} | more
    return subprocess.run(
        [str(FREEZE / name), *words], env=environ, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
    )


def run(program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a script by the tests' Python."""
    argv = [sys.executable, str(FREEZE / program), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Frozen:
    return freeze(tmp_path_factory.mktemp("freeze"))


@pytest.fixture
def old_root(tmp_path: Path) -> Iterator[Path]:
    done = step("root.sh", "glibc-2.17", str(tmp_path / "root"), work=tmp_path)
    assert done.returncode == 0, done.stderr
    yield tmp_path / "root"
    shutil.rmtree(tmp_path / "root")


def test_nothing_in_it_needs_more_than_glibc_2_17(frozen: Frozen) -> None:
    done = run("floor.py", str(frozen.bundle))
    assert done.returncode == 0, done.stdout
    assert "_internal/libpython3.13.so.1.0" in done.stdout
    assert "0 at fault" in done.stdout


def test_it_holds_what_the_source_holds(frozen: Frozen) -> None:
    done = step("compare.sh", "x86_64", work=frozen.work, WAKEFUL_FREEZE_PYTHON=frozen.python)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "self-test says what the source says" in done.stdout


def test_a_module_that_is_missing_is_named(frozen: Frozen, tmp_path: Path) -> None:
    shutil.copytree(frozen.work, tmp_path / "work", symlinks=True)
    (tmp_path / "work/x86_64/site/wakeful_agent/meters/forgotten.py").write_text("")
    done = step("compare.sh", "x86_64", work=tmp_path / "work", WAKEFUL_FREEZE_PYTHON=frozen.python)
    assert done.returncode == 1
    assert done.stdout == "missing: wakeful_agent.meters.forgotten\n"


def test_it_is_one_program_and_one_folder(frozen: Frozen) -> None:
    assert {path.name for path in frozen.bundle.iterdir()} == {"wakeful-agent", "_internal"}


def test_it_is_the_same_when_it_is_frozen_elsewhere(frozen: Frozen, tmp_path: Path) -> None:
    other = freeze(tmp_path / "another" / "folder")
    files = sorted(path.relative_to(frozen.bundle) for path in frozen.bundle.rglob("*") if path.is_file())
    assert len(files) >= 4
    assert files == sorted(path.relative_to(other.bundle) for path in other.bundle.rglob("*") if path.is_file())
    different = [file for file in files if not filecmp.cmp(frozen.bundle / file, other.bundle / file, shallow=False)]
    assert not different


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it runs in a root folder of its own")
def test_it_does_its_work_on_a_system_of_2012(frozen: Frozen, old_root: Path) -> None:
    said = run(
        "proof.py", "--bundle", str(frozen.bundle), "--root", str(old_root), "--source", frozen.python, str(frozen.site)
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.count("ok ") == 12


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: it runs in a root folder of its own")
def test_the_old_system_is_old(old_root: Path) -> None:
    """The proof is worth nothing where newer calls would be answered: getrandom is one of Linux 3.17."""
    compiler = next(path for path in Path(cache()).glob("compiler-x86_64-*") if (path / "done").exists())
    source = old_root / "look.c"
    source.write_text(
        "#define _GNU_SOURCE\n#include <errno.h>\n#include <gnu/libc-version.h>\n#include <stdio.h>\n"
        "#include <sys/utsname.h>\n#include <unistd.h>\nint main(void) { char byte; struct utsname name; uname(&name);"
        'long got = syscall(318, &byte, 1, 0); printf("%s %s %d\\n", gnu_get_libc_version(), name.release,'
        " got < 0 && errno == ENOSYS); return 0; }\n"
    )
    subprocess.run([compiler / "bin/cc", source, "-o", old_root / "look"], check=True)
    said = subprocess.run(["chroot", str(old_root), "/look"], check=True, capture_output=True, text=True)
    assert said.stdout == "2.17 3.10.0-1160.el7.x86_64 1\n"


def cache() -> str:
    """Return where the freeze keeps what it built, as settings.sh has it."""
    default = os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")) + "/wakeful/freeze"
    return os.environ.get("WAKEFUL_FREEZE_CACHE", default)


def test_its_children_get_the_machines_environment_back() -> None:
    look = "import json, os, runpy; runpy.run_path({!r}); print(json.dumps(dict(os.environ)))"
    environ = {"LD_LIBRARY_PATH": "/bundle", "LD_LIBRARY_PATH_ORIG": "/own", "_PYI_ARCHIVE_FILE": "x", "KEPT": "1"}
    hook = look.format(str(FREEZE / "runtime_hook.py"))
    said = subprocess.run([sys.executable, "-c", hook], env=environ, check=True, capture_output=True, text=True)
    found = json.loads(said.stdout)
    assert found["LD_LIBRARY_PATH"] == "/own"
    assert found["KEPT"] == "1"
    assert not [name for name in found if name.startswith("_PYI") or name.endswith("_ORIG")]
    del environ["LD_LIBRARY_PATH_ORIG"]
    said = subprocess.run([sys.executable, "-c", hook], env=environ, check=True, capture_output=True, text=True)
    assert "LD_LIBRARY_PATH" not in json.loads(said.stdout)


def test_who_names_authorities_is_listened_to() -> None:
    look = f"import os, runpy; runpy.run_path({str(FREEZE / 'runtime_hook.py')!r}); print(os.environ['SSL_CERT_FILE'])"
    environ = {"SSL_CERT_FILE": "/of/mine.pem"}
    said = subprocess.run([sys.executable, "-c", look], env=environ, check=True, capture_output=True, text=True)
    assert said.stdout == "/of/mine.pem\n"
