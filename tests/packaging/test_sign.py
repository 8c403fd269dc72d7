"""A release is listed and signed by one key, always in the same way, and never by one that others may read."""

from __future__ import annotations

import base64
import gzip
import json
import lzma
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from .bundles import ROOT, sign

if TYPE_CHECKING:
    from pathlib import Path

BUNDLES = ("wakeful-agent-1.0-linux-x86_64.tar.xz", "wakeful-agent-1.0-linux-aarch64.tar.xz")


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    folder.mkdir()
    for name in BUNDLES:
        (folder / name).write_bytes(lzma.compress(name.encode() * 100, preset=0))
    (folder / "wakeful-agent-1.0-linux-x86_64.cdx.json").write_text("{}")
    (folder / "notes.txt").write_text("no part of it")
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "release.pem"
    assert len(sign("--new-key", path)) == 44
    return path


def refused(*words: str | Path, key: Path | None = None) -> str:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        sign(*words, key=key)
    assert caught.value.returncode == 1
    return str(caught.value.stderr)


def test_a_release_is_what_openssl_and_sha256sum_say(dist: Path, key: Path) -> None:
    public = sign(dist, key=key).rpartition(" ")[2]
    subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=dist, check=True)
    manifest = json.loads((dist / "manifest.json").read_text())
    names = [file["name"] for file in manifest["files"]]
    assert manifest["version"] == "1.0"
    assert {*BUNDLES, BUNDLES[0].replace(".xz", ".gz"), "install.sh"} <= set(names)
    assert "notes.txt" not in names
    twin = dist / BUNDLES[0].replace(".xz", ".gz")
    assert gzip.decompress(twin.read_bytes()) == lzma.decompress((dist / BUNDLES[0]).read_bytes())
    pem = f"-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA{public}\n-----END PUBLIC KEY-----\n"
    (dist.parent / "public.pem").write_text(pem)
    for name in ("SHA256SUMS", "manifest.json"):
        (dist.parent / "signature").write_bytes(base64.b64decode((dist / f"{name}.sig").read_bytes()))
        words = ["-verify", "-rawin", "-pubin", "-inkey", dist.parent / "public.pem", "-in", dist / name]
        subprocess.run(["openssl", "pkeyutl", *words, "-sigfile", dist.parent / "signature"], check=True)
    assert "signed by this key" in sign("--check", public, dist)


def test_the_same_release_is_the_same_bytes(dist: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795000000")
    sign(dist, key=key)
    before = {path.name: path.read_bytes() for path in dist.iterdir()}
    sign(dist, key=key)
    assert {path.name: path.read_bytes() for path in dist.iterdir()} == before


def test_a_change_is_noticed(dist: Path, key: Path) -> None:
    public = sign(dist, key=key).rpartition(" ")[2]
    other = sign("--new-key", dist.parent / "other.pem")
    assert "not signed by this key" in refused("--check", other, dist)
    assert "44 characters" in refused("--check", "short", dist)
    (dist / BUNDLES[0]).write_bytes(b"changed")
    assert "is not what SHA256SUMS says" in refused("--check", public, dist)
    sums = dist / "SHA256SUMS"
    sums.write_text(sums.read_text() + "\n")
    assert "not signed by this key" in refused("--check", public, dist)


def test_without_a_key_signatures_of_before_go(dist: Path, key: Path) -> None:
    sign(dist, key=key)
    assert "not signed" in sign(dist)
    assert not list(dist.glob("*.sig"))
    assert not (dist / "release.key").exists()


def test_a_key_that_is_no_use_is_refused(dist: Path, key: Path) -> None:
    assert oct(key.stat().st_mode)[-3:] == "600"
    assert "File exists" in refused("--new-key", key)
    key.chmod(0o644)
    assert "chmod 600" in refused(dist, key=key)
    other = dist.parent / "rsa.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", other], check=True, capture_output=True)
    other.chmod(0o600)
    assert "another kind" in refused(dist, key=other)
    other.write_text("no key")
    assert "holds no key" in refused(dist, key=other)
    assert "No such file" in refused(dist, key=dist.parent / "gone")


def test_a_folder_with_two_releases_is_none(dist: Path) -> None:
    (dist / BUNDLES[0].replace("1.0", "1.1")).write_bytes(b"")
    assert "there must be one" in refused(dist)


def test_the_key_never_stands_among_the_words() -> None:
    assert os.access(ROOT / "packaging" / "sign.py", os.X_OK)
    text = (ROOT / "packaging" / "sign.py").read_text("ascii")
    assert "WAKEFUL_SIGNING_KEY" in text
    assert 'add_argument("--key"' not in text
