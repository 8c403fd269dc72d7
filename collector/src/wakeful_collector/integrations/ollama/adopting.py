"""The job that takes over what another service's `.env` says: the machine `default`, and the keys that may ask.

It looks when the worker starts, and again when the file has changed. What differs is changed by the operations that
people use too, so it stands in the audit trail; what the file does not name stays as people set it.
"""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from wakeful_collector.accounts import keys, local_principal
from wakeful_collector.config import Problem
from wakeful_collector.integrations.ollama import environment, sealed, settings
from wakeful_collector.integrations.ollama.environment import NAME
from wakeful_collector.integrations.ollama.machine_changes import OPERATIONS
from wakeful_collector.job import Job
from wakeful_collector.operations.registry import OperationError, Registry, run
from wakeful_collector.settings_fields import SettingsUnfit, plain
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.ollama.environment import Described

log = logging.getLogger("wakeful.gateway")

LOOK_SECONDS = 60.0
SOURCE = "local:environment"
_REGISTRY = Registry(OPERATIONS)
_Stamp = tuple[str, int, int]


class Unfit(ValueError):
    """What the names say cannot be; the text says everything that is wrong, and no secret."""


class Adopting:
    """Remembers what it has seen, so that it looks again only at what has changed."""

    def __init__(self, environ: Callable[[], Mapping[str, str]] = lambda: os.environ) -> None:
        self._environ = environ
        self._seen: dict[Path, _Stamp] = {}

    def __call__(self, data: Path, chosen: Settings, now_ms: int) -> None:
        """Adopt what is new. Raises Unfit; what is right of it is adopted nevertheless, as far as it goes."""
        stamp = _stamp(chosen.gateway_env)
        if self._seen.get(data) == stamp:
            return
        values, unread = environment.gather(self._environ(), chosen.gateway_env)
        described, problems = environment.judged(values, unread, chosen.gateway_env)
        if described is not None:
            problems += _machine(chosen, described, now_ms)
        if not unread:  # keys that cannot be read just now are not keys that were taken away
            _keys(data, described, now_ms)
        if problems:
            raise Unfit("; ".join(map(str, problems)))
        self._seen[data] = stamp


def _stamp(file: Path | None) -> _Stamp:
    try:
        found = None if file is None else file.stat()
    except OSError:
        found = None
    return (str(file), 0, 0) if found is None else (str(file), found.st_mtime_ns, found.st_ino)


def _machine(chosen: Settings, described: Described, now_ms: int) -> list[Problem]:
    """Add the machine, or change what differs; return what is wrong, under the names of the file."""
    known = settings.machine(chosen.data, NAME)
    before = {"name": NAME, **described.beside} if known is None else asdict(known)
    try:
        checked = asdict(settings.check(before | described.fields))
    except SettingsUnfit as unfit:
        return [Problem(environment.FIELDS.get(one.field, one.field), one.message, one.hint) for one in unfit.problems]
    kept = sealed.secrets(chosen.data, NAME)
    differing = {name: value for name, value in checked.items() if known is None or before[name] != value}
    differing |= {name: text for name, text in described.secrets.items() if kept.get(name) != text}
    if not differing:
        return []
    differing |= described.secrets  # where the machine is another by now, those that are kept are asked for again
    verb = "add" if known is None else "change"
    asked = {name: plain(value) for name, value in differing.items()} | {"name": NAME}
    try:
        run(chosen, _REGISTRY, local_principal("environment"), f"gateway.machine.{verb}", asked, now_ms)
    except OperationError as error:
        return [Problem("gateway_env", error.message, "docs/gateway/compatibility.md has the names")]
    log.info("the environment describes the machine %s: %s", NAME, ", ".join(sorted(differing)))
    return []


def _keys(data: Path, described: Described | None, now_ms: int) -> None:
    with changing(data) as connection:
        found = () if described is None else described.keys
        for line in keys.adopt(connection, found, ("gateway",), SOURCE, now_ms):
            log.info("API_KEYS: %s", line)


JOBS = (Job("gateway_environment", LOOK_SECONDS, Adopting()),)
