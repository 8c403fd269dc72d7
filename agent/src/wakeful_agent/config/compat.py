"""The environment of older monitors of game servers (PANEL_URL, SERVER_ID and so on), taken as one watch. Pure.

They were made for one server of one Pterodactyl panel and log in with a user's password. What agent.toml says of the
same server wins. Names as common as USERNAME count only beside a panel and a server.
"""

from __future__ import annotations

from wakeful_agent.config.errors import Problem
from wakeful_agent.config.orders import WatchSetting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.config.orders import KnownOrders, Orders

VARIABLE = "PANEL_URL"
"""Without this one there is nothing to be taken."""
VARIABLES = (
    VARIABLE,
    "SERVER_ID",
    "SERVER_UUID",
    "NODE_HOST",
    "WS_PORT",
    "USERNAME",
    "PASSWORD",
    "CHECK_INTERVAL",
    "MAX_RETRIES",
)
KIND = NAME = "pterodactyl"
ATTEMPTS_MAX = 100
BACKOFF_SECONDS_MAX = 600.0
_KEYS = ("ptlc_", "pacc_")
_NAMES_OF_OPTIONS = {
    "panel": VARIABLE,
    "server": "SERVER_ID",
    "username": "USERNAME",
    "key_file": "USERNAME",
    "password_file": "PASSWORD",
    "node": "NODE_HOST",
}
_HINT = 'write it into agent.toml as [[watch]] with kind = "pterodactyl", best with a client API key (key_file)'


def add_compat(
    orders: Orders, environ: Mapping[str, str], known: KnownOrders, problems: list[Problem], warnings: list[Problem]
) -> Orders:
    """Return the orders with one watch more, if the environment names a panel and a server."""
    given = {name: environ[name].strip() for name in VARIABLES if environ.get(name, "").strip()}
    if VARIABLE not in given or not {"SERVER_ID", "SERVER_UUID"} & set(given) or KIND not in known.watches:
        return orders
    kind = known.watches[KIND]()
    options = _options(given)
    wrong = [sentence.partition(" ") for sentence in kind.check(options)]
    problems += [
        Problem(_NAMES_OF_OPTIONS.get(name, VARIABLE), 0, f"as {name} {text}", _HINT) for name, _, text in wrong
    ]
    attempts = _number(given, "MAX_RETRIES", WatchSetting("", "").attempts, ATTEMPTS_MAX, problems)
    backoff = _number(given, "CHECK_INTERVAL", WatchSetting("", "").backoff_seconds, BACKOFF_SECONDS_MAX, problems)
    if wrong:
        return orders
    watched = [one for one in orders.watches if one.kind == KIND]
    if any(kind.subject(one.options) == kind.subject(options) for one in watched):
        warnings.append(Problem(VARIABLE, 0, "names a server that agent.toml has a watch for already", "unset it"))
        return orders
    names = ", ".join(name for name in VARIABLES if name in given)
    warnings.append(Problem(VARIABLE, 0, f"is taken, with what belongs to it ({names}), as one watch", _HINT))
    taken = {one.name for one in orders.watches}
    name = next(one for one in (NAME, *(f"{NAME}-{number}" for number in range(2, 999))) if one not in taken)
    setting = WatchSetting(name, KIND, options, attempts=int(attempts), backoff_seconds=float(backoff))
    return orders._replace(watches=(*orders.watches, setting))


def _options(given: Mapping[str, str]) -> dict[str, Any]:
    """Return the kind's options; a secret comes from the environment, which may hold what agent.toml may not."""
    options = {"panel": given[VARIABLE], "server": given.get("SERVER_UUID") or given["SERVER_ID"]}
    password = given.get("PASSWORD", "")
    if password.startswith(_KEYS):
        options["key"] = password
    else:
        options.update(username=given.get("USERNAME", ""), password=password)
    host = given.get("NODE_HOST", "").rpartition("://")[2].rstrip("/")
    port = given.get("WS_PORT", "")
    if host:
        bare = f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
        options["node"] = f"{bare}:{port}" if port and not bare.rpartition("]")[2].count(":") else bare
    return {name: value for name, value in options.items() if value}


def _number(given: Mapping[str, str], name: str, default: float, most: float, problems: list[Problem]) -> float:
    """Return a number that older monitors take as they please, brought into our bounds; nought and less is `most`."""
    text = given.get(name, "")
    if not text:
        return default
    try:
        value = float(text)
    except ValueError:
        problems.append(Problem(name, 0, f"must be a number, not {text[:40]!r}", "such as 5"))
        return default
    return min(value, most) if value >= 1 else (most if name == "MAX_RETRIES" else 1.0)
