"""Unpacking: what a release holds comes out, and nothing leads out of its folder."""

from __future__ import annotations

import lzma
import stat
import tarfile
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.update import bundle
from wakeful_agent.update.bundle import unpack
from wakeful_agent.update.manifest import NotFit

from .workshop import tarball

if TYPE_CHECKING:
    from pathlib import Path

TOP = "wakeful-agent-1.0"


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    found = tarfile.TarInfo(name)
    found.type, found.linkname, found.size = kind, target, size
    return found


def link(name: str, target: str) -> tarfile.TarInfo:
    return member(f"{TOP}/{name}", tarfile.SYMTYPE, target)


def test_a_release_comes_out_with_the_modes_it_needs(tmp_path: Path) -> None:
    inside = (link("_internal/lib/b", "../data"), link("c", "_internal/data"))
    unpack(tarball("1.0", None, *inside), TOP, str(tmp_path))
    assert stat.S_IMODE((tmp_path / "wakeful-agent").stat().st_mode) == 0o755
    assert stat.S_IMODE((tmp_path / "_internal" / "data").stat().st_mode) == 0o644
    assert (tmp_path / "_internal" / "lib" / "b").read_bytes() == b"data" * 100
    assert (tmp_path / "c").read_bytes() == b"data" * 100


@pytest.mark.parametrize(
    "members",
    [
        [member("/etc/passwd")],
        [member("../x")],
        [member("other/x")],
        [member(f"{TOP}/../x")],
        [member(f"{TOP}//x")],
        [member(f"{TOP}/./x")],
        [link("x", "/etc/passwd")],
        [link("x", "../x")],
        [link("_internal/x", "../../x")],
        [link("_internal/x", "y/../../../x")],
        [link("x", "_internal"), member(f"{TOP}/x/y")],
        [member(f"{TOP}/x", tarfile.LNKTYPE, "/etc/passwd")],
        [member(f"{TOP}/x", tarfile.CHRTYPE)],
        [member(f"{TOP}/x", tarfile.FIFOTYPE)],
    ],
)
def test_nothing_leads_out(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    target = tmp_path / "a" / "b"
    target.mkdir(parents=True)
    with pytest.raises(NotFit):
        unpack(tarball("1.0", None, *members), TOP, str(target))
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_a_file_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="exists"):
        unpack(tarball("1.0", None, member(f"{TOP}/wakeful-agent")), TOP, str(tmp_path))


def test_there_are_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = tarball("1.0", None, member(f"{TOP}/x", size=100))
    monkeypatch.setattr(bundle, "UNPACKED_BYTES_MAX", 400)
    with pytest.raises(NotFit, match="more than"):
        unpack(packed, TOP, str(tmp_path))
    monkeypatch.undo()
    monkeypatch.setattr(bundle, "MEMBERS_MAX", 2)
    with pytest.raises(NotFit, match="more than"):
        unpack(packed, TOP, str(tmp_path / "again"))


@pytest.mark.parametrize("content", [b"", b"no archive", lzma.compress(b"no tar"), tarball("1.0")[:200]])
def test_what_is_no_tarball_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(NotFit, match="cannot be unpacked"):
        unpack(content, TOP, str(tmp_path))
