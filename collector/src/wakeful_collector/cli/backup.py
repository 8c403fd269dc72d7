"""backup and restore: everything the collector knows, in one file, taken while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.cli.output import CommandError, say, say_json
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import settings, settings_with_data, size_text
from wakeful_collector.model.store_errors import StoreError
from wakeful_collector.serving import place

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the commands to the parser."""
    backup = subparsers.add_parser(
        "backup",
        parents=[common],
        help="write everything into one file, while it runs",
        **explained(
            "The file appears whole or not at all, mode 0600, and never in the place of another. vault.key of the data "
            "folder, which opens what is sealed in it, is not in it: keep that apart.",
            "wakeful-collector backup wakeful-2026-11-22.backup",
        ),
    )
    restore = subparsers.add_parser(
        "restore",
        parents=[common],
        help="bring a backup back into an empty data folder",
        **explained(
            "Checks the whole file first, and takes nothing over where anything in it is damaged. Put vault.key beside "
            "the databases before the start.",
            "wakeful-collector restore wakeful-2026-11-22.backup --data /var/lib/wakeful",
        ),
    )
    for one, run in ((backup, _backup), (restore, _restore)):
        one.add_argument("file", metavar="FILE", type=Path, help="the backup")
        one.add_argument("--json", action="store_true", help="print JSON")
        one.set_defaults(run=run)


def _backup(arguments: argparse.Namespace) -> int:
    from wakeful_collector.store import backup as store_backup

    chosen = settings_with_data()
    if arguments.file.exists():
        raise CommandError(f"{arguments.file} exists; choose another name, a backup never overwrites")
    try:
        store_backup.backup(chosen.data, arguments.file, clock.now_ms())
    except (StoreError, OSError) as error:
        raise CommandError(f"no backup was made: {error}") from None
    return _done(arguments, f"Backup of {chosen.data} is in {arguments.file}", arguments.file, chosen.data)


def _restore(arguments: argparse.Namespace) -> int:
    from wakeful_collector.store import backup as store_backup

    chosen = settings()
    running = place.running(chosen.data)
    if running is not None:
        raise CommandError(f"the collector runs (process {running.pid}); stop it first")
    if not arguments.file.is_file():
        raise CommandError(f"nothing was restored: there is no file {arguments.file}", 2)
    try:
        store_backup.restore(arguments.file, chosen.data)
    except (StoreError, OSError) as error:
        said = str(error).removesuffix("; nothing was restored")
        raise CommandError(f"nothing was restored: {said}") from None
    return _done(arguments, f"{chosen.data} holds the backup {arguments.file}", arguments.file, chosen.data)


def _done(arguments: argparse.Namespace, text: str, file: Path, data: Path) -> int:
    size_bytes = file.stat().st_size
    if arguments.json:
        say_json({"file": str(file.absolute()), "data": str(data), "size_bytes": size_bytes})
    else:
        say(f"{text} ({size_text(size_bytes)}).")
    return 0
