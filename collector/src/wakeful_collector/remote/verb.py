"""The shape of a command, and of a shelf of commands."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

_SHELF = "wakeful_collector.remote.verbs"


class Module(Protocol):
    """What a command's module holds."""

    ABOUT: str
    EXAMPLES: str

    def add(self, parser: argparse.ArgumentParser) -> None:
        """Add the command's own arguments."""

    def run(self, session: Session, given: argparse.Namespace) -> int:
        """Do it and return the exit code; raise Failure."""


class Verb(NamedTuple):
    """A command: its name, its module, what it does, and where `--help` shows it.

    One that is a shelf holds commands of its own in VERBS of its module, with both words for a name; the first of them
    is what it does when nothing else is said.
    """

    name: str
    module: str
    title: str
    group: str
    is_shelf: bool = False

    def load(self) -> Module:
        """Return the command's module."""
        return cast("Module", import_module(f"{_SHELF}.{self.module}"))

    @property
    def shelf(self) -> tuple[Verb, ...]:
        """The commands below this one."""
        found: tuple[Verb, ...] = import_module(f"{_SHELF}.{self.module}").VERBS if self.is_shelf else ()
        return found
