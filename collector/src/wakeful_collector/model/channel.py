"""Channels, pure: which messages one wants, when it may not be disturbed, and how its address is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from wakeful_collector.model import incident

if TYPE_CHECKING:
    from collections.abc import Collection

WEBHOOK, APPRISE = "webhook", "apprise"
CHANNEL_KINDS = (WEBHOOK, APPRISE)
DEFAULT_MOMENTS = (incident.OPENED, incident.OVER)


class Quiet(NamedTuple):
    """Hours of the day (`22:00` to `07:00`, in a time zone) in which messages wait for their end."""

    begins: str
    ends: str
    zone: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a channel wants: hosts (ids or name patterns), tags, kinds of incidents, moments; empty means all."""

    hosts: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    moments: tuple[str, ...] = DEFAULT_MOMENTS
    quiet: Quiet | None = None


class About(NamedTuple):
    """What a message is about, as far as channels choose by it."""

    host_id: str
    host_name: str
    tags: Collection[str]
    kind: str
    moment: str


def wants(wishes: Wishes, about: About) -> bool:
    """Tell whether a channel wants a message; hosts and tags widen each other, kinds and moments narrow."""
    if about.moment not in wishes.moments or (wishes.kinds and about.kind not in wishes.kinds):
        return False
    if not wishes.hosts and not wishes.tags:
        return True
    named = any(one == about.host_id or fnmatchcase(about.host_name, one) for one in wishes.hosts)
    return named or any(tag in about.tags for tag in wishes.tags)


def undisturbed_until_ms(quiet: Quiet | None, now_ms: int) -> int:
    """Return until when a channel may not be disturbed; `now_ms` when it may be.

    Raises:
        ValueError: the hours are none, or nobody knows the time zone.
    """
    if quiet is None:
        return now_ms
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(_zone(quiet.zone))
    begins, ends = _minutes(quiet.begins), _minutes(quiet.ends)
    minute = now.hour * 60 + now.minute
    inside = begins <= minute < ends if begins <= ends else (minute >= begins or minute < ends)
    if not inside:
        return now_ms
    end = now.replace(hour=ends // 60, minute=ends % 60, second=0, microsecond=0)
    return round((end if end > now else end + timedelta(days=1)).timestamp() * 1000)


def shown(kind: str, url: str) -> str:
    """Return what may be shown of an address: the scheme, and a webhook's host; the rest may be a secret."""
    parts = urlsplit(url)
    if kind != WEBHOOK:
        return f"{url.partition('://')[0][:32]}://..."
    port = f":{parts.port}" if parts.port else ""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{port}/..."


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        raise ValueError(f"nobody here knows the time zone {name!r}; Europe/Berlin and UTC are such names") from None


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    fits = colon and hours.isascii() and hours.isdigit() and minutes.isascii() and minutes.isdigit()
    if not fits or len(text) != 5 or int(hours) > 23 or int(minutes) > 59:
        raise ValueError(f"{text!r} is no time of the day; 22:00 is one")
    return int(hours) * 60 + int(minutes)
