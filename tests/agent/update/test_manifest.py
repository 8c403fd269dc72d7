"""What a manifest may say, and which version comes after which."""

from __future__ import annotations

import json

import pytest

from wakeful_agent.update.manifest import SIZE_BYTES_MAX, NotFit, is_newer, parse_manifest

from .workshop import MACHINE, manifest


def test_the_file_for_this_machine_is_found() -> None:
    found = parse_manifest(manifest("2.0.1", b"abc"), MACHINE)
    assert (found.version, found.size_bytes) == ("2.0.1", 3)
    assert found.name == f"wakeful-agent-2.0.1-linux-{MACHINE}.tar.xz"


def test_other_names_of_a_machine_are_known() -> None:
    if MACHINE != "x86_64":
        pytest.skip("the names of x86_64")
    assert parse_manifest(manifest("2.0.1", b"abc"), "amd64").version == "2.0.1"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"version": "1.0"}',
        b'{"version": "1.0", "files": 3}',
        b'{"version": "../..", "files": []}',
        b'{"version": "1.0", "files": []}',
        b'{"version": "1.0", "files": ["a"]}',
        json.dumps({"version": "1.0", "files": [{}] * 65}).encode(),
        manifest("1.0", b"abc", size=0),
        manifest("1.0", b"abc", size=True),
        manifest("1.0", b"abc", size="3"),
        manifest("1.0", b"abc", size=SIZE_BYTES_MAX + 1),
        manifest("1.0", b"abc", sha256="no"),
        manifest("1.0", b"abc", sha256=None),
        manifest("1.0", b"abc", name="../../etc/passwd"),
    ],
)
def test_what_cannot_be_taken_is_refused(content: bytes) -> None:
    with pytest.raises(NotFit):
        parse_manifest(content, MACHINE)


def test_a_machine_nobody_built_for_is_refused() -> None:
    with pytest.raises(NotFit, match="nothing for riscv64"):
        parse_manifest(manifest("1.0", b"abc"), "riscv64")


ORDER = ["", "0.9", "1.0.dev1", "1.0rc1", "1.0rc2", "1.0rc10", "1.0", "1.0.post1", "1.0.1", "1.2", "1.10", "2"]


def test_versions_have_an_order() -> None:
    for place, version in enumerate(ORDER):
        for other, than in enumerate(ORDER):
            assert is_newer(version, than) == (place > other), (version, than)
    assert not is_newer("1.0.0", "1.0")
