"""Secrets at rest."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.store import vault

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"


def test_what_was_sealed_is_opened_again_and_looks_different_each_time(tmp_path: Path) -> None:
    one, two = vault.seal(tmp_path, SECRET), vault.seal(tmp_path, SECRET)
    assert one != two
    assert "sshx" not in one
    assert vault.unseal(tmp_path, one) == vault.unseal(tmp_path, two) == SECRET
    assert (tmp_path / vault.KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [vault.KEY_FILE]


def test_another_key_and_damage_open_nothing(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    sealed = vault.seal(here, SECRET)
    assert vault.unseal(there, sealed) is None
    vault.seal(there, "x")
    assert vault.unseal(there, sealed) is None
    for damaged in (sealed[:-4], sealed[:10], "v1.", "v1.!!", "plain", f"v2.{sealed[3:]}", sealed + "\u00e9"):
        assert vault.unseal(here, damaged) is None


def test_a_key_that_others_may_read_or_that_is_none_is_refused(tmp_path: Path) -> None:
    sealed = vault.seal(tmp_path, SECRET)
    key = tmp_path / vault.KEY_FILE
    key.chmod(0o644)
    with pytest.raises(StoreError, match="chmod 600"):
        vault.seal(tmp_path, "x")
    key.chmod(0o600)
    key.write_bytes(b"short")
    with pytest.raises(StoreError, match="32 bytes"):
        vault.unseal(tmp_path, sealed)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read or made"):
        vault.seal(tmp_path / "nowhere", "x")


def test_whoever_comes_first_makes_the_key_for_all(tmp_path: Path) -> None:
    sealed: list[str] = []
    together = threading.Barrier(8)

    def begin() -> None:
        together.wait()
        sealed.append(vault.seal(tmp_path, SECRET))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [vault.unseal(tmp_path, one) for one in sealed] == [SECRET] * 8
    vault._make(tmp_path / vault.KEY_FILE)
    assert vault.unseal(tmp_path, sealed[0]) == SECRET
