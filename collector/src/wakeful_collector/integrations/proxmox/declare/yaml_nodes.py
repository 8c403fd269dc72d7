"""YAML read into nodes that know their lines: no types are guessed, nothing is made, everything is bounded. Pure.

It stands on the events of PyYAML, which apprise brings along anyway and which know line and column; loaders of plain
objects lose both. A scalar stays the text that was written. Aliases are followed, and count as what they repeat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_CHARACTERS_MAX = 512 * 1024
DEPTH_MAX = 16
NODES_MAX = 100_000
DOCUMENTS_MAX = 5_000
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})


class YamlUnfit(ValueError):
    """A file that cannot be read as YAML, or not safely; `line` counts from 1."""

    def __init__(self, line: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.line = line
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as it was written; `plain` is without quotes."""

    text: str
    plain: bool
    line: int
    weight: int = 1

    @property
    def is_null(self) -> bool:
        """Tell whether it says that there is nothing."""
        return self.plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Node, ...]
    line: int
    weight: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One name of a mapping with its value."""

    name: str
    value: Node
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; a name stands in it once."""

    entries: tuple[Entry, ...]
    line: int
    weight: int

    def get(self, name: str) -> Node | None:
        """Return the value of a name."""
        return next((one.value for one in self.entries if one.name == name), None)


Node = Scalar | Listing | Mapping


def read(text: str) -> list[Node]:
    """Return the documents of a text; empty ones are left out. Raise YamlUnfit."""
    if len(text) > TEXT_CHARACTERS_MAX:
        raise YamlUnfit(0, f"it has {len(text)} characters, at most {TEXT_CHARACTERS_MAX} are taken", "split the file")
    try:
        return _Composer(text).documents()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        raise YamlUnfit(line, f"it is not YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise YamlUnfit(0, f"it is not YAML: {str(error).splitlines()[0]}") from None


def _line(event: yaml.Event) -> int:
    return 0 if event.start_mark is None else event.start_mark.line + 1


class _Composer:
    """Makes nodes of the events of one text."""

    def __init__(self, text: str) -> None:
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, Node] = {}
        self._left = NODES_MAX

    def documents(self) -> list[Node]:
        found: list[Node] = []
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                self._anchors = {}
                node = self._node(next(self._events), 0)
                if not (isinstance(node, Scalar) and node.is_null):
                    found.append(node)
                if len(found) > DOCUMENTS_MAX:
                    raise YamlUnfit(node.line, f"there are more than {DOCUMENTS_MAX} documents")
        return found

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if depth > DEPTH_MAX:
            raise YamlUnfit(line, f"it is nested deeper than {DEPTH_MAX} levels")
        if isinstance(event, yaml.AliasEvent):
            return self._repeated(event.anchor or "", line)
        self._spend(1, line)
        tag = getattr(event, "tag", None)
        if tag not in {None, "!"}:
            raise YamlUnfit(line, f"tags such as {str(tag)[:40]} are not taken", "leave the tag away")
        if isinstance(event, yaml.ScalarEvent):
            node: Node = Scalar(event.value, event.implicit[0], line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._listing(line, depth)
        else:
            node = self._mapping(line, depth)
        anchor = getattr(event, "anchor", None)
        if anchor:
            self._anchors[anchor] = node
        return node

    def _listing(self, line: int, depth: int) -> Listing:
        items: list[Node] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return Listing(tuple(items), line, 1 + sum(one.weight for one in items))

    def _mapping(self, line: int, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            name = self._node(event, depth + 1)
            if not isinstance(name, Scalar):
                raise YamlUnfit(name.line, "a name must be a plain text")
            if name.text == "<<" and name.plain:
                raise YamlUnfit(name.line, "merge keys (<<) are not taken", "write the fields out, or alias the value")
            if name.text in entries:
                first = entries[name.text].line
                raise YamlUnfit(name.line, f"{name.text[:60]} stands here twice, first in line {first}", "remove one")
            entries[name.text] = Entry(name.text, self._node(next(self._events), depth + 1), name.line)
        return Mapping(tuple(entries.values()), line, 1 + sum(1 + one.value.weight for one in entries.values()))

    def _repeated(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            raise YamlUnfit(line, f"the alias *{anchor[:40]} is of nothing, or of what it stands in")
        self._spend(node.weight, line)
        return node

    def _spend(self, weight: int, line: int) -> None:
        self._left -= weight
        if self._left < 0:
            raise YamlUnfit(line, f"it comes to more than {NODES_MAX} values", "split the file, and use fewer aliases")
