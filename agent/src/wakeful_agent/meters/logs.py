"""Errors and warnings of the journal: how many a minute of each unit, and which say the same again and again."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.fingerprint import fingerprint, template
from wakeful_agent.host.journal import ERROR, WARNING, Journal, Message, check_readable
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_agent.redaction import redact
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

OTHER = "other"
_FOLDERS = ("var/log/journal/", "run/log/journal/")
_FIRST_MS = 60_000
_KEEP_MS = 86_400_000
_KEPT_MAX = 300
_LOOKED_AT_CHARACTERS_MAX = 400_000
"""So much text is searched for secrets in one reading: whoever floods the journal must not set the agent to work."""
_SHOWN_MAX = 50
_EXAMPLE_CHARACTERS_MAX = 300


class Repeated(NamedTuple):
    """A message that was seen, by what it has in common with others."""

    unit: str
    severity: str
    times: int
    first_ms: int
    last_ms: int
    example: str


def count_by_unit(messages: list[Message], known: list[str], most: int) -> tuple[list[str], dict[tuple[str, str], int]]:
    """Return the units to show and the counts by unit and severity; units beyond `most` are counted as `other`.

    Units that are `known` stay, so that an error that ended shows as zero; the new ones with the most messages come in.
    """
    totals: dict[str, int] = {}
    for one in messages:
        totals[one.unit] = totals.get(one.unit, 0) + 1
    new = sorted(
        (unit for unit in totals if unit not in known and unit != OTHER), key=lambda unit: (-totals[unit], unit)
    )
    shown = [*known, *new][:most]
    counts: dict[tuple[str, str], int] = {}
    for one in messages:
        key = (one.unit if one.unit in shown else OTHER, one.severity)
        counts[key] = counts.get(key, 0) + 1
    return shown, counts


def remember(seen: Mapping[str, Repeated], messages: list[Message], now_ms: int, lines: bool) -> dict[str, Repeated]:
    """Return what was seen with `messages` counted in; what is a day old is forgotten, and the oldest beyond 300.

    Secrets are taken out of a message before anything else is done with it, so not even its fingerprint knows them. Its
    text is kept only while `lines` allows it. What a flood has beyond a bound is passed over.
    """
    kept = {
        mark: one if lines else one._replace(example="")
        for mark, one in seen.items()
        if 0 <= now_ms - one.last_ms < _KEEP_MS
    }
    redacted: dict[str, str] = {}
    left = _LOOKED_AT_CHARACTERS_MAX
    for one in messages:
        if one.text not in redacted:
            left -= len(one.text)
            if left < 0:
                break
            redacted[one.text] = redact(one.text)
        text = redacted[one.text]
        mark = fingerprint(one.unit, one.severity, template(text))
        before = kept.get(mark)
        example = label(text, _EXAMPLE_CHARACTERS_MAX) if lines else ""
        time_ms = one.time_ms or now_ms
        if before is None:
            kept[mark] = Repeated(one.unit, one.severity, 1, time_ms, time_ms, example)
        else:
            last_ms = max(before.last_ms, time_ms)
            kept[mark] = before._replace(times=before.times + 1, last_ms=last_ms, example=before.example or example)
    newest = sorted(kept, key=lambda mark: -kept[mark].last_ms)[:_KEPT_MAX]
    return {mark: kept[mark] for mark in newest}


def _make(unit: str) -> list[Series]:
    if not unit:
        return [series("log.truncated")]
    return [series("log.records.rate", unit=unit, severity=severity) for severity in (ERROR, WARNING)]


class LogsMeter(Meter):
    """Asks journalctl for the errors and warnings since the last time.

    The inventory `log_messages` names what was said more than once in a day by a fingerprint, with one redacted example
    only if the machine's own file allows log lines.
    """

    name = "logs"
    aside = True
    interval_seconds = 60.0
    budget_seconds = 45.0
    source = "var/log/journal/"
    fix = "usermod -a -G systemd-journal wakeful"
    exposes = "everything every service writes to the journal, which may hold names, addresses and secrets"
    options = (
        Option("units", 40, "At most so many units are measured one by one, the others together", least=0, most=200),
        Option("lines", False, "Send one example of each repeated message, redacted", local=True),
        Option("folder", "", "Read the journal in this folder instead of the system's", local=True),
    )

    def __init__(self) -> None:
        super().__init__()
        self._journal = Journal()
        self._columns = Columns(_make)
        self._units: list[str] = []
        self._heard: dict[str, int] = {}
        self._seen: dict[str, Repeated] = {}
        self._read_ms: int | None = None

    def probe(self, host: Host) -> Capability:
        """Say whether there is a journal that this user may read."""
        try:
            self._check(host)
            Journal(self.chosen["folder"]).news(host, 1, 9_999_999_999_000)
        except Absent:
            return missing(self.name, "journalctl is not installed, so there is no journal")
        except Denied as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        except HostError as error:
            return missing(self.name, label(str(error)))
        if not self._is_there(host):
            return missing(self.name, "no journal is kept on this machine")
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return messages a minute by unit and severity; raise NoData where no journal is kept."""
        if not self._is_there(host):
            raise NoData("no journal is kept on this machine")
        self._check(host)
        if self._journal.folder != self.chosen["folder"]:
            self._journal = Journal(self.chosen["folder"])
        news = self._journal.news(host, now_ms, now_ms - _FIRST_MS)
        span_ms = _FIRST_MS if self._read_ms is None else max(1_000, now_ms - self._read_ms)
        self._read_ms = now_ms
        # What says nothing for a day makes room: else the first units of a long run would be the only ones for good.
        known = [unit for unit in self._units if now_ms - self._heard[unit] < _KEEP_MS]
        self._units, counts = count_by_unit(news.messages, known, self.chosen["units"])
        heard = {**self._heard, **{one.unit: now_ms for one in news.messages}}
        self._heard = {unit: heard[unit] for unit in self._units}
        self._seen = remember(self._seen, news.messages, now_ms, self.chosen["lines"])
        cells = [(unit, severity) for unit in [*self._units, OTHER] for severity in (ERROR, WARNING)]
        values = [int(news.more), *(round(counts.get(cell, 0) * 60_000 / span_ms, 3) for cell in cells)]
        return Reading(self._columns.of(["", *self._units, OTHER]), values, {"log_messages": self._rows()})

    def _check(self, host: Host) -> None:
        check_readable(host, [self.chosen["folder"]] if self.chosen["folder"] else _FOLDERS)

    def _is_there(self, host: Host) -> bool:
        if self.chosen["folder"]:
            return True
        for folder in _FOLDERS:
            try:
                if host.listing(folder):
                    return True
            except HostError:
                continue
        return False

    def _rows(self) -> list[dict[str, Any]]:
        repeated = [(mark, one) for mark, one in self._seen.items() if one.times > 1]
        repeated.sort(key=lambda pair: (-pair[1].times, pair[0]))
        return [{"fingerprint": mark, **one._asdict()} for mark, one in repeated[:_SHOWN_MAX]]
