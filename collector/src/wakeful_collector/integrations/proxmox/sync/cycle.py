"""One cycle: poll, look closer where something changed, survey when it is time, and what came of it.

Nothing is written here, and no transaction waits for what is asked: `writing` keeps the result in one.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.integrations.proxmox.sync import details, fresh, identity, merging, outlook, polling, surveying
from wakeful_collector.integrations.proxmox.sync.details import Asked
from wakeful_collector.integrations.proxmox.sync.vanished import GONE, HIDDEN, Judge
from wakeful_collector.model.estate import NOT_PERMITTED, SEEN, STALE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wakeful_collector.integrations.proxmox.link.client import Client
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.integrations.proxmox.sync.known import Known
    from wakeful_collector.integrations.proxmox.sync.polling import Poll
    from wakeful_collector.model.estate import Area, Guest, Node, Storage, Task

MISSING_MAX = 400
"""How many guests that were never read, or not when they should have been, are read in one cycle."""

SLACK_MS = 60_000
"""How far the clock of a node may be behind: after a start, tasks are told apart by when they ended."""


@dataclass
class Cycle:
    """What a cycle came to: the estate as it is `now`, what is gone, and the guests that others took the place of.

    `has_more` says that the next cycle should begin at once: there are guests that were never read.
    """

    now: Known
    gone: list[Guest | Node | Storage] = field(default_factory=list)
    replaced: dict[str, Guest] = field(default_factory=dict)
    tasks: list[Task] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    dropped_areas: list[str] = field(default_factory=list)
    requests: int = 0
    changed: int = 0
    read: int = 0
    is_survey: bool = False
    has_more: bool = False


def run(
    client: Client,
    cluster: Cluster,
    known: Known,
    now_ms: int,
    *,
    full: bool = False,
    touched: frozenset[int] = frozenset(),
) -> Cycle:
    """Look at a cluster once; `full` looks at everything, whether it changed or not.

    Guests that are `touched` are read whatever the poll says of them, their status too: what a poll lists lags behind.
    The first look ever is a poll alone, so that there is something to see at once.

    Raises:
        PveError: the cluster did not say what it holds; nothing was seen, and `known` is as true as before.
    """
    began = client.requests
    poll = polling.poll(client, cluster.name, known.permissions, now_ms)
    if not known.polled_ms:
        now = _listed(known, poll, now_ms)
        return Cycle(now, tasks=poll.tasks, areas=poll.areas, requests=client.requests - began, has_more=True)
    # Not within the time since it: a survey of the future was before the clock was set back.
    is_survey = full or not 0 <= now_ms - known.surveyed_ms < cluster.detail_seconds * 1000
    fresh.lay_over(client, known, poll.listing, touched, now_ms)
    made = Cycle(_listed(known, poll, now_ms), tasks=poll.tasks, areas=list(poll.areas), is_survey=is_survey)
    _vanish(client, known, made, poll, now_ms)
    if is_survey:
        looked = surveying.look(client, made.now, known.surveyed_ms, now_ms)
        surveying.take(made, looked, now_ms)
    elif _is_odd(made.now):
        made.now.quorate = surveying.quorate(client, made.now.quorate)
    _read(client, cluster, known, made, frozenset(poll.listing.guests), touched, full=full)
    if is_survey:
        surveying.with_addresses(client, made.now, now_ms // (cluster.detail_seconds * 1000))
    made.requests = client.requests - began
    return made


def _listed(known: Known, poll: Poll, now_ms: int) -> Known:
    """Return the estate as the poll lists it, laid over what was known."""
    listing = poll.listing
    return replace(
        known,
        nodes={key: merging.node(known.nodes.get(key), one, now_ms) for key, one in listing.nodes.items()},
        guests={key: merging.guest(known.guests.get(key), one, now_ms) for key, one in listing.guests.items()},
        storages={key: merging.storage(known.storages.get(key), one, now_ms) for key, one in listing.storages.items()},
        items=dict(known.items),
        contents=dict(known.contents),
        areas=dict(known.areas),
        usage=listing.usage,
        polled_ms=now_ms,
        ended=frozenset(one.upid for one in poll.tasks if one.ended_ms),
        tried={key: at_ms for key, at_ms in known.tried.items() if key in listing.guests},
        held={key: held for key, held in known.held.items() if held.until_ms > now_ms},
    )


def _vanish(client: Client, known: Known, made: Cycle, poll: Poll, now_ms: int) -> None:
    """Decide about what the poll does not list any more: only what is surely gone goes."""
    now, listing = made.now, poll.listing
    judge = Judge(client, known.permissions)
    verdicts = judge.guests(
        [one for key, one in known.guests.items() if key not in listing.guests], again=made.is_survey
    )
    for key, one in known.guests.items():
        if key in listing.guests:
            continue
        if verdicts.get(key) == GONE:
            made.gone.append(msgspec.structs.replace(one, gone_ms=now_ms))
        elif verdicts.get(key) == HIDDEN:
            hidden = merging.unread(one, "forbidden", "the login may not see it any more")
            now.guests[key] = msgspec.structs.replace(hidden, status=UNKNOWN)
        else:
            now.guests[key] = one
    _vanish_lists(judge, known, made, poll, now_ms)


def _vanish_lists(judge: Judge, known: Known, made: Cycle, poll: Poll, now_ms: int) -> None:
    """Let nodes and storages go that are not listed, unless the login may less than it could."""
    nodes = {key: one for key, one in known.nodes.items() if key not in poll.listing.nodes}
    storages = {key: one for key, one in known.storages.items() if key not in poll.listing.storages}
    if not nodes and not storages:
        return
    online = {one.name for one in made.now.nodes.values() if one.status == "online"}
    same = judge.may_as_before()
    for node in nodes.values():
        if same:
            made.gone.append(msgspec.structs.replace(node, gone_ms=now_ms))
        else:
            made.now.nodes[node.id] = msgspec.structs.replace(node, status=UNKNOWN)
    known_nodes = {one.name for one in made.now.nodes.values()}
    for storage in storages.values():
        if judge.sees_storage(storage.name) and (storage.node in online or storage.node not in known_nodes):
            made.gone.append(msgspec.structs.replace(storage, gone_ms=now_ms))
        else:
            made.now.storages[storage.id] = msgspec.structs.replace(storage, status=UNKNOWN)


def _is_odd(now: Known) -> bool:
    """Tell whether to ask for the quorum between two surveys: it is lost, or a node is not well."""
    return now.quorate is False or any(one.status != "online" for one in now.nodes.values())


def _read(
    client: Client,
    cluster: Cluster,
    known: Known,
    made: Cycle,
    listed_now: frozenset[str],
    touched: frozenset[int],
    *,
    full: bool,
) -> None:
    """Read the guests that are to be read, and tell apart those that took another's number."""
    now, now_ms = made.now, made.now.polled_ms
    away = frozenset(one.name for one in now.nodes.values() if one.status == "offline")
    _leave_away(now, away)
    listed = {key: one for key, one in now.guests.items() if key in listed_now}
    detail_ms = cluster.detail_seconds * 1000
    news = _news(known, made.tasks)
    wanted = outlook.wanted(
        known.guests,
        listed,
        outlook.worked_at(news) | touched,
        away,
        now_ms,
        turns=len(listed) if full else outlook.turns(len(listed), now_ms - known.polled_ms, detail_ms),
        detail_ms=0 if full else detail_ms,
        tried={} if full else known.tried,
    )
    missing = wanted.missing if full else wanted.missing[:MISSING_MAX]
    made.has_more = len(missing) < len(wanted.missing)
    keys = [*wanted.changed, *missing, *wanted.turn]
    thorough = {*wanted.turn, *(key for key in missing if not now.guests[key].config_seen_ms)}
    asked = [Asked(known.guests.get(key), now.guests[key], key in thorough) for key in keys]
    for key, one in zip(keys, details.guests(client, asked, news, now_ms), strict=True):
        before = known.guests.get(key)
        if before is not None and not identity.is_same(before, one):
            made.replaced[key] = before
            now.guests[key] = msgspec.structs.replace(one, mark=identity.mark(one), first_ms=now_ms)
        else:
            now.guests[key] = one
        now.tried.pop(key, None)
        if one.config_state != SEEN:
            now.tried[key] = now_ms
    made.changed, made.read = len(wanted.changed), len(keys)


def _leave_away(now: Known, away: frozenset[str]) -> None:
    """Say of guests of nodes that are offline that their settings are those of before."""
    for key, one in now.guests.items():
        if one.node in away and one.config_state != NOT_PERMITTED:
            now.guests[key] = msgspec.structs.replace(
                one, config_state=STALE, config_reason=f"the node {one.node} is offline"
            )


def _news(known: Known, tasks: Iterable[Task]) -> Sequence[Task]:
    """Return the tasks that ended since the last cycle; after a start, those that ended since the last poll."""
    if known.ended is not None:
        return [one for one in tasks if one.ended_ms and one.upid not in known.ended]
    return [one for one in tasks if one.ended_ms and one.ended_ms >= known.polled_ms - SLACK_MS]
