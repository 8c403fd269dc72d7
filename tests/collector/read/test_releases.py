"""The releases folder: what lies there whole is given, anything else is not."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.config import Settings
from wakeful_collector.model import release as model
from wakeful_collector.read import releases

from ..shipping import BUNDLE, make_release

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "given" / "releases"
    make_release(place)
    return place


def test_a_release_is_given(folder: Path) -> None:
    assert releases.held(folder).version == "9.8.7"
    file, size = releases.opened(folder, BUNDLE)
    with file:
        assert file.read() == (folder / BUNDLE).read_bytes()
    assert size == (folder / BUNDLE).stat().st_size


def test_an_empty_folder_is_no_release(tmp_path: Path) -> None:
    with pytest.raises(releases.NoRelease) as caught:
        releases.held(tmp_path)
    assert not caught.value.broken


def test_a_manifest_that_cannot_be_used_is_broken(folder: Path) -> None:
    for text in (b"{", b"\xff\xfe", b'{"version": 1}', b" " * (releases.SMALL_BYTES_MAX + 1)):
        (folder / model.MANIFEST).write_bytes(text)
        with pytest.raises(releases.NoRelease) as caught:
            releases.held(folder)
        assert caught.value.broken


def test_only_what_the_manifest_names_is_given(folder: Path) -> None:
    (folder / "other").write_text("secret")
    (folder.parent / "state.db").write_text("secret")
    for name in ("other", "../state.db", "..", "release.key", "", "/etc/passwd"):
        with pytest.raises(releases.NoRelease, match="no such file"):
            releases.opened(folder, name)


def test_a_file_that_came_in_part_is_not_given(folder: Path) -> None:
    content = (folder / BUNDLE).read_bytes()
    (folder / BUNDLE).write_bytes(content[:-1])
    with pytest.raises(releases.NoRelease, match="not what the manifest says"):
        releases.opened(folder, BUNDLE)
    (folder / BUNDLE).write_bytes(content[:-1] + b"?")
    with pytest.raises(releases.NoRelease, match="not what the manifest says"):
        releases.opened(folder, BUNDLE)
    (folder / BUNDLE).unlink()
    with pytest.raises(releases.NoRelease) as caught:
        releases.opened(folder, BUNDLE)
    assert caught.value.broken
    (folder / model.MANIFEST).unlink()
    (folder / model.MANIFEST).mkdir()
    with pytest.raises(releases.NoRelease) as caught:
        releases.held(folder)
    assert caught.value.broken


def test_sums_are_remembered_for_few_files(folder: Path) -> None:
    for number in range(model.FILES_MAX + 3):
        name = f"file{number}"
        (folder / name).write_text(name)
        summed = hashlib.sha256(name.encode()).hexdigest()
        row = {"name": name, "arch": None, "size": len(name), "sha256": summed}
        document = {"version": "1", "made": 1, "files": [row]}
        (folder / model.MANIFEST).write_text(json.dumps(document))
        releases.opened(folder, name)[0].close()
    assert len(releases._whole) <= model.FILES_MAX + 1


def test_the_installer_leads_back_here(folder: Path) -> None:
    script = releases.installer(folder, "http://10.0.0.7:8800")
    assert "served_by='http://10.0.0.7:8800'" in script
    with pytest.raises(releases.NoRelease, match="cannot lead to"):
        releases.installer(folder, "http://a b")


def test_an_offer_holds_what_the_line_needs(folder: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path, releases=folder)
    found = releases.offer(settings, "http://10.0.0.7:8800")
    script = releases.installer(folder, "http://10.0.0.7:8800")
    assert found.key == (folder / "release.key").read_text().strip()
    assert found.installer_sha256 == hashlib.sha256(script.encode()).hexdigest()
    assert found.sums_sha256 == hashlib.sha256((folder / "SHA256SUMS").read_bytes()).hexdigest()
    (folder / "SHA256SUMS.sig").unlink()
    assert releases.offer(settings, "http://10.0.0.7:8800").key is None


def test_the_folder_is_that_of_the_data_if_none_is_named(tmp_path: Path) -> None:
    assert releases.folder_of(Settings(data=tmp_path)) == tmp_path / "releases"
