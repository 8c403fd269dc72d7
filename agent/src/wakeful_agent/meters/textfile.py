"""What other programs leave in files in Prometheus' text format, as node_exporter's textfile collector takes it."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.dropped import read_dropped
from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.exposition import SAMPLES_MAX, parse
from wakeful_agent.host.text import label
from wakeful_agent.meter import Meter, Option, Reading
from wakeful_wire.record import NamedTuple
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.exposition import Sample
    from wakeful_agent.host.files import Host

USUAL_FOLDER = "/var/lib/wakeful-agent/textfile"
SUFFIX = ".prom"
FILES_MAX = 200
FILE_BYTES_MAX = 1024 * 1024
MOST_SERIES = SAMPLES_MAX - 2 * FILES_MAX


class File(NamedTuple):
    """One file as it was read last: its mark, when it was changed, what is in it, and what is wrong with it."""

    mark: tuple[int, ...]
    modified_ms: int | None
    series: tuple[Series, ...] = ()
    values: tuple[float | None, ...] = ()
    error: str = ""


def as_series(samples: list[Sample]) -> tuple[tuple[Series, ...], tuple[float | None, ...]]:
    """Return the series and values of samples; raise Malformed when one has a time of its own.

    A value would be shown as of now, whatever its time says; node_exporter refuses such files too.
    """
    for sample in samples:
        if sample.time_ms is not None:
            raise Malformed(f"{sample.name} has a time of its own: leave it out, values are taken as of now")
    columns = tuple(Series(one.name, tuple((name, label(text)) for name, text in one.labels)) for one in samples)
    return columns, tuple(sample.value for sample in samples)


class TextfileMeter(Meter):
    """Every `*.prom` file of the folders; a broken one costs only its own samples, and says in which line it is broken.

    A file that did not change is not read again. How old each is travels with it (`textfile.age`).
    """

    name = "textfile"
    source = USUAL_FOLDER[1:] + "/"
    interval_seconds = 15.0
    budget_seconds = 5.0
    fix = f"mkdir -p {USUAL_FOLDER}"
    exposes = "numbers and labels that programs of this machine write into *.prom files there"
    options = (
        Option(
            "folders", [], f"Folders of *.prom files; {USUAL_FOLDER} where it is there and none is given", local=True
        ),
    )

    def __init__(self) -> None:
        super().__init__()
        self._files: dict[str, File] = {}
        self._series: list[Series] = []

    def probe(self, host: Host) -> Capability:
        """Say whether a folder is there and can be read."""
        try:
            found, problems = _paths(host, self.chosen["folders"])
        except HostError as error:
            found, problems = [], [str(error)]
        if problems:
            return missing(self.name, label("; ".join(problems)), self.fix, self.exposes)
        return granted(self.name, f"{len(found)} files")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what stands in the files; NaN and infinite values are None, a folder that is not there is trouble."""
        paths, problems = _paths(host, self.chosen["folders"])
        if len(paths) > FILES_MAX:
            problems.append(f"{len(paths) - FILES_MAX} files are left out: at most {FILES_MAX} are read")
        self._files = {path: _read(host, path, self._files.get(path)) for path in paths[:FILES_MAX]}
        files = list(self._files.values())
        problems += [f"/{path}: {file.error}" for path, file in self._files.items() if file.error]
        places = self._choose(problems)
        values: list[float | None] = []
        for file in files:
            age = None if file.modified_ms is None else round((now_ms - file.modified_ms) / 1000, 3)
            values += (age, 0.0 if file.error else 1.0)
        said = [value for file in files for value in file.values]
        values += [said[place] for place in places]
        trouble = Malformed(label("; ".join(problems))) if problems else None
        return Reading(self._series, values, {self.name: self._document()}, trouble)

    def _choose(self, problems: list[str]) -> list[int]:
        """Settle the series of all files, each once; return the place of each one's value among the files' values."""
        taken: dict[Series, int] = {}
        place = 0
        for path, file in self._files.items():
            before = len(taken)
            for one in file.series:
                if len(taken) < MOST_SERIES:
                    taken.setdefault(one, place)
                place += 1
            if len(taken) - before < len(file.series):
                left = before + len(file.series) - len(taken)
                problems.append(f"/{path}: {left} series are left out: other files have them, or there are too many")
        ours = ("textfile.age", "textfile.up")
        found = [series(name, file=label("/" + path)) for path in self._files for name in ours] + list(taken)
        if found != self._series:  # else the same list, so that nobody need compare it again
            self._series = found
        return list(taken.values())

    def _document(self) -> list[dict[str, Any]]:
        return [
            {
                "file": label("/" + path),
                "state": "broken" if file.error else "ok",
                "series": len(file.series),
                "error": label(file.error),
            }
            for path, file in self._files.items()
        ]


def _paths(host: Host, folders: list[str]) -> tuple[list[str], list[str]]:
    """Return the files, and what is wrong with folders that were asked for; raise HostError for the usual one."""
    if not folders:
        return _in_folder(host, USUAL_FOLDER), []
    found = []
    problems = []
    for folder in folders:
        try:
            found += _in_folder(host, folder)
        except HostError as error:
            problems.append(str(error))
    return list(dict.fromkeys(found)), problems


def _in_folder(host: Host, folder: str) -> list[str]:
    relative = folder.strip("/")
    return [f"{relative}/{name}" for name in host.listing(relative) if name.endswith(SUFFIX)]


def _read(host: Host, path: str, before: File | None) -> File:
    known = before or File((), None)
    try:
        found = read_dropped(host, path, FILE_BYTES_MAX, known.mark)
    except HostError as error:
        return _broken(known, (), None, str(error).partition(": ")[2])
    if found.text is None:
        return known
    try:
        columns, values = as_series(parse(found.text))
    except Malformed as error:
        return _broken(known, found.mark, found.modified_ms, str(error))
    return File(found.mark, found.modified_ms, columns, values)


def _broken(known: File, mark: tuple[int, ...], modified_ms: int | None, error: str) -> File:
    """Return the file with the series it had, so that they do not come and go, and no values."""
    return File(mark, modified_ms, known.series, (None,) * len(known.series), error)
