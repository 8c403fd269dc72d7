"""What most commands need: the settings, the data folder in order, an operation run and audited."""

from __future__ import annotations

import argparse
import getpass
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wakeful_collector import accounts, clock, config, operations
from wakeful_collector.cli.output import CommandError, say_aside
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.store import database

if TYPE_CHECKING:
    from wakeful_collector.config import Settings

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse names it nowhere else

_EXITS = {400: 2, 403: 4, 422: 2}
"""By the status of a refused operation: what was given does not fit, or is not permitted."""

_DURATION = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def settings() -> Settings:
    """Return the settings in force."""
    return config.load(os.environ)


def settings_with_data(starts: bool = False) -> Settings:
    """Return the settings in force after making sure that the data folder and its databases stand.

    Where there were none it is said, but by what `starts` a collector: a folder that was mistyped, or left to the
    default, looks like one that works.

    Raises:
        CommandError: the folder cannot be used, or a database is newer than this program or damaged.
    """
    chosen = settings()
    if not starts and not database.database_path(chosen.data, "state").exists():
        here = Path("var").absolute()
        held = here != chosen.data and database.database_path(here, "state").exists()
        way = f"--data {here}, which holds one" if held else "--data DIR, or WAKEFUL_DATA"
        say_aside(f"note: {chosen.data} held no collector until now. If another one is meant: {way}.")
    try:
        database.create(chosen.data)
    except StoreError as error:
        raise CommandError(str(error), 2) from None
    return chosen


def operate(chosen: Settings, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Run an operation as the person at this shell; it is audited.

    Raises:
        CommandError: it was refused or failed.
    """
    principal = accounts.local_principal(_whoever())
    try:
        return operations.run(chosen, REGISTRY, principal, name, arguments, clock.now_ms())
    except operations.OperationError as error:
        raise CommandError(error.message, _EXITS.get(error.status, 1)) from None


def _whoever() -> str:
    """Return the name of whoever sits at this shell; in a container their number may be all there is."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"


def duration_seconds(text: str) -> int:
    """Return the seconds of `90s`, `30m`, `24h`, `7d` or `2w`; raise ArgumentTypeError otherwise."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time; write it like 30m, 24h or 7d")
    return int(found[1]) * _SECONDS[found[2]]


def size_text(size_bytes: float) -> str:
    """Return bytes as people read them: `3.2 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} {unit}" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"
