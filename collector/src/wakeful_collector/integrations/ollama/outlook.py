"""What comes next at a machine: what has to be looked at, what a request may expect, what people are told. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.ollama.states import FORCE, SERVING, SLEEP, WAKE, State

if TYPE_CHECKING:
    from wakeful_collector.integrations.ollama.states import Facts, Memory, Policy

SERVE, WAIT, REFUSE = "serve", "wait", "refuse"
_ASKED = {
    (State.AWAKE, SLEEP): "goes to sleep, if a last look finds nothing against it",
    (State.AWAKE, FORCE): "is ordered to sleep now",
    (State.ASLEEP, WAKE): "is woken now",
    (State.UNREACHABLE, WAKE): "is woken now",
}
_OFTEN = frozenset({State.WAKING, State.DRAINING, State.STOPPING})


class Looks(NamedTuple):
    """What to look at now: whether it answers, and whether something keeps it busy."""

    probe: bool
    busy: bool


class Prospect(NamedTuple):
    """What a request may expect: `verdict` is serve, wait or refuse; `retry_seconds` is when asking again may help."""

    verdict: str
    reason: str = ""
    retry_seconds: int = 0


class Outlook(NamedTuple):
    """What happens next, as a sentence for people, and when (None: nothing is planned, or nobody can tell)."""

    text: str
    at_ms: int | None = None


def looks(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Looks:
    """Return what has to be looked at now; `facts` are those known without looking."""
    often = memory.state in _OFTEN or (memory.missed > 0 and memory.state is State.AWAKE)
    probe = _is_due(memory.probed_ms, policy.probe_often_seconds if often else policy.probe_seconds, now_ms)
    if memory.state is State.DRAINING:
        fresh = memory.looked_ms > memory.since_ms
        return Looks(probe, not fresh or _is_due(memory.looked_ms, policy.probe_often_seconds, now_ms))
    if memory.state is not State.AWAKE:
        return Looks(probe, False)
    idle_ms = _idle_ms(memory, policy)
    is_near = not facts.is_wanted and now_ms >= idle_ms - round(policy.look_seconds * 1000)
    every_seconds = min(policy.look_seconds, 5.0) if is_near else policy.look_seconds
    stale = memory.looked_ms <= max(memory.used_ms, memory.since_ms) and is_near
    return Looks(probe, facts.asked == SLEEP or stale or _is_due(memory.looked_ms, every_seconds, now_ms))


def prospect(memory: Memory, can_wake: bool, policy: Policy, now_ms: int, asked: str = "") -> Prospect:
    """Return what a request may expect of the machine; `asked` is what a person wants of it right now."""
    if memory.state in SERVING:
        return Prospect(SERVE)
    if memory.state is State.WAKING:
        return Prospect(WAIT, memory.reason, _left(memory.since_ms, policy.boot_seconds, now_ms))
    if memory.state is State.STOPPING:
        left = _left(memory.since_ms, policy.stop_seconds, now_ms)
        return Prospect(
            WAIT, "it is on its way to sleep and is woken again after it", left + round(policy.boot_seconds)
        )
    if not can_wake and memory.probed_ms:
        why = "it sleeps" if memory.state is State.ASLEEP else "it does not answer"
        return Prospect(REFUSE, f"{why}, and nothing is set that may wake it", round(policy.probe_seconds) or 1)
    cool_ms = max(memory.cool_ms, memory.woke_ms + round(policy.cool_seconds * 1000))
    if memory.state is State.UNREACHABLE and now_ms < cool_ms and asked != WAKE:
        return Prospect(REFUSE, memory.reason, max(1, -(-(cool_ms - now_ms) // 1000)))
    return Prospect(WAIT, "it sleeps and is woken", round(policy.boot_seconds))


def outlook(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Outlook:
    """Return what happens next if nobody does anything more than was asked."""
    if facts.asked and (facts.can_wake if facts.asked == WAKE else facts.can_sleep):
        asked = _ASKED.get((memory.state, facts.asked))
        if asked is not None:
            return Outlook(asked)
    if memory.state is State.AWAKE:
        return _outlook_awake(memory, facts, policy)
    if memory.state is State.ASLEEP:
        how = "is woken by the first request" if facts.can_wake else "stays asleep: nothing is set that may wake it"
        return Outlook(how)
    if memory.state is State.UNREACHABLE:
        if not facts.can_wake:
            return Outlook("is looked at again and again; nothing is set that may wake it")
        if now_ms < memory.cool_ms:
            return Outlook("may be woken again", memory.cool_ms)
        return Outlook("is woken by the next request")
    ends = {
        State.WAKING: ("is given up unless it answers", policy.boot_seconds),
        State.DRAINING: ("is ordered to sleep unless somebody comes", policy.drain_seconds),
        State.STOPPING: ("counts as still awake unless it is gone", policy.stop_seconds),
    }
    text, seconds = ends[memory.state]
    return Outlook(text, memory.since_ms + round(seconds * 1000))


def _outlook_awake(memory: Memory, facts: Facts, policy: Policy) -> Outlook:
    if not facts.can_sleep:
        return Outlook("stays awake: nothing is set that may put it to sleep")
    if facts.permanent:
        return Outlook("stays awake: it is kept awake for good")
    if facts.requests or facts.claims:
        return Outlook("stays awake: it is used")
    if memory.busy:
        return Outlook(f"stays awake: {'; '.join(memory.busy)}")
    calm_ms = memory.busy_ms + round(min(policy.calm_seconds, policy.idle_seconds) * 1000)
    return Outlook("sleeps unless it is used", max(_idle_ms(memory, policy), calm_ms, memory.retry_ms))


def _idle_ms(memory: Memory, policy: Policy) -> int:
    return max(memory.used_ms, memory.since_ms) + round(policy.idle_seconds * 1000)


def _is_due(at_ms: int, every_seconds: float, now_ms: int) -> bool:
    return now_ms - at_ms >= every_seconds * 1000 or now_ms < at_ms


def _left(since_ms: int, seconds: float, now_ms: int) -> int:
    return max(1, round(seconds - (now_ms - since_ms) / 1000))
