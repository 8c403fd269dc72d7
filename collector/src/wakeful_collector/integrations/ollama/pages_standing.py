"""How one machine stands, put together for its page: state, what happens next, the last day, figures, buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.ollama import outlook, pages_models, pages_strip, pages_words, persisted, settings
from wakeful_collector.integrations.ollama.states import SERVING, Facts, State
from wakeful_collector.read import gateway, gateway_history, gateway_leases
from wakeful_collector.store.gateway_leases import REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from markupsafe import Markup

    from wakeful_collector.integrations.ollama.pages_models import Models
    from wakeful_collector.integrations.ollama.persisted import Known
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_history import Total
    from wakeful_collector.store.gateway_leases import Lease

DAY_MS = 86_400_000
MOVING = frozenset({State.WAKING, State.DRAINING, State.STOPPING})
"""States that do not last: the page looks again soon."""

_KWH = 3_600_000.0


class Button(NamedTuple):
    """A button: the operation with its arguments, what it says, what is asked before, why it cannot be pressed."""

    key: str
    operation: str
    label: str
    fields: dict[str, str]
    sure: str
    why_not: str
    symbol: str
    style: str = ""


class Figures(NamedTuple):
    """What the counters of a machine say; `saved_kwh` is None where nobody said what it draws."""

    served: float
    tokens: float
    wakes: float
    wake_seconds: float | None
    saved_kwh: float | None


class Standing(NamedTuple):
    """How one machine stands."""

    name: str
    is_default: bool
    state: str
    mood: str
    word: str
    icon: str
    since_ms: int
    reason: str
    next: str
    moves: bool
    serves: bool
    permanent: bool
    running: int
    waiting: int
    leases: Sequence[Lease]
    strip: Markup
    awake_share: float
    awake_week_seconds: float
    figures: Figures
    models: Models
    buttons: list[Button]


def standings(data: Path, machines: Sequence[Machine], lacking: str, now_ms: int) -> list[Standing]:
    """Return how machines stand; `lacking` is why whoever looks may press nothing, empty when they may."""
    totals = gateway_history.totals(data)
    return [
        _standing(data, one, [total for total in totals if total.machine == one.name], lacking, now_ms)
        for one in machines
    ]


def standing(data: Path, machine: Machine, lacking: str, now_ms: int) -> Standing:
    """Return how one machine stands."""
    (found,) = standings(data, [machine], lacking, now_ms)
    return found


def _standing(data: Path, machine: Machine, totals: Sequence[Total], lacking: str, now_ms: int) -> Standing:
    name = machine.name
    row = gateway.state(data, name)
    known = persisted.read(row, machine, now_ms)
    state = known.memory.state
    leases = gateway_leases.leases(data, now_ms, name)
    requests = [lease for lease in leases if lease.kind == REQUEST]
    waiting = sum(lease.admitted_ms is None for lease in requests)
    mood, word, icon = pages_words.state(state)
    return Standing(
        name=name,
        is_default=machine.default,
        state=state.value,
        mood=mood,
        word=word,
        icon=icon,
        since_ms=0 if row is None else known.memory.since_ms,
        reason=known.memory.reason,
        next=next_words(machine, known, leases, now_ms),
        moves=state in MOVING or known.asked is not None,
        serves=state in SERVING,
        permanent=known.permanent,
        running=len(requests) - waiting,
        waiting=waiting,
        leases=leases,
        strip=_strip(data, name, "" if row is None else state, now_ms),
        awake_share=gateway_history.awake_seconds(data, name, now_ms - DAY_MS, now_ms) * 1000 / DAY_MS,
        awake_week_seconds=gateway_history.awake_seconds(data, name, now_ms - 7 * DAY_MS, now_ms),
        figures=figures_of(name, machine.watts, totals),
        models=pages_models.models(gateway.answer(data, name, "/api/tags"), gateway.answer(data, name, "/api/ps")),
        buttons=buttons(machine, known, leases, lacking),
    )


def next_words(machine: Machine, known: Known, leases: Sequence[Lease], now_ms: int) -> str:
    """Return what happens next, as a sentence without its full stop: `in 4 min it sleeps unless it is used`."""
    requests = sum(lease.kind == REQUEST for lease in leases)
    facts = Facts(
        requests=requests,
        claims=len(leases) - requests,
        permanent=known.permanent,
        asked=known.asked.what if known.asked else "",
        can_wake=machine.can_wake,
        can_sleep=machine.can_sleep,
    )
    found = outlook.outlook(known.memory, facts, settings.policy(machine), now_ms)
    if found.at_ms is None:
        return f"it {found.text}"
    left = (found.at_ms - now_ms) / 1000
    return f"in {pages_words.span(left)} it {found.text}" if left >= 1 else f"any moment it {found.text}"


def _strip(data: Path, name: str, state: str, now_ms: int) -> Markup:
    turns = gateway_history.turns(data, name, now_ms - DAY_MS)
    row = gateway.machine(data, name)
    known_ms = min([now_ms if row is None else row.made_ms, *(turn.at_ms for turn in turns)])
    since_ms = max(now_ms - DAY_MS, known_ms)  # before that nobody looked
    parts = pages_strip.stretches(turns, state, since_ms, now_ms)
    return pages_strip.strip(parts, now_ms - DAY_MS, now_ms)


def figures_of(name: str, watts: float, totals: Iterable[Total]) -> Figures:
    """Return the figures of a machine from the counters of all."""
    sums: dict[str, float] = {}
    for one in totals:
        if one.machine == name:
            sums[one.name] = sums.get(one.name, 0.0) + one.value
    wakes = sums.get("wakes", 0.0)
    return Figures(
        served=sums.get("requests", 0.0),
        tokens=sums.get("completion_tokens", 0.0),
        wakes=wakes,
        wake_seconds=sums["wake_seconds"] / wakes if wakes and sums.get("wake_seconds") else None,
        saved_kwh=sums.get("asleep_seconds", 0.0) * watts / _KWH if watts else None,
    )


def buttons(machine: Machine, known: Known, leases: Sequence[Lease], lacking: str) -> list[Button]:
    """Return the buttons that make sense in this state."""
    fields = {"machine": machine.name}
    state, permanent = known.memory.state, known.permanent
    found = []
    if state not in (*SERVING, State.WAKING):
        cannot = "" if machine.can_wake else f"Nothing says how {machine.name} is woken."
        found.append(Button("wake", "gateway.wake", "Wake", fields, "", lacking or cannot, "sun", "primary"))
    elif not machine.can_sleep or state is State.WAKING:
        pass  # there is no such way, or it is not up yet
    elif leases or permanent or known.memory.busy:
        sure = f"Put {machine.name} to sleep all the same? {_ignored(known, leases)}"
        force = {**fields, "force": "yes"}
        found.append(Button("sleep", "gateway.sleep", "Sleep anyway", force, sure, lacking, "moon"))
    else:
        sure = f"Put {machine.name} to sleep now?"
        found.append(Button("sleep", "gateway.sleep", "Sleep now", fields, sure, lacking, "moon"))
    if permanent:
        sure = f"Let {machine.name} sleep again when nobody needs it?"
        off = {**fields, "on": "no"}
        found.append(Button("permanent", "gateway.permanent", "Let it sleep again", off, sure, lacking, "moon"))
    else:
        sure = f"Keep {machine.name} awake until somebody lets it sleep?"
        on = {**fields, "on": "yes"}
        found.append(Button("permanent", "gateway.permanent", "Keep awake for good", on, sure, lacking, "lock"))
    return found


def _ignored(known: Known, leases: Sequence[Lease]) -> str:
    """Return what speaks against sleep, and what becomes of it."""
    requests = sum(lease.kind == REQUEST for lease in leases)
    claims = len(leases) - requests
    said = [f"{pages_words.count(requests, 'request')} will break off"] if requests else []
    said += [f"{pages_words.count(claims, 'claim')} will be ignored"] if claims else []
    said += ["it is kept awake for good"] if known.permanent else []
    said += known.memory.busy
    return ". ".join(one[:1].upper() + one[1:] for one in said) + "."
