"""The floor: whatever needs a newer glibc, a newer kernel or somebody else's library is named."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

FREEZE = Path(__file__).parents[2] / "packaging" / "freeze"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"freeze_{name}", FREEZE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


floor = load("floor")


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, str(FREEZE / "floor.py"), str(folder)]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def compile_here(source: str, target: Path, *words: str) -> None:
    """Compile by this machine's own compiler, for this machine's own C library."""
    argv = ["cc", "-x", "c", "-", "-o", str(target), *words]
    subprocess.run(argv, input=source, text=True, check=True)


def test_a_file_that_needs_a_newer_glibc_is_named(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    compile_here(
        "#include <pthread.h>\nint main(void) { return pthread_join(pthread_self(), 0); }", tmp_path / "deep/newer"
    )
    done = check(tmp_path)
    assert done.returncode == 1
    assert "deep/newer" in done.stdout
    assert "WRONG: needs glibc 2.34" in done.stdout
    assert "1 ELF files, glibc 2.34 at most, 1 at fault" in done.stdout


def test_a_library_of_somebody_elses_is_named(tmp_path: Path) -> None:
    compile_here("int other(void) { return 1; }", tmp_path / "libother.so", "-shared", "-fPIC")
    compile_here(
        "int other(void); int own(void) { return other(); }", tmp_path / "libown.so", "-shared", "-fPIC",
        f"-L{tmp_path}", "-lother", "-Wl,-rpath,/usr/local/lib",
    )  # fmt: skip
    assert "WRONG: looks for libraries in /usr/local/lib" in check(tmp_path).stdout
    assert "not bundled" not in check(tmp_path).stdout
    (tmp_path / "libother.so").unlink()
    done = check(tmp_path)
    assert done.returncode == 1
    assert "WRONG: needs libother.so, which is not bundled" in done.stdout


def test_an_empty_folder_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no program")
    done = check(tmp_path)
    assert done.returncode == 1
    assert "0 ELF files" in done.stdout


def test_a_folder_must_be_named() -> None:
    done = subprocess.run([sys.executable, str(FREEZE / "floor.py")], capture_output=True, text=True, check=False)
    assert done.returncode == 2


@pytest.mark.parametrize(
    ("glibc", "kernel", "libraries", "places", "wrong"),
    [
        ((2, 17), (2, 6, 32), ("libc.so.6", "libgcc_s.so.1", "ld-linux-x86-64.so.2"), ("$ORIGIN/../lib",), []),
        ((2, 3, 4), (0,), (), (), []),
        ((2, 18), (0,), (), (), ["needs glibc 2.18"]),
        ((3,), (0,), (), (), ["needs glibc 3"]),
        ((999,), (0,), (), (), ["needs glibc 999"]),
        ((2, 17), (3, 10, 0), (), (), []),
        ((2, 17), (5, 16, 9), (), (), ["says that it needs Linux 5.16.9"]),
        ((2, 17), (0,), ("libz.so.1", "libinside.so"), (), ["needs libz.so.1, which is not bundled"]),
        ((2, 17), (0,), (), ("/opt/lib",), ["looks for libraries in /opt/lib"]),
    ],
)
def test_what_is_wrong_is_said(glibc, kernel, libraries, places, wrong) -> None:
    needed = floor.Needs(glibc, kernel, libraries, places)
    assert floor.faults(needed, {"libinside.so"}) == wrong


def test_a_private_symbol_is_newer_than_anything() -> None:
    assert floor.version_of("PRIVATE") > floor.FLOOR
    assert floor.version_of("2.17") == floor.FLOOR
    assert floor.version_of("2.9") < floor.FLOOR
