"""key: secrets for programs that use the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.cli.output import plain, say, say_aside, say_json, say_table
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import duration_seconds, operate, settings_with_data
from wakeful_collector.read import people

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers
    from wakeful_collector.store.people import Key


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    key = subparsers.add_parser(
        "key",
        help="keys for programs that use the API: create, list, revoke",
        **explained(
            "Keys are for programs: `wakeful`, scripts, Prometheus, clients of the gateway. Only hashes of them are "
            "kept.",
            "wakeful-collector key create --name laptop --scope operate",
            "wakeful-collector key list",
        ),
    )
    verbs = key.add_subparsers(metavar="VERB", required=True)
    create = verbs.add_parser(
        "create",
        parents=[common],
        help="make a key and print it, once",
        **explained(
            "read looks, gateway uses the machines that serve models, operate asks machines for things (and holds "
            "both), admin does everything. Give as little as will do.",
            "wakeful-collector key create --name grafana",
            "wakeful-collector key create --name laptop --scope operate --expires 52w",
        ),
    )
    create.add_argument("--name", required=True, metavar="N", help="what the key is for")
    create.add_argument(
        "--scope",
        action="append",
        choices=["read", "operate", "gateway", "admin"],
        help="what it may do; may be repeated (default: read)",
    )
    create.add_argument("--expires", type=duration_seconds, metavar="TIME", help="30d, 52w (default: never)")
    create.add_argument("--json", action="store_true", help="print JSON")
    create.set_defaults(run=_create)
    listing = verbs.add_parser(
        "list",
        parents=[common],
        help="show the keys, never their secrets",
        **explained(
            "Shows ids, names, scopes, whether they are in force, and when each was used last.",
            "wakeful-collector key list",
        ),
    )
    listing.add_argument("--json", action="store_true", help="print JSON")
    listing.set_defaults(run=_list)
    revoke = verbs.add_parser(
        "revoke",
        parents=[common],
        help="make a key worthless",
        **explained(
            "It is refused from the next request on. `key list` shows the ids.",
            "wakeful-collector key revoke ID",
        ),
    )
    revoke.add_argument("id", metavar="ID", help="the id that `key list` shows")
    revoke.add_argument("--json", action="store_true", help="print JSON")
    revoke.set_defaults(run=_revoke)


def _create(arguments: argparse.Namespace) -> int:
    given: dict[str, Any] = {"name": arguments.name, "scopes": list(dict.fromkeys(arguments.scope or ["read"]))}
    if arguments.expires:
        given["days"] = arguments.expires / 86_400
    made = operate(settings_with_data(), "key.create", given)
    if arguments.json:
        say_json(made)
    else:
        say(made["key"])
        say_aside("Keep it now: it is not shown again. Send it as `Authorization: Bearer KEY` or `X-API-Key: KEY`.")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    found = people.keys(settings_with_data().data)
    if arguments.json:
        say_json({"keys": [_document(one, clock.now_ms()) for one in found]})
    elif not found:
        say_aside("No keys. Make one: wakeful-collector key create --name NAME --scope read")
    else:
        now_ms = clock.now_ms()
        rows = [
            (one.id, plain(one.name), ",".join(one.scopes), _state(one, now_ms), _time(one.used_ms) or "never")
            for one in found
        ]
        say_table(("ID", "NAME", "SCOPES", "STATE", "LAST USED"), rows)
    return 0


def _revoke(arguments: argparse.Namespace) -> int:
    made = operate(settings_with_data(), "key.revoke", {"id": arguments.id})
    if arguments.json:
        say_json(made)
    else:
        say(f"The key {plain(arguments.id)} is worthless now.")
    return 0


def _state(key: Key, now_ms: int) -> str:
    if key.revoked_ms is not None:
        return "revoked"
    if key.expires_ms is not None and key.expires_ms <= now_ms:
        return "expired"
    return "active"


def _time(at_ms: int | None) -> str | None:
    return None if at_ms is None else clock.rfc3339(at_ms)


def _document(key: Key, now_ms: int) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "scopes": list(key.scopes),
        "state": _state(key, now_ms),
        "created": _time(key.created_ms),
        "created_by": key.created_by,
        "expires": _time(key.expires_ms),
        "last_used": _time(key.used_ms),
    }
