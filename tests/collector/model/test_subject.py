from __future__ import annotations

from wakeful_collector.model.subject import FIRST_KEY, is_subject


def test_hosts_and_subjects_are_told_apart_by_their_key() -> None:
    assert is_subject(FIRST_KEY)
    assert not is_subject(FIRST_KEY - 1)
    assert not is_subject(1)
