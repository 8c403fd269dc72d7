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

from wakeful_collector import clock
from wakeful_collector.model import delivery as shapes
from wakeful_collector.model import message
from wakeful_collector.model.delivery import Attempt
from wakeful_collector.model.incident import TEST
from wakeful_collector.outbox import calling
from wakeful_collector.store import changes, channels, database, outbox, vault

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.store.channels import Channel
    from wakeful_collector.store.outbox import Delivery

log = logging.getLogger("wakeful.outbox")

LANES = 4
LOOKED_AT = 64
CLAIM_MARGIN_SECONDS = 15
_HOUR_MS = 3_600_000


class _Errand(NamedTuple):
    """A delivery that was claimed under `token`, its channel and what it says."""

    delivery: Delivery
    token: str
    channel: Channel | None
    document: dict[str, Any] | None


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
        name = f"deliver-{errand.delivery.seq}"
        thread = threading.Thread(target=_deliver, args=(data, settings, errand), name=name, daemon=True)
        self._busy[errand.delivery.channel] = thread
        thread.start()


def claimed(data: Path, delivery: Delivery, timeout_seconds: int, now_ms: int) -> _Errand | None:
    """Take a delivery on, for as long as an attempt may take; None when somebody else has it."""
    token = secrets.token_hex(8)
    until_ms = now_ms + (timeout_seconds + CLAIM_MARGIN_SECONDS) * 1000
    with changes.changing(data) as connection:
        if not outbox.claim(connection, delivery.id, token, now_ms, until_ms):
            return None
        held = outbox.by_id(connection, delivery.id)
        channel = channels.by_id(connection, delivery.channel)
        document = outbox.document(connection, delivery.message)
    return None if held is None else _Errand(held, token, channel, document)


def _deliver(data: Path, settings: Settings, errand: _Errand) -> None:
    """Make one attempt and note its outcome; whatever fails here is noted too, and nothing of it leaves the thread."""
    try:
        attempt = _attempt(data, settings, errand)
    except Exception:
        log.exception("delivery %s could not be attempted", errand.delivery.id)
        attempt = Attempt("failed", "the collector could not attempt it; its log says why")
    try:
        _note(data, settings, errand, attempt, clock.now_ms())
    except Exception:
        log.exception("what became of delivery %s could not be noted; it will be tried again", errand.delivery.id)


def _attempt(data: Path, settings: Settings, errand: _Errand) -> Attempt:
    channel, document = errand.channel, errand.document
    if channel is None or document is None:
        return Attempt("refused", "the channel was removed")
    if not channel.enabled and errand.delivery.moment != TEST:
        return Attempt("refused", "the channel is switched off")
    unsealed = vault.unseal(data, channel.sealed)
    if unsealed is None:
        return Attempt("refused", "its address cannot be read with this collector's key: give it again")
    request = json.loads(unsealed) | letter(settings, errand.delivery, document, clock.now_ms())
    request |= {"kind": channel.kind, "allow_private": channel.allow_private}
    return calling.attempt(request, settings.notify_timeout_seconds)


def letter(settings: Settings, delivery: Delivery, document: dict[str, Any], now_ms: int) -> dict[str, Any]:
    """Return what is sent, for people and (`body`) for programs."""
    link = page_link(settings, document)
    rendered = message.render(document, link)
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
    """Return the page that a message leads to: its host's, else the settings."""
    scheme = "https" if settings.tls_certificate is not None else "http"
    top = settings.public_url or f"{scheme}://{settings.listen}"
    told = document["incident"]
    return f"{top}/settings" if told is None else f"{top}/hosts/{told['host']['id']}#{told['id']}"


def _note(data: Path, settings: Settings, errand: _Errand, attempt: Attempt, now_ms: int) -> None:
    delivery = errand.delivery
    fraction = secrets.randbelow(1_000) / 1_000
    age_ms_max = settings.notify_keep_hours * _HOUR_MS
    is_test = delivery.moment == TEST
    following = shapes.after(attempt, delivery.attempts, delivery.made_ms, now_ms, age_ms_max, fraction, is_test)
    with changes.changing(data) as connection:
        kept = outbox.settle(connection, delivery, errand.token, attempt, following, now_ms)
    if not kept:
        log.warning("delivery %s took longer than its claim; it may arrive twice", delivery.id)
    elif following.state == shapes.DEAD:
        log.error("delivery %s to %s is given up: %s", delivery.id, delivery.channel_name, attempt.error)
    elif following.state == shapes.WAITING:
        wait_seconds = (following.due_ms - now_ms) / 1000
        told = (delivery.id, delivery.channel_name, attempt.error, wait_seconds)
        log.warning("delivery %s to %s failed (%s), next try in %.0f s", *told)
