"""When the snapshots of a policy are due: `hourly`, `daily 02:30`, `weekly sun 04:00`, `monthly 1 03:00`. Pure.

Times are the clock's of the policy's time zone. A time that a change of the clock skips is due when it would have
been; one that comes twice counts once, the first time.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from wakeful_collector.integrations.proxmox.declare.quantities import Unfit

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HINT = "write hourly, hourly :30, daily 02:30, weekly sun 04:00 or monthly 1 03:00"
_FORM = re.compile(
    r"(?P<hourly>hourly)(?: :(?P<past>[0-5]\d))?"
    r"|(?P<daily>daily) (?P<t1>\d\d:\d\d)"
    r"|(?P<weekly>weekly) (?P<day>[a-z]{3}) (?P<t2>\d\d:\d\d)"
    r"|(?P<monthly>monthly) (?P<date>\d{1,2}) (?P<t3>\d\d:\d\d)",
    re.ASCII,
)


class Rhythm(NamedTuple):
    """A schedule that was read: the unused ones of day and date are -1 and 0."""

    every: str
    hour: int
    minute: int
    day: int = -1
    date: int = 0


def read(text: str) -> Rhythm:
    """Return a schedule; raise Unfit."""
    found = _FORM.fullmatch(" ".join(text.lower().split()))
    if found is None:
        raise Unfit(f"{text[:40]!r} is not a schedule", HINT)
    if found["hourly"]:
        return Rhythm("hourly", 0, int(found["past"] or 0))
    time = found["t1"] or found["t2"] or found["t3"]
    hour, minute = (int(one) for one in time.split(":"))
    if hour > 23 or minute > 59:
        raise Unfit(f"{time} is not a time", "give 00:00 to 23:59")
    if found["daily"]:
        return Rhythm("daily", hour, minute)
    if found["weekly"]:
        if found["day"] not in DAYS:
            raise Unfit(f"{found['day']} is not a day", f"one of {', '.join(DAYS)}")
        return Rhythm("weekly", hour, minute, day=DAYS.index(found["day"]))
    if not 1 <= int(found["date"]) <= 28:
        raise Unfit(f"day {found['date']} is not in every month", "give 1 to 28")
    return Rhythm("monthly", hour, minute, date=int(found["date"]))


def zone(name: str) -> ZoneInfo:
    """Return a time zone; raise Unfit."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unfit(f"{name[:40]!r} is not a time zone", "write it as Europe/Berlin, or UTC") from None


def last_due_ms(rhythm: Rhythm, timezone: str, now_ms: int) -> int:
    """Return when it was due last, at the latest now."""
    place = zone(timezone)
    now = datetime.fromtimestamp(now_ms / 1000, place)
    at = _at(rhythm, now)
    while _ms(at) > now_ms:
        at = _at(rhythm, _before(rhythm, at))
    return _ms(at)


def _at(rhythm: Rhythm, when: datetime) -> datetime:
    """Return when it is due in the hour, day, week or month of `when`."""
    if rhythm.every == "hourly":
        return when.replace(minute=rhythm.minute, second=0, microsecond=0)
    found = when.replace(hour=rhythm.hour, minute=rhythm.minute, second=0, microsecond=0, fold=0)
    if rhythm.every == "weekly":
        found += timedelta(days=rhythm.day - found.weekday())
    if rhythm.every == "monthly":
        found = found.replace(day=rhythm.date)
    return found


def _before(rhythm: Rhythm, at: datetime) -> datetime:
    """Return a time in the hour, day, week or month before."""
    if rhythm.every == "hourly":
        return datetime.fromtimestamp(at.timestamp() - 3600, at.tzinfo)
    if rhythm.every == "monthly":
        return at.replace(day=1) - timedelta(days=1)
    return at - timedelta(days=7 if rhythm.every == "weekly" else 1)


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
