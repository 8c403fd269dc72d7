"""Figures for people."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from wakeful_collector.web import pages_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1.5 * 2**30, "1.5 GiB"),
        (2**60, "1024 PiB"),
    ],
)
def test_sizes_are_binary(value: float | None, text: str) -> None:
    assert pages_text.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "\N{EN DASH}"), (999, "999 B/s"), (1_200_000, "1.2 MB/s"), (999_900, "1 MB/s")]
)
def test_rates_are_decimal(value: float | None, text: str) -> None:
    assert pages_text.rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "\N{EN DASH}"), (0.0, "0 %"), (0.034, "3.4 %"), (0.0999, "10 %"), (0.344, "34 %"), (1, "100 %")],
)
def test_shares_are_percent(value: float | None, text: str) -> None:
    assert pages_text.share(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "\N{EN DASH}"),
        (-3, "0 s"),
        (40, "40 s"),
        (61, "1 min"),
        (7200, "2 h"),
        (86_400, "1 day"),
        (200_000, "2 days"),
    ],
)
def test_spans_name_their_largest_unit(seconds: float | None, text: str) -> None:
    assert pages_text.span(seconds) == text


def test_times_carry_utc_for_the_script() -> None:
    assert pages_text.at(0) == '<time datetime="1970-01-01T00:00:00Z">1970-01-01 00:00:00 UTC</time>'
    assert pages_text.ago(0, 65_000) == '<time datetime="1970-01-01T00:00:00Z" data-style="ago">1 min ago</time>'
    assert (pages_text.at(None), pages_text.ago(None, 1)) == ("never", "never")


def test_sentences_begin_large_and_end() -> None:
    assert [pages_text.sentence(text) for text in ("it is so", "Why?", " a. ", "")] == ["It is so.", "Why?", "A.", ""]


def test_levels_are_classes() -> None:
    assert [pages_text.level(value, 0.9, 0.96) for value in (None, 0.5, 0.9, 0.96)] == ["", "", "warn", "bad"]


def test_cells_are_text_whatever_they_hold() -> None:
    given = [None, True, False, 0.125, 3, ["a", 1], {"b": [2, None]}, "x"]
    assert [pages_text.cell(value) for value in given] == ["", "yes", "no", "0.12", "3", "a, 1", "b 2, ", "x"]


def test_marks_that_turn_text_around_are_replaced() -> None:
    assert pages_text.plain("safe\u202egnp.exe\u202c") == "safe\ufffdgnp.exe\ufffd"
    assert pages_text.plain("\u05e9\u05dc\u05d5\u05dd") == "\u05e9\u05dc\u05d5\u05dd"
    ready = Markup("<b>\u202e</b>")
    assert pages_text.plain(ready) is ready
    assert pages_text.plain(5) == 5


NUMBERS = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**400, -(10**400), 10**300, 253_402_300_800_000, 1e308, -1e308])
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NUMBERS)
def test_every_number_that_a_machine_can_send_is_written(value):
    for write in (
        pages_text.figures,
        pages_text.size,
        pages_text.rate,
        pages_text.share,
        pages_text.span,
        pages_text.count,
        pages_text.at,
        pages_text.cell,
    ):
        assert isinstance(write(value), str)
    assert isinstance(pages_text.ago(value, 1_795_000_000_000), str)


def test_what_is_no_time_is_a_figure():
    assert pages_text.at(253_402_300_799_999).startswith('<time datetime="9999-12-31')
    assert pages_text.at(253_402_300_800_000) == "253402300800000"
    assert pages_text.at(-5) == "-5"
    assert pages_text.size(10**400) == "inf PiB"
    assert pages_text.span(float("nan")) == pages_text.NOTHING


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", "Firefox 145 on Linux"),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36 Edg/140.0",
            "Edge 140 on Windows",
        ),
        (
            "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
            "Chrome 140 on Android",
        ),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1", "Safari 18 on iPhone"),
        ("Firefox/9", "Firefox 9"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
    ],
)
def test_a_browser_is_named(program: str, expected: str) -> None:
    assert pages_text.browser(program) == expected
