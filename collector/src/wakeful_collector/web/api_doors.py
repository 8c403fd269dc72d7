"""What lets machines and programs in: invites and API keys, and who it is that asks."""

from __future__ import annotations

from typing import Any

from wakeful_collector.accounts import SCOPES
from wakeful_collector.clock import rfc3339
from wakeful_collector.operations import invites as invite_operations
from wakeful_collector.operations import keys as key_operations
from wakeful_collector.read import hosts, people
from wakeful_collector.web import kit
from wakeful_collector.web.api_shapes import (
    FLAG,
    TEXT,
    TIME,
    WHOLE,
    invite_document,
    key_document,
    listed,
    maybe,
    record,
    ref,
    time_or_none,
)
from wakeful_collector.web.kit_endpoints import Call, Endpoint
from wakeful_collector.web.kit_parameters import Parameter, words


def _me(call: Call) -> dict[str, Any]:
    asking = call.principal
    return {"name": asking.name, "scopes": [scope for scope in SCOPES if asking.may(scope)], "face": asking.face}


def _invites(call: Call) -> dict[str, Any]:
    return {"invites": [invite_document(one, call.now_ms) for one in hosts.invites(kit.data())]}


def _invite(call: Call) -> dict[str, Any]:
    made = kit.run("invite.create", call.body)
    return {
        "id": made["id"],
        "invite": made["invite"],
        "line": kit.invite_line(made["invite"]),
        "expires": rfc3339(made["expires_ms"]),
        "uses": made["uses"],
        "tags": made["tags"],
    }


def _revoke_invite(call: Call) -> dict[str, Any]:
    return kit.run("invite.revoke", {"id": call["id"]})


def _keys(call: Call) -> dict[str, Any]:
    return {"keys": [key_document(one, call.now_ms) for one in people.keys(kit.data())]}


def _key(call: Call) -> dict[str, Any]:
    made = kit.run("key.create", call.body)
    return {
        "id": made["id"],
        "key": made["key"],
        "name": made["name"],
        "scopes": made["scopes"],
        "expires": time_or_none(made["expires_ms"]),
    }


def _revoke_key(call: Call) -> dict[str, Any]:
    return kit.run("key.revoke", {"id": call["id"]})


_ID = Parameter("id", words(64), "Its id, as listed", required=True)
_REVOKED = record(id=TEXT, revoked=FLAG)
ENDPOINTS = (
    Endpoint(
        "GET",
        "/me",
        "me",
        "Show who asks, and what they may do",
        _me,
        record(name=TEXT, scopes=listed(TEXT), face=TEXT),
        "keys",
        secret=True,
    ),
    Endpoint(
        "GET",
        "/invites",
        "invites",
        "List invites",
        _invites,
        record(invites=listed(ref("Invite"))),
        "invites",
        scope="admin",
        secret=True,
    ),
    Endpoint(
        "POST",
        "/invites",
        "createInvite",
        "Invite machines",
        _invite,
        record(id=TEXT, invite=TEXT, line=TEXT, expires=TIME, uses=WHOLE, tags=listed(TEXT)),
        "invites",
        scope="admin",
        body=invite_operations.CREATE,
        status=201,
        secret=True,
        description="The invite is shown now and never again.",
    ),
    Endpoint(
        "DELETE",
        "/invites/{id}",
        "revokeInvite",
        "Revoke an invite",
        _revoke_invite,
        _REVOKED,
        "invites",
        scope="admin",
        path_parameters=(_ID,),
        errors=(404,),
    ),
    Endpoint(
        "GET",
        "/keys",
        "keys",
        "List API keys",
        _keys,
        record(keys=listed(ref("Key"))),
        "keys",
        scope="admin",
        secret=True,
    ),
    Endpoint(
        "POST",
        "/keys",
        "createKey",
        "Make an API key",
        _key,
        record(id=TEXT, key=TEXT, name=TEXT, scopes=listed(TEXT), expires=maybe(TIME)),
        "keys",
        scope="admin",
        body=key_operations.CREATE,
        status=201,
        secret=True,
        description="The key is shown now and never again.",
    ),
    Endpoint(
        "DELETE",
        "/keys/{id}",
        "revokeKey",
        "Revoke an API key",
        _revoke_key,
        _REVOKED,
        "keys",
        scope="admin",
        path_parameters=(_ID,),
        errors=(404,),
    ),
)
