"""Times and spans."""

import re
import time

import pytest

from wakeful_collector.remote import moments

NOW_MS = 1_795_000_000_000


def test_times_of_the_api():
    assert moments.at_ms("2026-11-18T11:06:40Z") == NOW_MS
    for text in (None, 5, "", "2026-11-18", "yesterday", "2026-11-18T11:06:40"):
        assert moments.at_ms(text) is None


def test_ages():
    assert moments.ago("2026-11-18T11:06:28Z", NOW_MS) == "12s"
    assert moments.ago("2027-11-18T11:06:28Z", NOW_MS) == "0s"
    assert moments.ago(None, NOW_MS) == "never"
    assert moments.ahead("2026-11-18T11:11:40Z", NOW_MS) == "in 5m"
    assert moments.ahead("2026-11-18T11:06:00Z", NOW_MS) == ""
    assert moments.ahead(None, NOW_MS) == ""


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0s"), (119, "119s"), (120, "2m"), (7_200, "2h"), (200_000, "2d")])
def test_spans(seconds, text):
    assert moments.span(seconds) == text


def test_times_are_shown_on_the_readers_clock(monkeypatch):
    monkeypatch.setenv("TZ", "Etc/GMT-2")
    time.tzset()
    try:
        assert moments.local("2026-11-18T11:06:40Z") == "2026-11-18 13:06:40"
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()
    assert moments.local(None) == ""
    assert moments.local("soon") == "soon"
    assert moments.local("0001-01-01T00:00:00Z").startswith("0001-01-01")
    assert moments.local("9999-12-31T23:59:59-23:59") == "9999-12-31T23:59:59-23:59"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("30m", 1800), ("2h", 7200), ("1d", 86_400), ("1w", 604_800)]
)
def test_durations(text, seconds):
    assert moments.seconds_of(text) == seconds


@pytest.mark.parametrize("text", [" ", "0", "0s", "-5", "5y", "1.5h", "x"])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        moments.seconds_of(text)
