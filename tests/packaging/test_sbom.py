"""The bill of materials: all that is in a bundle, with what was patched, and the same each time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FREEZE = Path(__file__).parents[2] / "packaging" / "freeze"


@pytest.fixture
def parts(tmp_path: Path) -> list[str]:
    """A bundle, its wheels and its interpreter, as far as the bill looks at them."""
    (tmp_path / "bundle/_internal").mkdir(parents=True)
    (tmp_path / "bundle/wakeful-agent").write_bytes(b"program")
    (tmp_path / "bundle/_internal/library.so").write_bytes(b"library")
    (tmp_path / "interpreter").mkdir()
    (tmp_path / "interpreter/patches.txt").write_text("python3.13 CVE-2025-8194.patch\nopenssl pic.patch\n")
    inner = {
        "components": [{"type": "library", "name": "openssl", "version": "9.9", "purl": "pkg:generic/openssl@9.9"}]
    }
    for name, head in (
        ("wakeful_agent-1.0", "Name: wakeful-agent\nVersion: 1.0\n"),
        ("cryptography-7.0", "Name: cryptography\nVersion: 7.0\nLicense-Expression: MIT\n"),
        ("websocket_client-2.0", "Name: websocket-client\nVersion: 2.0\nLicense: Apache-2.0\n"),
    ):
        folder = tmp_path / "site" / f"{name}.dist-info"
        (folder / "sboms").mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.4\n{head}\nWords.\n")
        if name.startswith("cryptography"):
            (folder / "sboms/inner.json").write_text(json.dumps(inner))
    return ["1.0", "x86_64", str(tmp_path / "bundle"), str(tmp_path / "site"), str(tmp_path / "interpreter")]


def written(parts: list[str]) -> str:
    environ = os.environ | {"SOURCE_DATE_EPOCH": "1767225600"}
    argv = [sys.executable, str(FREEZE / "sbom.py"), *parts]
    return subprocess.run(argv, env=environ, check=True, capture_output=True, text=True).stdout


def bill(parts: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(written(parts))
    return found


def test_it_names_every_part_with_its_version(parts: list[str]) -> None:
    named = {one["name"]: one.get("version") for one in bill(parts)["components"] if one["type"] == "library"}
    assert named["cryptography"] == "7.0"
    assert named["websocket-client"] == "2.0"
    assert set(named) == {
        *("python3.13", "openssl", "zlib", "xz-utils", "pyinstaller", "cryptography", "websocket-client")
    }
    assert f"pyinstaller=={named['pyinstaller']} " in (FREEZE / "requirements-bootloader.txt").read_text()
    for line in (FREEZE / "sources.txt").read_text().splitlines():
        package, version = ([*line.split(), "", ""])[:2]
        assert package in {"#", "libffi"} or named[package] == version


def test_it_names_what_a_wheel_was_built_of(parts: list[str]) -> None:
    [made] = [one for one in bill(parts)["components"] if one["name"] == "cryptography"]
    assert [(one["name"], one["version"]) for one in made["components"]] == [("openssl", "9.9")]
    assert made["licenses"] == [{"expression": "MIT"}]


def test_it_names_the_patches(parts: list[str]) -> None:
    notes = {one["name"]: one["pedigree"]["notes"] for one in bill(parts)["components"] if "pedigree" in one}
    assert "CVE-2025-8194.patch" in notes["python3.13"]
    assert "pic.patch" in notes["openssl"]


def test_it_is_the_same_for_the_same_bundle_alone(parts: list[str]) -> None:
    first = written(parts)
    assert written(parts) == first
    (Path(parts[2]) / "wakeful-agent").write_bytes(b"another")
    assert written(parts) != first


def test_references_are_unique_and_the_number_is_a_uuid(parts: list[str]) -> None:
    found = bill(parts)
    references = [one["bom-ref"] for one in found["components"]]
    references += [inner["bom-ref"] for one in found["components"] for inner in one.get("components", [])]
    assert len(references) == len(set(references))
    assert re.fullmatch(
        r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", found["serialNumber"]
    )
    assert found["metadata"]["timestamp"] == "2026-01-01T00:00:00Z"
