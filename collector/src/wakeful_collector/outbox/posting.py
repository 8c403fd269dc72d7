"""The worker's job that delivers: takes what is due from the outbox, one at a time for each channel, a few at once.

A job's run only looks, claims and starts; each delivery has a thread that waits for its child. A channel that hangs
holds back itself alone.
"""

from __future__ import annotations

import json
import logging
import secrets
import threading
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from wakeful_collector import clock
from wakeful_collector.model import delivery as shapes
from wakeful_collector.model import message
from wakeful_collector.model.channel import APPRISE
from wakeful_collector.model.delivery import Attempt
from wakeful_collector.model.incident import GATEWAY, PROXMOX, TEST
from wakeful_collector.outbox import calling
from wakeful_collector.store import changes, channels, database, outbox, vault

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.store.channels import Channel
    from wakeful_collector.store.outbox import Delivery

log = logging.getLogger("wakeful.outbox")

LANES = 4
LOOKED_AT = (LANES + 1) * outbox.WAITING_MAX
"""So many due deliveries are looked at: all that may wait for channels that hang do not hide another channel's."""

CLAIM_MARGIN_SECONDS = 15
DIGEST_MIN = 4
"""From so many messages of a kind on, people get one that names them all."""
DIGEST_MAX = 100
_HOUR_MS = 3_600_000


class _Errand(NamedTuple):
    """Deliveries of one channel that were claimed under `token`, and what each says; several go as one message."""

    deliveries: list[Delivery]
    token: str
    channel: Channel | None
    documents: list[dict[str, Any]]


class Postman:
    """Delivers what is due; remembers which channels it is at."""

    def __init__(self, lanes: int = LANES) -> None:
        self._lanes = lanes
        self._busy: dict[str, threading.Thread] = {}

    def __call__(self, data: Path, settings: Settings, now_ms: int) -> int:
        """Claim what is due while a lane is free, start it, and return how many deliveries that were."""
        self._busy = {channel: thread for channel, thread in self._busy.items() if thread.is_alive()}
        with database.translated():
            due = outbox.due(database.reader(data, "state"), now_ms, LOOKED_AT)
        started = 0
        for one in due:
            if len(self._busy) >= self._lanes:
                break
            if one.channel not in self._busy:
                errand = claimed(data, one, settings.notify_timeout_seconds, now_ms)
                if errand is not None:
                    self._start(data, settings, errand)
                    started += 1
        return started

    def wait(self, seconds: float) -> None:
        """Wait until what was started has ended, at most so long."""
        deadline = clock.monotonic_seconds() + seconds
        for thread in list(self._busy.values()):
            thread.join(max(0.0, deadline - clock.monotonic_seconds()))

    def _start(self, data: Path, settings: Settings, errand: _Errand) -> None:
        name = f"deliver-{errand.deliveries[0].seq}"
        thread = threading.Thread(target=_deliver, args=(data, settings, errand), name=name, daemon=True)
        self._busy[errand.deliveries[0].channel] = thread
        thread.start()


def claimed(data: Path, delivery: Delivery, timeout_seconds: int, now_ms: int) -> _Errand | None:
    """Take a delivery on, for as long as an attempt may take; None when somebody else has it.

    People get one message when several of a kind are due (a network that is gone makes many hosts silent), programs
    get each.
    """
    token = secrets.token_hex(8)
    until_ms = now_ms + (timeout_seconds + CLAIM_MARGIN_SECONDS) * 1000
    with changes.changing(data) as connection:
        if not outbox.claim(connection, delivery.id, token, now_ms, until_ms):
            return None
        channel = channels.by_id(connection, delivery.channel)
        taken = [delivery]
        if channel is not None and channel.kind == APPRISE and delivery.moment != TEST:
            others = outbox.alike(connection, delivery, now_ms, DIGEST_MAX - 1)
            if len(others) + 1 >= DIGEST_MIN:
                taken += [one for one in others if outbox.claim(connection, one.id, token, now_ms, until_ms)]
        taken.sort(key=lambda one: one.seq)
        held = [outbox.by_id(connection, one.id) for one in taken]
        documents = [outbox.document(connection, one.message) for one in taken]
    deliveries = [one for one in held if one is not None]
    return _Errand(deliveries, token, channel, [one for one in documents if one is not None])


def _deliver(data: Path, settings: Settings, errand: _Errand) -> None:
    """Make one attempt and note its outcome; whatever fails here is noted too, and nothing of it leaves the thread."""
    try:
        attempt = _attempt(data, settings, errand)
    except Exception:
        log.exception("delivery %s could not be attempted", errand.deliveries[0].id)
        attempt = Attempt("failed", "the collector could not attempt it; its log says why")
    try:
        _note(data, settings, errand, attempt, clock.now_ms())
    except Exception:
        log.exception("what became of delivery %s could not be noted; it will be tried again", errand.deliveries[0].id)


def _attempt(data: Path, settings: Settings, errand: _Errand) -> Attempt:
    channel, delivery = errand.channel, errand.deliveries[0]
    if channel is None or len(errand.documents) < len(errand.deliveries):
        return Attempt("refused", "the channel was removed")
    if not channel.enabled and delivery.moment != TEST:
        return Attempt("refused", "the channel is switched off")
    unsealed = vault.unseal(data, channel.sealed)
    if unsealed is None:
        return Attempt("refused", "its address cannot be read with this collector's key: give it again")
    request = json.loads(unsealed) | letter(settings, delivery, errand.documents, clock.now_ms())
    request |= {"kind": channel.kind, "allow_private": channel.allow_private}
    return calling.attempt(request, settings.notify_timeout_seconds)


def letter(settings: Settings, delivery: Delivery, documents: list[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    """Return what is sent, for people and (`body`) for programs."""
    document = documents[0]
    link = page_link(settings, document)
    if len(documents) == 1:
        rendered = message.render(document, link)
    else:
        rendered = message.digest(documents, [page_link(settings, one) for one in documents])
    body = {
        "id": delivery.id,
        "moment": document["moment"],
        "title": rendered.title,
        "text": rendered.text,
        "link": link,
        "incident": document["incident"],
    }
    return {
        "delivery": delivery.id,
        "now_ms": now_ms,
        "title": rendered.title,
        "text": rendered.text,
        "level": rendered.level,
        "body": json.dumps(body, ensure_ascii=True, separators=(",", ":")),
    }


def page_link(settings: Settings, document: dict[str, Any]) -> str:
    """Return the page that a message leads to: what its host keeps alive, a machine of the gateway, the settings."""
    scheme = "https" if settings.tls_certificate is not None else "http"
    top = settings.public_url or f"{scheme}://{settings.listen}"
    told = document["incident"]
    if told is None:
        return f"{top}/settings/notifications"
    if told["kind"] == GATEWAY:
        return f"{top}/integrations/ollama/{quote(told['subject'], safe='')}"
    if told["kind"] == PROXMOX:
        return f"{top}/integrations/proxmox/{quote(told['subject'].partition('/')[0], safe='')}"
    return f"{top}/hosts/{told['host']['id']}/watches?incident={told['id']}#{told['id']}"


def _note(data: Path, settings: Settings, errand: _Errand, attempt: Attempt, now_ms: int) -> None:
    """Keep what became of each delivery, in one transaction."""
    fraction = secrets.randbelow(1_000) / 1_000  # one for all: what went together is tried again together
    with changes.changing(data) as connection:
        for delivery in errand.deliveries:
            following = _following(settings, delivery, attempt, now_ms, fraction)
            kept = outbox.settle(connection, delivery, errand.token, attempt, following, now_ms)
            _say(delivery, attempt, following, kept, now_ms)


def _following(settings: Settings, delivery: Delivery, attempt: Attempt, now_ms: int, fraction: float) -> shapes.Next:
    age_ms_max = settings.notify_keep_hours * _HOUR_MS
    is_test = delivery.moment == TEST
    return shapes.after(attempt, delivery.attempts, delivery.made_ms, now_ms, age_ms_max, fraction, is_test)


def _say(delivery: Delivery, attempt: Attempt, following: shapes.Next, kept: bool, now_ms: int) -> None:
    if not kept:
        log.warning("delivery %s took longer than its claim; it may arrive twice", delivery.id)
    elif following.state == shapes.DEAD:
        log.error("delivery %s to %s is given up: %s", delivery.id, delivery.channel_name, attempt.error)
    elif following.state == shapes.WAITING:
        wait_seconds = (following.due_ms - now_ms) / 1000
        told = (delivery.id, delivery.channel_name, attempt.error, wait_seconds)
        log.warning("delivery %s to %s failed (%s), next try in %.0f s", *told)
