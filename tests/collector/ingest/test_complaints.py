from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.ingest import complaints
from wakeful_collector.ingest.complaints import Complaints

if TYPE_CHECKING:
    import pytest


def test_a_complaint_is_logged_once_an_hour(caplog: pytest.LogCaptureFixture) -> None:
    said = Complaints()
    assert [said.say("a", "invalid", "x", at) for at in (0, 1_000, 3_599_999, 3_600_000)] == [True, False, False, True]
    assert said.say("b", "invalid", "x", 0)
    assert said.say("a", "too_large", "x", 0)
    assert len(caplog.records) == 4


def test_hostile_text_cannot_forge_a_line(caplog: pytest.LogCaptureFixture) -> None:
    Complaints().say("a", "invalid", "one\ntwo\x1b[31m \u202e", 0)
    assert caplog.records[0].getMessage() == "a refused: invalid: one\\ntwo\\x1b[31m \\u202e"


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complaints, "_REMEMBERED_MAX", 5)
    said = Complaints()
    for number in range(50):
        said.say(str(number), "invalid", "x", 0)
    assert len(said._said) <= 5
