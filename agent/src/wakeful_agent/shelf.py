"""The meters that are there: those that always are, and optional ones, loaded when something of theirs is found.

An optional meter whose subject is not on this machine costs a few looks every five minutes and no memory at all.
"""

from __future__ import annotations

from importlib import import_module

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.listeners import listeners
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Collection, Iterable, Iterator, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.meter import Meter

CLUES = ("program", "path", "port", "configured")


class Entry(NamedTuple):
    """An optional meter: its name, `module:Class` below meters/, and the clues of which any suffices to load it.

    Clues: `program:NAME`; `path:PATH` under the root, where `*` stands for anything in a name; `port:NUMBER`, when
    something local listens there; `configured`, when agent.toml or the collector's tuning says something of it; several
    with ` & ` between them, when all are there. Without any clue `absent` is the reason that the capability shows, and
    `fix` what would bring it. Once it was there, a clue of `stays` suffices: what ended is not what never was.
    """

    name: str
    place: str
    needs: tuple[str, ...]
    fix: str = ""
    absent: str = "nothing of it is on this machine"
    exposes: str = ""
    stays: tuple[str, ...] = ()


class Shelf:
    """Meters by name: `in` knows all, iteration gives those that are loaded, and asking for one loads it."""

    def __init__(
        self, always: Iterable[Meter], optional: Sequence[Entry] = (), folder: str = "wakeful_agent.meters"
    ) -> None:
        self._meters = {meter.name: meter for meter in always}
        self._folder = folder
        self._absent = {entry.name: entry for entry in optional}
        self.entries = dict(self._absent)

    def __contains__(self, name: object) -> bool:
        return name in self._meters or name in self.entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._meters)

    def __getitem__(self, name: str) -> Meter:
        if name not in self._meters:
            self._meters[name] = load(self.entries[name], self._folder)()
        return self._meters[name]

    def absent(self, name: str) -> Entry | None:
        """Return the entry of an optional meter that nothing speaks for now."""
        return self._absent.get(name)

    def look(self, host: Host, configured: Collection[str], barred: Collection[str] = ()) -> bool:
        """Look for clues of optional meters that are not `barred`, and load those; tells whether any came or went."""
        return self._look(host, self.entries, configured, barred)

    def look_for(self, host: Host, names: Collection[str]) -> bool:
        """Look for clues of the absent ones among `names`, which are configured; tells whether any came."""
        wanted = [name for name in self._absent if name in names]
        return bool(wanted) and self._look(host, wanted, names, ())

    def _look(self, host: Host, names: Iterable[str], configured: Collection[str], barred: Collection[str]) -> bool:
        before = set(self._absent)
        ports = _Ports(host)
        for name in names:
            entry = self.entries[name]
            needs = (*entry.needs, *entry.stays) if name in self._meters else entry.needs
            if name not in barred and any(_all_found(host, need, name in configured, ports) for need in needs):
                self._absent.pop(name, None)
                self[name]
            else:
                self._absent[name] = entry
        return before != set(self._absent)


def load(entry: Entry, folder: str = "wakeful_agent.meters") -> type[Meter]:
    """Return the class of an optional meter."""
    module, _, name = entry.place.partition(":")
    found: type[Meter] = getattr(import_module(f"{folder}.{module}"), name)
    return found


class _Ports:
    """The local TCP ports that are served, asked for once and only when somebody wants to know."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._known: set[int] | None = None

    def __contains__(self, port: int) -> bool:
        if self._known is None:
            try:
                self._known = {one.port for one in listeners(self._host, "tcp")}
            except HostError:
                self._known = set()
        return port in self._known


def _all_found(host: Host, needs: str, configured: bool, ports: _Ports) -> bool:
    return all(_found(host, need, configured, ports) for need in needs.split(" & "))


def _found(host: Host, need: str, configured: bool, ports: _Ports) -> bool:
    kind, _, rest = need.partition(":")
    if kind == "program":
        return host.program(rest) is not None
    if kind == "path":
        return _exists(host, "", rest.split("/"))
    if kind == "port":
        return int(rest) in ports
    return configured


def _exists(host: Host, above: str, parts: list[str]) -> bool:
    for place, part in enumerate(parts):
        if "*" in part:
            try:
                names = host.listing(above)
            except HostError:
                return False
            fitting = [name for name in names if _fits(name, part)]
            return any(_exists(host, f"{above}{name}/", parts[place + 1 :]) for name in fitting)
        above += part + "/"
    return host.exists(above.rstrip("/"))


def _fits(name: str, pattern: str) -> bool:
    first, *between, last = pattern.split("*")
    if not name.startswith(first):
        return False
    rest = name[len(first) :]
    for piece in between:
        _, found, rest = rest.partition(piece) if piece else ("", "*", rest)
        if not found:
            return False
    return rest.endswith(last)
