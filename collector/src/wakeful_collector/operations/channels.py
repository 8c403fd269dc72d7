"""Where messages go: channels are added, changed, tried, removed; addresses are sealed, and never shown again."""

from __future__ import annotations

import json
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wakeful_collector.accounts.secrets import new_token
from wakeful_collector.model import channel as shapes
from wakeful_collector.model import incident
from wakeful_collector.model.addresses import is_private_literal
from wakeful_collector.model.channel import Quiet, Wishes
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.outbox import calling, telling
from wakeful_collector.store import channels, outbox, vault

if TYPE_CHECKING:
    from wakeful_collector.store.channels import Channel

CHECK_SECONDS = 20.0
URL_CHARACTERS_MAX = 2_000
_ID = {"type": "string", "minLength": 1, "maxLength": 64}
_WORDS = {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 128}, "maxItems": 64}
_TIME = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
_WISHES: dict[str, dict[str, Any]] = {
    "hosts": _WORDS,
    "tags": _WORDS,
    "kinds": {"type": "array", "items": {"type": "string", "enum": list(incident.KINDS)}, "maxItems": 8},
    "moments": {
        "type": "array",
        "items": {"type": "string", "enum": list(incident.MOMENTS)},
        "minItems": 1,
        "maxItems": 8,
    },
    "quiet": {
        "type": ["object", "null"],
        "properties": {"begins": _TIME, "ends": _TIME, "zone": {"type": "string", "minLength": 1, "maxLength": 64}},
        "required": ["begins", "ends"],
        "additionalProperties": False,
    },
}
_ADDRESS: dict[str, dict[str, Any]] = {
    "url": {"type": "string", "minLength": 4, "maxLength": URL_CHARACTERS_MAX, "pattern": "^[A-Za-z0-9+.-]+://"},
    "secret": {"type": "string", "minLength": 16, "maxLength": 256},
    "fingerprint": {"type": "string", "pattern": "^sha256:[0-9a-fA-F]{64}$"},
    "allow_private": {"type": "boolean"},
}
_NAME = {"type": "string", "minLength": 1, "maxLength": 64}
_ENABLED = {"type": "boolean"}


def _prepare_add(request: Request, given: dict[str, Any]) -> dict[str, Any]:
    return _prepared(request, given["kind"], given, bool(given.get("allow_private")))


def _prepare_edit(request: Request, given: dict[str, Any]) -> dict[str, Any] | None:
    if "url" not in given:
        return None
    kind = shapes.WEBHOOK if given["url"].lower().startswith(("http://", "https://")) else shapes.APPRISE
    return _prepared(request, kind, given, bool(given.get("allow_private")))


def _prepared(request: Request, kind: str, given: dict[str, Any], allow_private: bool) -> dict[str, Any]:
    """Let a child look whether the address can be used, before any transaction; return it sealed."""
    is_webhook = kind == shapes.WEBHOOK
    if not is_webhook and ("secret" in given or "fingerprint" in given):
        raise OperationError("invalid", "secret and fingerprint belong to webhooks; Apprise has them in its URL")
    known: dict[str, Any] = {"url": given["url"]}
    if is_webhook:
        known["secret"] = given.get("secret") or new_token("wk_whs_")
        known["fingerprint"] = given.get("fingerprint", "").lower()
    allowed = allow_private or (is_webhook and _is_meant(given["url"]))
    asked = {**known, "kind": kind, "allow_private": allowed, "check": True}
    found = calling.call(asked, CHECK_SECONDS)
    if found.get("outcome") != "known":
        raise OperationError("unusable_address", f"the address cannot be used: {found.get('error', '')}", 422)
    return {
        "kind": kind,
        "sealed": vault.seal(request.settings.data, json.dumps(known)),
        "service": found["service"],
        "shown": shapes.shown(kind, given["url"]),
        "allow_private": allowed,
        "secret": known["secret"] if is_webhook and "secret" not in given else None,
    }


def _is_meant(url: str) -> bool:
    """Tell whether a webhook's host is written as a private address: then that very machine was meant."""
    try:
        return is_private_literal(urlsplit(url).hostname or "")
    except ValueError:
        return False


def _add(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    known = channels.all_of(context.connection)
    _free_name(known, given["name"], "")
    if len(known) >= channels.CHANNELS_MAX:
        raise OperationError("too_many", f"there are {channels.CHANNELS_MAX} channels already", 409)
    made = channels.Channel(
        id=f"ch_{secrets.token_hex(6)}",
        name=given["name"],
        kind=given["kind"],
        service=context.prepared["service"],
        shown=context.prepared["shown"],
        sealed=context.prepared["sealed"],
        made_ms=context.now_ms,
        made_by=context.principal.name,
        allow_private=context.prepared["allow_private"],
        enabled=given.get("enabled", True),
        wishes=_wishes(Wishes(), given, context.now_ms),
    )
    channels.keep(context.connection, made)
    return {"id": made.id, "name": made.name, "kind": made.kind, "secret": context.prepared["secret"]}


def _edit(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    found = _channel(context, given["id"])
    secret = None
    if context.prepared is not None:
        if context.prepared["kind"] != found.kind:
            raise OperationError("invalid", f"this channel is a {found.kind}; add another one for that address")
        names = ("sealed", "service", "shown", "allow_private")
        found = replace(found, **{name: context.prepared[name] for name in names})
        secret = context.prepared["secret"]
    elif given.keys() & _ADDRESS.keys():
        raise OperationError("invalid", "give the url too: what belongs to an address is set together with it")
    if "name" in given:
        _free_name(channels.all_of(context.connection), given["name"], found.id)
        found = replace(found, name=given["name"])
    found = replace(found, enabled=given.get("enabled", found.enabled))
    found = replace(found, wishes=_wishes(found.wishes, given, context.now_ms))
    channels.keep(context.connection, found)
    return {"id": found.id, "name": found.name, "kind": found.kind, "secret": secret}


def _remove(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    found = _channel(context, given["id"])
    channels.remove(context.connection, found.id)
    dropped = outbox.drop_channel(context.connection, found.id, context.now_ms)
    return {"id": found.id, "removed": True, "dropped": dropped}


def _test(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    found = _channel(context, given["id"])
    delivery = telling.test(context.connection, found, f"test_{secrets.token_hex(6)}", context.now_ms)
    return {"id": found.id, "delivery": delivery}


def _channel(context: Context, channel_id: str) -> Channel:
    found = channels.by_id(context.connection, channel_id)
    if found is None:
        raise OperationError("unknown_channel", f"there is no channel {channel_id!r}", 404)
    return found


def _free_name(known: list[Channel], name: str, but: str) -> None:
    if any(one.name == name and one.id != but for one in known):
        raise OperationError("name_taken", f"there is a channel {name!r} already", 409)


def _wishes(before: Wishes, given: dict[str, Any], now_ms: int) -> Wishes:
    listed = {name: tuple(given[name]) for name in ("hosts", "tags", "kinds", "moments") if name in given}
    after = replace(before, **listed)  # type: ignore[arg-type]  # the schema has checked what each holds
    if "quiet" not in given:
        return after
    hours = given["quiet"]
    quiet = None if hours is None else Quiet(hours["begins"], hours["ends"], hours.get("zone", "UTC"))
    try:
        shapes.undisturbed_until_ms(quiet, now_ms)
    except ValueError as error:
        raise OperationError("invalid", f"quiet: {error}") from None
    return replace(after, quiet=quiet)


CREATE = shape(
    ("name", "kind", "url"),
    name=_NAME,
    kind={"type": "string", "enum": list(shapes.CHANNEL_KINDS)},
    enabled=_ENABLED,
    **_ADDRESS,
    **_WISHES,
)
CHANGE: dict[str, dict[str, Any]] = {"name": _NAME, "enabled": _ENABLED, **_ADDRESS, **_WISHES}
_SECRETS = ("url", "secret")
OPERATIONS = (
    Operation(
        "channel.add",
        "Add a channel for messages",
        "admin",
        "changes",
        CREATE,
        _add,
        subject="name",
        secrets=_SECRETS,
        prepare=_prepare_add,
    ),
    Operation(
        "channel.edit",
        "Change a channel",
        "admin",
        "changes",
        shape(("id",), id=_ID, **CHANGE),
        _edit,
        subject="id",
        secrets=_SECRETS,
        prepare=_prepare_edit,
    ),
    Operation(
        "channel.remove",
        "Remove a channel",
        "admin",
        "destroys",
        shape(("id",), id=_ID),
        _remove,
        subject="id",
    ),
    Operation(
        "channel.test",
        "Send a test to a channel",
        "operate",
        "changes",
        shape(("id",), id=_ID),
        _test,
        subject="id",
    ),
)
