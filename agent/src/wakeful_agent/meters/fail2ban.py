"""What fail2ban sees and whom it bans, jail by jail."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Absent, Denied, HostError, Late
from wakeful_agent.host.fail2ban import Jail, parse_jail, parse_jails, parse_version
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_PROGRAM = "fail2ban-client"
_SECONDS = 5.0
_JAILS_MAX = 100
_VERSION_MS = 86_400_000
_WHOLE = ("fail2ban.up", "fail2ban.jails")


def _make(jail: str) -> list[Series]:
    if not jail:
        return [series(name) for name in _WHOLE]
    names = ("failures.current", "failures", "bans.current", "bans")
    return [series(f"fail2ban.{name}", jail=label(jail)) for name in names]


class Fail2banMeter(Meter):
    """Failures and bans of each jail; the inventory `fail2ban` says what each watches and whom it bans.

    A server that does not answer is `fail2ban.up` 0 and a failure; a jail that cannot be asked costs only itself.
    """

    name = "fail2ban"
    source = "usr/bin/fail2ban-client"
    interval_seconds = 300.0  # each question starts a Python program
    budget_seconds = 60.0
    aside = True
    exposes = "which addresses are banned, what the jails watch; nothing can be changed with these exact commands"
    options = (
        Option("socket", "", "Socket of the server, where it is not the usual one", local=True),
        Option("addresses", True, "Send the banned addresses, too"),
    )

    def __init__(self) -> None:
        super().__init__()
        self._jails: list[str] = []
        self._columns = Columns(_make)
        self._version = ""
        self._version_ms: int | None = None

    def probe(self, host: Host) -> Capability:
        """Say whether the server may be asked, with the lines that permit exactly the questions."""
        try:
            for words in self._questions():
                host.check_root(self._argv(*words))
        except Absent as error:
            return missing(self.name, str(error), "apt install fail2ban", self.exposes)
        except HostError as error:
            return missing(self.name, label(str(error)), self._fix(host), self.exposes)
        return granted(self.name, f"{len(self._jails)} jails" if self._jails else "")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return counts of each jail, None for one that cannot be asked; trouble says why."""
        try:
            self._jails = parse_jails(self._ask(host, "status"))
            self._look_at_version(host, now_ms)
        except Denied:
            raise
        except HostError as error:
            return Reading(self._columns.of([""]), [0, None], {"fail2ban": self._document({}, str(error))}, error)
        found, trouble = self._ask_jails(host)
        values: list[float | None] = [1, len(self._jails)]
        for jail in found.values():
            values += [None] * 4 if jail is None else jail[:4]
        document = self._document(found, "" if trouble is None else str(trouble))
        return Reading(self._columns.of(["", *found]), values, {"fail2ban": document}, trouble)

    def _ask_jails(self, host: Host) -> tuple[dict[str, Jail | None], HostError | None]:
        found: dict[str, Jail | None] = {}
        trouble: HostError | None = None
        for name in self._jails[:_JAILS_MAX]:
            found[name] = None
            if isinstance(trouble, Late):  # it hangs, and would for every other jail
                continue
            try:
                found[name] = parse_jail(self._ask(host, "status", name))
            except HostError as error:
                if "does not exist" in str(error):  # it was stopped meanwhile
                    del found[name]
                    continue
                trouble = error if trouble is None or isinstance(error, Late) else trouble
        return found, trouble

    def _questions(self) -> list[tuple[str, ...]]:
        return [("status",), ("version",), *(("status", name) for name in self._jails[:_JAILS_MAX])]

    def _argv(self, *words: str) -> list[str]:
        socket = self.chosen["socket"]
        return [_PROGRAM, *(["-s", socket] if socket else []), *words]

    def _fix(self, host: Host) -> str:
        commands = [self._argv(*words) for words in self._questions()]
        return sudoers("fail2ban", [(host.program(_PROGRAM) or _PROGRAM, *argv[1:]) for argv in commands])

    def _ask(self, host: Host, *words: str) -> str:
        output = host.run_as_root(self._argv(*words), _SECONDS)
        if output.code:
            lines = [line.strip() for line in (output.err or output.out).splitlines() if line.strip()]
            why = lines[0].rpartition("ERROR")[2].strip() if lines else f"ended with {output.code}"
            raise HostError(f"fail2ban-client: {label(why, 200)}")
        return output.out

    def _look_at_version(self, host: Host, now_ms: int) -> None:
        if self._version_ms is None or not 0 <= now_ms - self._version_ms < _VERSION_MS:
            self._version = parse_version(self._ask(host, "version"))
            self._version_ms = now_ms

    def _document(self, found: Mapping[str, Jail | None], error: str) -> dict[str, Any]:
        rows = [self._row(name, jail) for name, jail in found.items()]
        left_out = max(0, len(self._jails) - _JAILS_MAX)
        return {"version": self._version, "error": label(error, 300), "jails": rows, "left_out": left_out}

    def _row(self, name: str, jail: Jail | None) -> dict[str, Any]:
        if jail is None:
            return {"jail": label(name), "state": "unknown", "watches": [], "addresses": [], "banned": None}
        addresses = list(jail.addresses) if self.chosen["addresses"] else []
        watches = list(jail.watches)
        return {
            "jail": label(name),
            "state": "active",
            "watches": watches,
            "addresses": addresses,
            "banned": jail.bans_current,
        }
