"""Pushes on disk until the collector has them: one file each, whole or not there, bounded by bytes and age.

A push file is the gzipped document without its series list; its name says when, which run, sequence and schema.
Series lists are files of their own (`schema-<hash>`), kept while a push that waits needs them.
"""

from __future__ import annotations

import os
from collections import deque
from threading import Lock

from wakeful_agent.host import durable
from wakeful_wire import packing
from wakeful_wire.errors import WireError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SUFFIX = ".push"
OWED = "dropped"
"""The file that keeps how many dropped pushes the collector was not told of."""
SCHEMA_PREFIX = "schema-"
BLOCK_BYTES = 4096
HELD_MAX = 60
READ_TRIES = 5
ASIDE_FILES_MAX = 50
ASIDE_BYTES_MAX = 16 * 1024 * 1024


class Entry(NamedTuple):
    """A push that waits: its file's name, what the name says, and the disk space it takes."""

    name: str
    time_ms: int
    sequence: int
    schema: str
    size_bytes: int


class Head(NamedTuple):
    """What must be known of a push to keep it: its newest time, run, sequence and schema."""

    time_ms: int
    run: str
    sequence: int
    schema: str


def name_of(head: Head) -> str:
    """Return the name of a push's file; names sort by time."""
    return f"{head.time_ms:013d}.{head.sequence:010d}.{head.run}.{head.schema}{SUFFIX}"


def read_name(name: str, size_bytes: int) -> Entry | None:
    """Return what a file's name says, or None when it is no push's."""
    parts = name.split(".")
    if len(parts) != 5 or not name.endswith(SUFFIX) or not (parts[0].isdecimal() and parts[1].isdecimal()):
        return None
    return Entry(name, int(parts[0]), int(parts[1]), parts[3], on_disk(size_bytes))


def on_disk(size_bytes: int) -> int:
    """Return the disk space a file of this size takes, in whole blocks."""
    return -(-size_bytes // BLOCK_BYTES) * BLOCK_BYTES


class Spool:
    """The queue; `put` is called by the daemon, the rest by the sender, from two threads."""

    def __init__(self, folder: str, bytes_max: int, age_ms_max: int) -> None:
        self._folder = folder
        self._aside = os.path.join(folder, "aside")
        self._lock = Lock()
        self._waiting: deque[Entry] = deque()
        self._counting = Lock()
        self._current: tuple[str, list[Any]] = ("", [])
        """The schema of now with its series list: one object, since another thread reads it."""
        self._schema_unkept = False
        self._held: dict[str, bytes] = {}
        self._unreadable: dict[str, int] = {}
        self.bytes_max = bytes_max
        self.age_ms_max = age_ms_max
        self.size_bytes = 0
        self.arrived = 0
        """How many pushes came since the start."""
        self.dropped = 0
        self._owed = 0
        self._reports: dict[str, int] = {}
        self.set_aside = 0
        self.trouble = ""
        """Why the last push could not be written; empty when it could."""
        os.makedirs(self._aside, mode=0o700, exist_ok=True)
        self._load()

    @property
    def unreported(self) -> int:
        """Return how many dropped pushes the collector was not told of; 0 while a push that tells it waits."""
        return 0 if self._reports else self._owed

    def put(self, head: Head, content: bytes, now_ms: int, reports: int = 0) -> None:
        """Write a push durably and queue it; what no longer fits the bounds is dropped and counted.

        `reports` is how many dropped pushes this one tells of: they are owed until the collector has it.
        Where the disk does not take it, a few are held in memory and `trouble` says why.
        """
        if self._schema_unkept:
            self._keep_schema()
        name = name_of(head)
        entry = Entry(name, head.time_ms, head.sequence, head.schema, on_disk(len(content)))
        try:
            durable.write(os.path.join(self._folder, name), content)
            self.trouble = ""
        except OSError as error:
            self.trouble = f"the spool cannot be written: {error.strerror}"
            self._held[name] = content
        with self._lock:
            if reports:
                self._reports[name] = reports
            self._waiting.append(entry)
            self.size_bytes += entry.size_bytes
            self.arrived += 1
        self._bound(now_ms)

    def put_schema(self, schema: str, series: list[Any]) -> None:
        """Keep a series list durably, before the first push that needs it."""
        self._current = schema, series
        self._keep_schema()

    def schema(self, schema: str) -> list[Any] | None:
        """Return the series list for a hash, or None when it is not there or cannot be read."""
        current, current_series = self._current
        if schema == current:
            return current_series
        try:
            with open(self._schema_path(schema), "rb") as file:
                series = packing.parse_json(packing.inflate(file.read()))
        except (OSError, WireError):
            return None
        return series if isinstance(series, list) else None

    def read(self, entry: Entry) -> bytes | None:
        """Return a push as it will be sent; None when the file is gone or spoiled, which is then set aside.

        Raises OSError where it cannot be read now; what cannot be read several times is set aside too.
        """
        held = self._held.get(entry.name)
        if held is not None:
            return held
        try:
            with open(os.path.join(self._folder, entry.name), "rb") as file:
                content = file.read()
            packing.inflate(content)
        except FileNotFoundError:
            self._forget(entry)
            return None
        except WireError:
            self.put_aside(entry)
            return None
        except OSError:
            tries = self._unreadable.get(entry.name, 0) + 1
            self._unreadable = {entry.name: tries}
            if tries < READ_TRIES:
                raise
            self.put_aside(entry)
            return None
        return content

    def oldest(self, passed_over: set[str] | None = None) -> Entry | None:
        """Return the push that has waited longest, of those that are not to be passed over."""
        with self._lock:
            return next((entry for entry in self._waiting if not passed_over or entry.name not in passed_over), None)

    def names(self) -> set[str]:
        """Return the names of all that wait."""
        with self._lock:
            return {entry.name for entry in self._waiting}

    def newest(self) -> Entry | None:
        """Return the push that came last."""
        with self._lock:
            return self._waiting[-1] if self._waiting else None

    def __len__(self) -> int:
        return len(self._waiting)

    def age_seconds(self, now_ms: int) -> float:
        """Return how long the oldest push has waited."""
        entry = self.oldest()
        return max(0.0, (now_ms - entry.time_ms) / 1000) if entry else 0.0

    def done(self, entry: Entry) -> None:
        """Forget a push that the collector has."""
        told = self._reports.get(entry.name, 0)
        self._forget(entry)
        if told:
            self._owe(-told)
        _unlink(os.path.join(self._folder, entry.name))
        if not self._waiting:
            self._drop_schemas()

    def put_aside(self, entry: Entry) -> None:
        """Keep a push that cannot be sent or is never acceptable where a person can look at it."""
        self._forget(entry)
        self.set_aside += 1
        try:
            os.replace(os.path.join(self._folder, entry.name), os.path.join(self._aside, entry.name))
        except OSError:
            _unlink(os.path.join(self._folder, entry.name))
        _keep_newest(self._aside)

    def _keep_schema(self) -> None:
        """Write the series list of now; where the disk does not take it, the next push tries again."""
        schema, series = self._current
        try:
            durable.write(self._schema_path(schema), packing.pack(series))
            self._schema_unkept = False
        except OSError as error:
            self._schema_unkept = True
            self.trouble = f"the spool cannot be written: {error.strerror}"

    def _bound(self, now_ms: int) -> None:
        while True:
            with self._lock:
                if len(self._waiting) < 2:
                    return
                oldest = self._waiting[0]
                fits = self.size_bytes <= self.bytes_max and len(self._held) <= HELD_MAX
                if fits and now_ms - oldest.time_ms <= self.age_ms_max:
                    return
                victim = oldest if len(self._held) <= HELD_MAX else self._first_held()
            self._forget(victim)
            _unlink(os.path.join(self._folder, victim.name))
            self.dropped += 1
            self._owe(1)

    def _owe(self, more: int) -> None:
        """Count what the collector is to be told of, over restarts too."""
        with self._counting:  # both threads count, and the file has one temporary name
            with self._lock:
                owed = self._owed = max(0, self._owed + more)
            try:
                durable.write(os.path.join(self._folder, OWED), str(owed).encode("ascii"))
            except OSError:
                return  # the disk takes nothing: then it is counted in memory

    def _first_held(self) -> Entry:
        return next(entry for entry in self._waiting if entry.name in self._held)

    def _forget(self, entry: Entry) -> None:
        with self._lock:
            self._held.pop(entry.name, None)
            self._reports.pop(entry.name, None)
            if self._waiting and self._waiting[-1] == entry:
                self._waiting.pop()
            elif entry in self._waiting:
                self._waiting.remove(entry)
            else:
                return
            self.size_bytes -= entry.size_bytes

    def _load(self) -> None:
        found = []
        self._owed = _number(os.path.join(self._folder, OWED))
        for item in os.scandir(self._folder):
            if item.name == OWED:
                continue
            if item.name == "aside" or item.name.startswith(SCHEMA_PREFIX):
                if item.name.endswith(durable.TEMPORARY):
                    _unlink(item.path)
                continue
            entry = read_name(item.name, item.stat(follow_symlinks=False).st_size)
            if entry is not None:
                found.append(entry)
            elif item.name.endswith(durable.TEMPORARY):
                _unlink(item.path)
            elif item.is_file(follow_symlinks=False):
                self.set_aside += 1
                os.replace(item.path, os.path.join(self._aside, item.name))
        self._waiting.extend(sorted(found))
        self.size_bytes = sum(entry.size_bytes for entry in found)
        self._drop_schemas()

    def _drop_schemas(self) -> None:
        # First: a list that is written from here on is of a schema that is to be needed.
        names = os.listdir(self._folder)
        with self._lock:
            needed = {entry.schema for entry in self._waiting} | {self._current[0]}
        for name in names:
            if name.startswith(SCHEMA_PREFIX) and name[len(SCHEMA_PREFIX) :] not in needed:
                _unlink(os.path.join(self._folder, name))

    def _schema_path(self, schema: str) -> str:
        return os.path.join(self._folder, SCHEMA_PREFIX + schema)


def _keep_newest(folder: str) -> None:
    files = sorted((item for item in os.scandir(folder)), key=lambda item: item.name, reverse=True)
    total = 0
    for count, item in enumerate(files, 1):
        total += item.stat(follow_symlinks=False).st_size
        if count > ASIDE_FILES_MAX or total > ASIDE_BYTES_MAX:
            _unlink(item.path)


def _number(path: str) -> int:
    try:
        with open(path, encoding="ascii") as file:
            return int(file.read(20))
    except (OSError, ValueError):
        return 0


def _unlink(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return
