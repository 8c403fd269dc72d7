"""What of a host's newest readings a person should look at: one table of rules, judged without looking anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.model.trouble_rules import RULES, Rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["METRICS", "Reading", "Rule", "Trouble", "troubles"]

SUBJECTS_NAMED = 3
_ORDER = {"bad": 0, "warn": 1}
_BY_METRIC: dict[str, list[Rule]] = {}
for _rule in RULES:
    _BY_METRIC.setdefault(_rule.metric, []).append(_rule)

METRICS = frozenset(_BY_METRIC)
"""The metrics that some rule looks at."""


class Reading(NamedTuple):
    """The newest value of a series."""

    name: str
    labels: Mapping[str, str]
    value: float


class Trouble(NamedTuple):
    """Something to look at: `kind` and `metric` are the rule's, `text` is for people and holds hostile names."""

    kind: str
    severity: str
    text: str
    metric: str = ""


def troubles(readings: Iterable[Reading], now_ms: int) -> list[Trouble]:
    """Return what the rules find, the bad first: things in the same trouble are one, hardware is named once."""
    found: dict[Rule, list[tuple[str, float]]] = {}
    for reading in readings:
        for rule in _BY_METRIC.get(reading.name, ()):
            figure = reading.value - now_ms / 1000 if rule.epoch else reading.value
            if _holds(rule, reading, figure):
                found.setdefault(rule, []).append((_subject(rule, reading), figure))
                break  # the rules of a metric stand in order of weight: the first that holds says it
    made = []
    said: set[tuple[str, str]] = set()
    for rule in sorted(found, key=lambda rule: (_ORDER[rule.severity], RULES.index(rule))):
        things = [thing for thing in found[rule] if (rule.kind, thing[0]) not in said]
        said |= {(rule.kind, subject) for subject, _ in things if rule.kind == "hardware"}
        if things:
            made.append(Trouble(rule.kind, rule.severity, _text(rule, things), rule.metric))
    return made


def _holds(rule: Rule, reading: Reading, figure: float) -> bool:
    if any(reading.labels.get(name) not in values for name, values in rule.where):
        return False
    return (rule.below is None or figure < rule.below) and (rule.least is None or figure >= rule.least)


def _subject(rule: Rule, reading: Reading) -> str:
    return " ".join(reading.labels[name] for name in rule.subject if reading.labels.get(name))


def _text(rule: Rule, things: list[tuple[str, float]]) -> str:
    things.sort(key=lambda thing: thing[1] if rule.least is None else -thing[1])
    subject, figure = things[0]
    words = {"subject": subject, "days": max(0, int(figure // 86_400)), "number": f"{figure:.0f}"}
    words["share"] = f"{figure * 100:.0f} %"
    if len(things) == 1 or not rule.many:
        return " ".join(rule.one.format(**words).split())
    names = ", ".join(name for name, _ in things[:SUBJECTS_NAMED])
    rest = ", ..." if len(things) > SUBJECTS_NAMED else ""
    return f"{rule.many.format(count=len(things))}: {names}{rest}"
