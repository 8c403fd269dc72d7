"""Plans as a tired person reads them: what is done to which guest in which order, and what of it hurts, said twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.table import Cell, Styled
from wakeful_collector.remote.width import columns, harmless

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.remote.terminal import Terminal

DIGEST_SHOWN = 12
_EFFECTS = {
    "live": ("live", "good", ""),
    "reboot": ("REBOOTS IT", "warn", "reboots its guest"),
    "stop": ("STOPS IT", "bad", "stops its guest"),
    "destroys": ("DESTROYS", "bad", "destroys what is there"),
}
FLAGS = {"reboot": "--allow-reboot", "stop": "--allow-stop", "destroys": "--allow-destroy"}
_NOT_SET = "(not set)"
_VALUE_COLUMNS_MAX = 60

Record = dict[str, Any]


def steps_of(plan: Mapping[str, Any]) -> list[Record]:
    """Return the steps of a plan."""
    return [one for one in plan.get("steps") or [] if isinstance(one, dict)]


def problems_of(plan: Mapping[str, Any]) -> list[Record]:
    """Return what of the wishes cannot be planned."""
    return [one for one in plan.get("problems") or [] if isinstance(one, dict)]


def flags_of(plan: Mapping[str, Any]) -> list[str]:
    """Return the options that a plan needs beyond what is harmless."""
    effects = {str(one.get("effect")) for one in steps_of(plan)}
    return [flag for effect, flag in FLAGS.items() if effect in effects]


def told(out: Terminal, plan: Mapping[str, Any], everything: str) -> None:
    """Write a plan; `everything` is said when there is nothing to change."""
    steps, problems = steps_of(plan), problems_of(plan)
    clusters = {str(one.get("cluster")) for one in steps}
    room = len(str(len(steps)))
    for one in steps:
        _step(out, one, room, len(clusters) > 1)
    for problem in problems:
        fault(out, problem, "cannot be planned")
    if steps:
        out.line(_summary(steps), ".")
        for line in _careful(steps):
            out.line(line)
        out.line(Styled(f"digest {plan.get('digest')}", "dim"))
    elif not problems:
        out.line(Styled(everything, "good"))


def fault(out: Terminal, found: Mapping[str, Any], what: str = "") -> None:
    """Write something wrong with a file, as compilers do: `web.yaml:12: spec.memory: what`, and the way out."""
    where = f"{found.get('file')}:{found.get('line')}" if found.get("line") else str(found.get("file") or "")
    parts = [str(found.get(name)) for name in ("title", "path") if found.get(name)]
    head = ": ".join(part for part in (where, what, *parts) if part)
    out.line(Styled(head, "bad"), f": {found.get('message')}" if head else str(found.get("message")))
    if found.get("hint"):
        out.line("  ", Styled(str(found["hint"]), "dim"))


def requests(out: Terminal, found: object) -> None:
    """Write the requests that would be sent, numbered."""
    out.line("Nothing was sent. This would be:")
    for one in found if isinstance(found, list) else []:
        out.line("  ", Styled(f"{one.get('method')} {one.get('path')}", "bold"))
        out.pairs(((str(name), str(value)) for name, value in (one.get("form") or {}).items()), "    ")


def effect_cell(effect: object) -> Cell:
    """Return what a step does to its guest, as it is shown."""
    word, style, _ = _EFFECTS.get(str(effect), (str(effect), "bad", ""))
    return Styled(word, style)


def _step(out: Terminal, one: Record, room: int, with_cluster: bool) -> None:
    number = str(one.get("number") or "").rjust(room)
    where = f"{one.get('cluster')}: " if with_cluster else ""
    kind = str(one.get("kind")).replace("_", " ").replace(".", " ")
    out.line(Styled(f"{number}. {where}{one.get('title')}: {kind}", "bold"), "  ", effect_cell(one.get("effect")))
    indent = " " * (room + 2)
    old, new = one.get("old") or {}, one.get("new") or {}
    names = list(dict.fromkeys([*old, *new]))
    width = max((columns(harmless(name)) for name in names), default=0)
    for name in names:
        _change(out, indent + name.ljust(width), old.get(name), new.get(name))
    if one.get("why"):
        out.line(indent, Styled(f"why: {one['why']}", "dim"))
    if one.get("blocked"):
        out.line(indent, Styled(f"it will be refused: {one['blocked']}", "bad"))


def _change(out: Terminal, name: str, old: object, new: object) -> None:
    """Write one field: on one line when it is short, below each other when it is not."""
    was, becomes = _value(old), _value(new)
    pieces: tuple[Cell, ...]
    if columns(harmless(was)) + columns(harmless(becomes)) <= _VALUE_COLUMNS_MAX:
        pieces = (f"{name}  ", Styled(was, "dim"), " -> ", Styled(becomes, "bold"))
        out.line(*pieces)
        return
    out.line(f"{name}  ", Styled(was, "dim"))
    out.line(" " * (columns(harmless(name)) - 1), "-> ", Styled(becomes, "bold"))


def _value(value: object) -> str:
    if value is None:
        return _NOT_SET
    return '""' if value == "" else str(value)


def _summary(steps: list[Record]) -> str:
    counted = {effect: sum(one.get("effect") == effect for one in steps) for effect in _EFFECTS}
    said = [f"{count} {_COUNTED[effect]}" for effect, count in counted.items() if count]
    return f"{len(steps)} step{'' if len(steps) == 1 else 's'}: {', '.join(said)}"


def _careful(steps: list[Record]) -> list[Cell]:
    """Return what hurts once more, so that nobody must look for it between the rest."""
    lines: list[Cell] = []
    for effect, (_, style, verb) in _EFFECTS.items():
        hit = [one for one in steps if one.get("effect") == effect]
        if verb and hit:
            which = ", ".join(f"{one.get('number')} ({one.get('title')})" for one in hit)
            step = "step" if len(hit) == 1 else "steps"
            lines.append(Styled(f"Careful: {step} {which} {verb if len(hit) == 1 else _PLURAL[effect]}.", style))
    return lines


_COUNTED = {"live": "live", "reboot": "with a reboot", "stop": "with a stop", "destroys": "destroying"}
_PLURAL = {"reboot": "reboot their guests", "stop": "stop their guests", "destroys": "destroy what is there"}
