"""What a channel wants, when it may not be disturbed, and what of its address is shown."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wakeful_collector.model.channel import About, Quiet, Wishes, shown, undisturbed_until_ms, wants

ABOUT = About("agt_1", "web-1", ("prod",), "watch", "opened")


@pytest.mark.parametrize(
    ("wishes", "wanted"),
    [
        (Wishes(), True),
        (Wishes(hosts=("agt_1",)), True),
        (Wishes(hosts=("web-*",)), True),
        (Wishes(hosts=("db-*",)), False),
        (Wishes(tags=("prod",)), True),
        (Wishes(hosts=("db-*",), tags=("prod",)), True),
        (Wishes(tags=("lab",)), False),
        (Wishes(kinds=("watch",)), True),
        (Wishes(kinds=("host",)), False),
        (Wishes(moments=("closed",)), False),
    ],
)
def test_hosts_and_tags_widen_kinds_and_moments_narrow(wishes: Wishes, wanted: bool) -> None:
    assert wants(wishes, ABOUT) is wanted


def test_what_healed_is_for_those_who_ask() -> None:
    assert not wants(Wishes(), ABOUT._replace(moment="healed"))


def ms(text: str) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-21T20:59:00", "2026-11-21T20:59:00"),
        ("2026-11-21T21:00:00", "2026-11-22T06:00:00"),
        ("2026-11-22T05:59:59", "2026-11-22T06:00:00"),
        ("2026-11-22T06:00:00", "2026-11-22T06:00:00"),
    ],
)
def test_quiet_hours_over_midnight_in_a_time_zone(now: str, until: str) -> None:
    assert undisturbed_until_ms(Quiet("22:00", "07:00", "Europe/Berlin"), ms(now)) == ms(until)


def test_quiet_hours_within_a_day_and_none() -> None:
    noon = ms("2026-11-21T12:00:00")
    assert undisturbed_until_ms(Quiet("11:00", "13:30", "UTC"), noon) == ms("2026-11-21T13:30:00")
    assert undisturbed_until_ms(Quiet("13:00", "14:00", "UTC"), noon) == noon
    assert undisturbed_until_ms(None, noon) == noon


@pytest.mark.parametrize(
    "quiet", [Quiet("25:00", "07:00", "UTC"), Quiet("1:0", "07:00", "UTC"), Quiet("22:00", "x", "UTC")]
)
def test_hours_that_are_none(quiet: Quiet) -> None:
    with pytest.raises(ValueError, match="no time of the day"):
        undisturbed_until_ms(quiet, 0)


@pytest.mark.parametrize("zone", ["Mars/Base", "../etc/passwd", ""])
def test_a_zone_nobody_knows(zone: str) -> None:
    with pytest.raises(ValueError, match="time zone"):
        undisturbed_until_ms(Quiet("22:00", "07:00", zone), 0)


@pytest.mark.parametrize(
    ("kind", "url", "seen"),
    [
        ("webhook", "https://ada:pw@hooks.example.org:8443/T0/SECRET?k=v", "https://hooks.example.org:8443/..."),
        ("webhook", "http://[::1]/x", "http://[::1]/..."),
        ("apprise", "tgram://123:TOKEN/chat", "tgram://..."),
    ],
)
def test_of_an_address_little_is_shown(kind: str, url: str, seen: str) -> None:
    assert shown(kind, url) == seen
