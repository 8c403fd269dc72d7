"""Gathers what is wrong with a file while it is read: all of it, each with its line, instead of the first. Pure."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare.quantities import Unfit
from wakeful_collector.integrations.proxmox.declare.wished import Fault
from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Listing, Mapping, Scalar
from wakeful_collector.model.story import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wakeful_collector.integrations.proxmox.declare.value_kinds import ValueKind
    from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Node

FAULTS_MAX = 500
SHAPES = {Scalar: "a value", Listing: "a list", Mapping: "a mapping"}


class Faults:
    """The faults of one file, in the order they were met."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Fault] = []

    def add(self, line: int, path: str, message: str, hint: str = "") -> None:
        """Note a fault."""
        if len(self.found) < FAULTS_MAX:
            self.found.append(Fault(self.file, line, plain(path), plain(message), plain(hint)))

    def unfit(self, line: int, path: str, error: Unfit) -> None:
        """Note a value that does not fit."""
        self.add(line, path, str(error), error.hint)

    def unknown(self, line: int, path: str, name: str, known: Iterable[str]) -> None:
        """Note a name that nobody knows, with the nearest one that is known."""
        if len(self.found) >= FAULTS_MAX:
            return  # looking for what was meant takes a moment, and nobody reads so many
        names = sorted(known)
        near = get_close_matches(name[:64], names, 1, 0.7)
        shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
        self.add(line, path, f"{name[:64]} is not known", f"did you mean {near[0]}?" if near else f"known are {shown}")

    def mapping(self, node: Node | None, line: int, path: str) -> Mapping | None:
        """Return a mapping, or note what is there instead."""
        if isinstance(node, Mapping):
            return node
        if node is None or (isinstance(node, Scalar) and node.is_null):
            self.add(line, path, "is missing", "give a mapping")
        else:
            self.add(node.line, path, f"is {SHAPES[type(node)]}", "give a mapping")
        return None

    def scalar(self, node: Node | None, line: int, path: str) -> str | None:
        """Return the text of a value, or note what is there instead."""
        if isinstance(node, Scalar) and not node.is_null:
            return node.text
        if node is None or isinstance(node, Scalar):
            self.add(line, path, "is missing")
        else:
            self.add(node.line, path, f"is {SHAPES[type(node)]}", "give one value")
        return None

    def value(self, node: Node | None, kind: ValueKind, line: int, path: str) -> str | None:
        """Return a value in the form of its kind, or note what does not fit."""
        text = self.scalar(node, line, path)
        if text is None:
            return None
        try:
            return kind.read(text)
        except Unfit as error:
            self.unfit(node.line if node is not None else line, path, error)
            return None

    def texts(self, node: Node, path: str) -> list[str]:
        """Return the texts of a list; one value is a list of itself, nothing an empty one."""
        if isinstance(node, Scalar):
            return [] if node.is_null else [node.text]
        if isinstance(node, Mapping):
            self.add(node.line, path, "is a mapping", "give a list")
            return []
        found = []
        for at, one in enumerate(node.items):
            text = self.scalar(one, one.line, f"{path}[{at}]")
            if text is not None:
                found.append(text)
        return found
