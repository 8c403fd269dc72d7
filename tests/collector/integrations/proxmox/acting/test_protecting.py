"""Who is protected, and why."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.acting.protecting import reasons


@pytest.mark.parametrize(
    ("protection", "tags", "listed", "words"),
    [
        ("", (), (), []),
        ("0", ("web",), ("db", "102"), []),
        ("1", (), (), ["protection is on"]),
        ("", ("Protected",), (), ["the tag protected"]),
        ("", ("web", "DB"), ("db",), ["its tag db is on the cluster's list"]),
        ("", (), ("101",), ["its id is on the cluster's list"]),
        ("1", ("protected",), ("101",), ["protection is on", "the tag protected", "its id"]),
    ],
)
def test_each_reason_is_told_with_its_way_out(
    protection: str, tags: tuple[str, ...], listed: tuple[str, ...], words: list[str]
) -> None:
    found = reasons(101, protection, tags, listed)
    assert len(found) == len(words)
    for told, word in zip(found, words, strict=True):
        assert word in told
        assert "(" in told
