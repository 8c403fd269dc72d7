"""PHP-FPM: processes and queue of each pool, from its status page, over FastCGI or through a web server."""

from __future__ import annotations

import json
import re

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.text import decode, label
from wakeful_agent.meter import NoData
from wakeful_agent.network import fastcgi
from wakeful_agent.network.targets import Target, shown_address
from wakeful_agent.page_service import PageMeter
from wakeful_agent.service import Answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.host.files import Host

POOLS_MAX = 50
_FILE_BYTES_MAX = 256 * 1024
_PAGE_BYTES_MAX = 64 * 1024
_PATH = "/status"
_POOLS = "etc/php-fpm.d"  # where there is one version of PHP alone: Fedora, Red Hat and their kin
_LINE = re.compile(r"\s*(?:\[([^\]]+)\]|([a-z._]+)\s*=\s*([^;]*))", re.ASCII)
_NUMBERS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("start since", "php_fpm.uptime", {}),
    ("accepted conn", "php_fpm.connections.accepted", {}),
    ("idle processes", "php_fpm.processes", {"state": "idle"}),
    ("active processes", "php_fpm.processes", {"state": "active"}),
    ("max active processes", "php_fpm.processes.peak", {}),
    ("max children reached", "php_fpm.processes.limit_reached", {}),
    ("listen queue", "php_fpm.queue.length", {}),
    ("max listen queue", "php_fpm.queue.peak", {}),
    ("listen queue len", "php_fpm.queue.limit", {}),
    ("slow requests", "php_fpm.requests.slow", {}),
)


def parse_status(text: str) -> dict[str, Any]:
    """Read the page in its JSON form; raise Malformed. Source: PHP manual, "FPM status page"."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed("is not FPM's status page") from None
    if not isinstance(document, dict) or "accepted conn" not in document:
        raise Malformed("is not FPM's status page")
    return document


def parse_pools(text: str, version: str) -> list[Target]:
    """Return the pools of a configuration file that show a status; defaults as FPM has them.

    Each is called `NAME (version)`, or NAME where no version is known.
    """
    pools: list[tuple[str, dict[str, str]]] = []
    for line in text.split("\n"):
        found = _LINE.match(line)
        if found is None:
            continue
        pool, key, value = found.groups()
        if pool:
            pools.append((pool, {}))
        elif pools:
            pools[-1][1][key] = value.strip().strip("\"'")
    return [
        Target(
            f"{label(pool, 100)} ({version})" if version else label(pool, 100),
            _listening(keys, pool),
            {"path": keys["pm.status_path"]},
        )
        for pool, keys in pools
        if keys.get("pm.status_path") and (keys.get("pm.status_listen") or keys.get("listen"))
    ]


def _listening(keys: Mapping[str, str], pool: str) -> str:
    place = (keys.get("pm.status_listen") or keys["listen"]).replace("$pool", pool)
    if place.startswith("/"):
        return f"unix:{place}"
    if place.isdigit():
        return f"127.0.0.1:{place}"
    host, _, port = place.rpartition(":")
    return f"127.0.0.1:{port}" if host in {"0.0.0.0", "[::]", "*"} else place  # noqa: S104 - compared, never bound


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 63 else None


class PhpFpmMeter(PageMeter):
    """Asks every pool; `path=` after a target's address is its pm.status_path, /status if not said."""

    name = "php_fpm"
    collector_targets = True
    collector_words = ("path",)
    source = "etc/php/"
    every = True
    fix = "in the pool's file: pm.status_path = /status; and usermod -a -G www-data wakeful, for its socket"
    exposes = "whoever may open a pool's socket can run any PHP script its user can read"

    def usual(self, host: Host) -> list[Target]:
        """Return the pools whose configuration here says that they show a status, and where."""
        pools: list[Target] = []
        folders = [(f"etc/php/{version}/fpm/pool.d", version) for version in _listing(host, "etc/php")]
        for folder, version in [*folders, (_POOLS, "")]:
            for name in _listing(host, folder):
                if name.endswith(".conf") and len(pools) < POOLS_MAX:
                    pools += parse_pools(_text(host, f"{folder}/{name}"), version)
        if not pools:
            raise NoData(f"no pool in /etc/php or /{_POOLS} has a pm.status_path")
        return pools

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Ask one pool."""
        if target.address.startswith(("http://", "https://")):
            page, _, query = target.address.partition("?")
            url = target.address if "json" in query else f"{page}?{query and query + '&'}json"
            text = decode(self.page(host, url, most=_PAGE_BYTES_MAX).body)
        else:
            path = target.words.get("path", _PATH)
            said = fastcgi.ask(target.address, path, "json", self.timeout_seconds)
            if said.status != 200:
                raise HostError(f"the pool at {label(target.address)} answers {said.status} to {label(path, 100)}")
            text = decode(said.body)
        try:
            status = parse_status(text)
        except Malformed as error:
            raise Malformed(f"{shown_address(target.address)} {error}") from None
        samples = [(metric, labels, _number(status.get(name))) for name, metric, labels in _NUMBERS]
        about = {"pool": str(status.get("pool", "")), "process_manager": str(status.get("process manager", ""))}
        return Answered(samples, {name: label(value, 100) for name, value in about.items()})


def _listing(host: Host, folder: str) -> list[str]:
    try:
        return host.listing(folder)
    except HostError:
        return []


def _text(host: Host, path: str) -> str:
    try:
        return host.read(path, _FILE_BYTES_MAX)
    except HostError:
        return ""
