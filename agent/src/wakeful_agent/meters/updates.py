"""Which updates wait, and whether the machine waits for a restart; nothing is ever fetched for it."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.package_databases import changed_ms, find_databases
from wakeful_agent.host.reboot import reboot
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.update_ways import WAYS
from wakeful_agent.meter import Meter, NoData, Reading
from wakeful_wire.schema import series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.update_lists import Update
    from wakeful_agent.host.update_ways import Way

_SERIES = [
    series("system.updates.pending"),
    series("system.updates.security"),
    series("system.updates.lists.age"),
    series("system.reboot.required"),
]
_NONE = "no package manager that is known (apt, dnf, yum, zypper, apk, pacman) is here"
_ROWS_MAX = 5_000
_EVERY_MS = 900_000 - 1_000  # the daemon's grid may be a little early
_DAY_MS = 86_400_000  # Ubuntu offers an update to more machines every day, without any list changing


class UpdatesMeter(Meter):
    """Updates by what the package manager last fetched: how many, how many for security, and how old that is.

    The manager is asked only when its lists or the packages changed, and once a day; never for anything new.
    """

    name = "updates"
    source = "var/lib/apt/lists/"
    interval_seconds = 900.0
    budget_seconds = 60.0
    aside = True
    exposes = "which updates wait; the package manager runs as root, with these fixed words and without network"

    def __init__(self) -> None:
        super().__init__()
        self._asked_ms: int | None = None
        self._stamp: object = None
        self._found: tuple[list[Update], int | None] | None = None
        self._trouble: HostError | None = None
        self._document: dict[str, Any] = {}

    def probe(self, host: Host) -> Capability:
        """Say how updates are looked for, and whether that is permitted."""
        way = find_way(host)
        if way is None:
            return missing(self.name, _NONE)
        for argv in way.as_root:
            try:
                host.check_root(argv)
            except HostError as error:
                return missing(self.name, str(error), _sudoers(host, way), self.exposes)
        return granted(self.name, f"asked from {way.program}")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return updates pending, those for security, the lists' age in seconds, and 1 where a restart is due."""
        way = find_way(host)
        if way is None:
            raise NoData(_NONE)
        lists_ms = newest_ms(host, way.lists)
        stamp = (way, tuple(find_databases(host)), tuple(newest_ms(host, (path,)) for path in way.lists + way.also))
        since = _DAY_MS if self._asked_ms is None or now_ms < self._asked_ms else now_ms - self._asked_ms
        if since >= _DAY_MS or (since >= _EVERY_MS and (stamp != self._stamp or self._trouble)):
            self._ask(host, way)
            self._asked_ms, self._stamp = now_ms, stamp
        restart = reboot(host)
        updates, security = self._found or (None, None)
        values = [
            None if updates is None else len(updates),
            security,
            None if lists_ms is None else max(0, now_ms - lists_ms) / 1000,
            int(restart.required),
        ]
        document = {
            "manager": way.program,
            "columns": ["name", "installed", "available", "security"],
            "rows": [list(one) for one in (updates or [])[:_ROWS_MAX]],
            "total": values[0],
            "lists_ms": lists_ms,
            "reboot": {"required": restart.required, "reason": restart.reason, "packages": list(restart.packages)},
        }
        if document != self._document:
            self._document = document
        return Reading(_SERIES, values, {"updates": self._document}, self._trouble)

    def _ask(self, host: Host, way: Way) -> None:
        try:
            updates, security = way.ask(host)
        except HostError as error:
            self._found, self._trouble = None, error
        else:
            self._found, self._trouble = (sorted(updates, key=lambda one: one.name), security), None


def find_way(host: Host) -> Way | None:
    """Return the first way to ask whose package database and program are here."""
    managers = {database.manager for database in find_databases(host)}
    return next((way for way in WAYS if way.database in managers and host.program(way.program)), None)


def newest_ms(host: Host, paths: tuple[str, ...]) -> int | None:
    """Return when the newest of files, folders and what is in those was changed; None where there is none.

    What apt keeps while it fetches does not count: it changes when fetching fails, too.
    """
    times = []
    for path in paths:
        times.append(changed_ms(host, path))
        try:
            entries = host.listing(path)
        except HostError:
            continue
        times += [changed_ms(host, f"{path}/{entry}") for entry in entries if entry not in {"partial", "lock"}]
    return max((one for one in times if one is not None), default=None)


def _sudoers(host: Host, way: Way) -> str:
    return sudoers("updates", [(host.program(argv[0]) or argv[0], *argv[1:]) for argv in way.as_root])
