"""A series list and its hash: each push names the list once and sends bare numbers after that."""

from __future__ import annotations

import hashlib
import json

from wakeful_wire import check, limits
from wakeful_wire.errors import WireError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Series(NamedTuple):
    """A metric with its labels on one host; `labels` are sorted by name."""

    name: str
    labels: tuple[tuple[str, str], ...] = ()

    def document(self) -> list[Any]:
        """Return the form it travels in: `[name, {label: value}]`."""
        return [self.name, dict(self.labels)]


def series(name: str, /, **labels: str) -> Series:
    """Return the series `name` with the given labels."""
    return Series(name, tuple(sorted(labels.items())))


def schema_hash(columns: list[Series]) -> str:
    """Return the 32 hex digits that stand for this series list, order included."""
    document = json.dumps([column.document() for column in columns], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(document.encode("ascii")).hexdigest()[:32]


def parse_series(value: Any) -> list[Series]:
    """Read a series list as it travels; raise WireError when it is not one or names a series twice."""
    columns = [_one(item, f"series[{index}]") for index, item in enumerate(_listed(value))]
    if len(set(columns)) != len(columns):
        raise check.refuse("series", "names a series twice", "duplicate_series")
    return columns


def parse_schema(value: Any) -> str:
    """Read a schema hash: 32 lower-case hex digits."""
    text = check.text(value, "schema", 32)
    if len(text) != 32 or not set(text) <= set("0123456789abcdef"):
        raise check.refuse("schema", "must be 32 lower-case hex digits")
    return text


def _listed(value: Any) -> list[Any]:
    if isinstance(value, list) and len(value) > limits.SERIES_MAX:
        problem = f"has {len(value)} items, at most {limits.SERIES_MAX} are taken"
        raise WireError("too_many_series", f"series: {problem}", 413)
    return check.sequence(value, "series", limits.SERIES_MAX)


def _one(item: Any, where: str) -> Series:
    if not isinstance(item, list) or len(item) != 2:
        raise check.refuse(where, "must be a pair of name and labels")
    name = check.word(item[0], f"{where} name", limits.NAME_CHARACTERS_MAX)
    labels = check.mapping(item[1], f"{where} labels", limits.LABELS_MAX)
    for label, content in labels.items():
        check.word(label, f"{where} label name", limits.LABEL_NAME_CHARACTERS_MAX)
        check.text(content, f"{where} label {label}", limits.LABEL_VALUE_CHARACTERS_MAX)
    return Series(name, tuple(sorted(labels.items())))
