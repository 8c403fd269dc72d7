"""Prometheus' text exposition format, version 0.0.4: read strictly, with the line of what is wrong.

Source: prometheus.io, "Exposition formats". Where readers differ (unknown escapes, a series named twice, a TYPE that
comes late or twice) the stricter one is followed, which is `promtool check metrics`.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_wire import limits
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

SAMPLES_MAX = 4_000
LINE_CHARACTERS_MAX = 65_536
KINDS = frozenset({"counter", "gauge", "histogram", "summary", "untyped"})

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,?)')
_OPEN = re.compile(r"[ \t]*\{")
_CLOSE = re.compile(r"[ \t]*\}")
_REST = re.compile(r"[ \t]*([^ \t]+)(?:[ \t]+(-?[0-9]{1,19}))?[ \t]*\Z")
_FLOAT = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[iI]nf(?:inity)?)\Z|[nN]a[nN]\Z")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"\\": "\\", '"': '"', "n": "\n"}


class Sample(NamedTuple):
    """One line with a value: labels sorted by name, `value` may be NaN or infinite, `time_ms` where it was said."""

    name: str
    labels: tuple[tuple[str, str], ...]
    value: float
    time_ms: int | None = None


def parse(text: str, most: int = SAMPLES_MAX) -> list[Sample]:
    """Return all samples in their order; histograms and summaries come as the series they consist of.

    Raises Malformed with the number of the first line that is wrong, or when there are more than `most` samples.
    """
    samples: list[Sample] = []
    first: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}
    named: set[str] = set()
    typed: set[str] = set()
    for number, whole in enumerate(text.split("\n"), 1):
        if len(whole) > LINE_CHARACTERS_MAX:
            _refuse(number, f"has more than {LINE_CHARACTERS_MAX} characters")
        line = whole.strip(" \t")
        if line.startswith("#"):
            _check_comment(line, number, typed, named)
        elif line:
            sample = _sample(line, number)
            named.add(sample.name)
            before = first.setdefault(sample[:2], number)
            if before != number:
                _refuse(number, f"names a series of line {before} again")
            if len(samples) == most:
                _refuse(number, f"is one too many: at most {most} samples are taken")
            samples.append(sample)
    return samples


def _check_comment(line: str, number: int, typed: set[str], named: set[str]) -> None:
    words = line[1:].split(None, 2)
    if not words or words[0] not in {"HELP", "TYPE"}:
        return
    name = words[1] if len(words) > 1 else ""
    if not _NAME.fullmatch(name):
        _refuse(number, f"{words[0]} has no metric's name")
    if words[0] == "HELP":
        return
    if len(words) < 3 or words[2] not in KINDS:
        _refuse(number, f"TYPE must be one of {', '.join(sorted(KINDS))}")
    if name in typed or name in named:
        _refuse(number, f"TYPE of {name} comes twice, or after its samples")
    typed.add(name)


def _sample(line: str, number: int) -> Sample:
    found = _NAME.match(line)
    if found is None or found.end() > limits.NAME_CHARACTERS_MAX:
        _refuse(number, f"must begin with a metric's name of at most {limits.NAME_CHARACTERS_MAX} characters")
    labels, end = _labels(line, found.end(), number)
    if end == found.end() and line[end : end + 1] not in {" ", "\t"}:
        _refuse(number, "has no value behind the metric's name")
    rest = _REST.match(line, end)
    if rest is None or not _FLOAT.match(rest[1]):
        _refuse(number, "must end with a number, and after it at most a time in whole milliseconds")
    return Sample(found[0], labels, float(rest[1]), None if rest[2] is None else int(rest[2]))


def _labels(line: str, start: int, number: int) -> tuple[tuple[tuple[str, str], ...], int]:
    opened = _OPEN.match(line, start)
    if opened is None:
        return (), start
    position = opened.end()
    labels: dict[str, str] = {}
    comma = ","
    while (closed := _CLOSE.match(line, position)) is None:
        found = _LABEL.match(line, position) if comma else None
        if found is None:
            _refuse(number, 'has labels that are not name="value", with commas between')
        if found[1] in labels:
            _refuse(number, f"has the label {found[1][:40]} twice")
        labels[found[1]] = _ESCAPE.sub(lambda escape: _unescaped(escape[1], number), found[2])
        comma, position = found[3], found.end()
    if len(labels) > limits.LABELS_MAX or any(len(name) > limits.LABEL_NAME_CHARACTERS_MAX for name in labels):
        most = f"{limits.LABELS_MAX} labels with names of {limits.LABEL_NAME_CHARACTERS_MAX} characters"
        _refuse(number, f"has more than {most}")
    return tuple(sorted(labels.items())), closed.end()


def _unescaped(character: str, number: int) -> str:
    known = _ESCAPED.get(character)
    return _refuse(number, 'has a backslash before something else than \\, " or n') if known is None else known


def _refuse(number: int, problem: str) -> NoReturn:
    raise Malformed(f"line {number}: {problem}")
