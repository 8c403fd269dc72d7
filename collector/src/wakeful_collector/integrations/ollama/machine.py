"""What a machine of the gateway does next: a pure function of what is remembered, what is seen, and the time.

The caller keeps the memory first and performs the acts afterwards: whatever is killed in between is seen here again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama.states import (
    FORCE,
    SLEEP,
    SLEEP_FAILED,
    SLEPT,
    WAKE,
    WAKE_FAILED,
    WOKE,
    Facts,
    Memory,
    Policy,
    State,
    Step,
    Turn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CLAIM_WAIT_SECONDS_MAX = 3_600.0
"""How long a lease that stays waits between two wakings that failed, at most."""
LOST_ORDER_SECONDS = 20.0
"""How long after an order to sleep that nobody knows the end of, a machine that answers and is wanted goes on."""
GONE_PROBES_STOPPING = 2
"""How often in a row a machine that was ordered to sleep must not answer."""


def step(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    """Return what follows from the facts at `now_ms`."""
    seen = _noted(_sane(memory, policy, now_ms), facts, now_ms)
    if facts.asked == FORCE and SLEEP in facts.acting:  # an older order that hangs: this one comes after it
        facts = facts._replace(asked="")
    return _DECIDE[seen.state](seen, facts, policy, now_ms)


def _sane(memory: Memory, policy: Policy, now_ms: int) -> Memory:
    """Return the memory with no time that cannot be: the clock may have been set back."""
    past = ("since_ms", "used_ms", "busy_ms", "looked_ms", "probed_ms", "sent_ms", "woke_ms", "ordered_ms", "failed_ms")
    wrong: dict[str, Any] = {name: now_ms for name in past if getattr(memory, name) > now_ms}
    ahead = {"cool_ms": policy.cool_seconds, "retry_ms": policy.retry_max_seconds}
    wrong |= {name: now_ms for name, most in ahead.items() if getattr(memory, name) > now_ms + most * 1000}
    return memory._replace(**wrong) if wrong else memory


def _noted(memory: Memory, facts: Facts, now_ms: int) -> Memory:
    """Return the memory with what was seen written into it."""
    if facts.answers is not None:
        memory = memory._replace(probed_ms=now_ms, missed=0 if facts.answers else memory.missed + 1)
    if facts.busy is not None:
        memory = memory._replace(looked_ms=now_ms, busy=facts.busy, busy_ms=now_ms if facts.busy else memory.busy_ms)
    if (facts.is_wanted or facts.served) and now_ms - memory.used_ms >= 1000:  # not every turn has to be kept
        memory = memory._replace(used_ms=now_ms)
    if facts.act is not None and facts.act.name == WAKE:
        memory = memory._replace(said=facts.act.detail, is_called=facts.act.ok)
    return memory


def _asleep(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    if facts.answers:
        return _awake_at_last(memory, facts, "somebody switched it on", "itself", now_ms)
    asked = facts.asked == WAKE
    by = facts.asked_by if asked else memory.wanted_by or _who(facts)
    is_cool = _since(memory.woke_ms, now_ms) >= policy.cool_seconds
    is_due = asked or bool(memory.wanted_by) or (is_cool and memory.probed_ms > 0)
    if by and is_due and facts.can_wake:
        return _waking_now(memory, facts, by, now_ms)
    return Step(memory._replace(wanted_by=""), consumed=bool(facts.asked))


def _waking(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    consumed = facts.asked == WAKE
    if facts.answers:
        reason = f"it answered after {_since(memory.since_ms, now_ms):.0f} s"
        return _awake_at_last(memory, facts, reason, memory.by or "itself", now_ms)
    if facts.act is not None and facts.act.name == WAKE and facts.act.permanent:
        return _given_up(memory, facts, policy, facts.act.detail, now_ms)
    is_over = _since(memory.since_ms, now_ms) >= policy.boot_seconds
    if is_over and facts.answers is False:  # nobody may have looked since: the worker did not run, and it came up
        tried = f"it was called {memory.sent} times" if memory.sent != 1 else "it was called once"
        reason = f"no answer within {policy.boot_seconds:.0f} s; {tried}" + (f": {memory.said}" if memory.said else "")
        return _given_up(memory, facts, policy, reason, now_ms)
    is_due = not is_over and _since(memory.sent_ms, now_ms) >= policy.packet_seconds
    if is_due and WAKE not in facts.acting and (policy.repeat or not memory.is_called):
        memory = memory._replace(sent=memory.sent + 1, sent_ms=now_ms, is_called=False)
        return Step(memory, (WAKE,), consumed=consumed)
    return Step(memory, consumed=consumed)


def _awake(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    if memory.missed >= policy.gone_probes:
        return _gone(memory, facts, now_ms)
    if facts.asked == WAKE:
        memory = memory._replace(used_ms=now_ms)
    if facts.asked == FORCE and facts.can_sleep and WAKE in facts.acting:
        return Step(memory)  # a packet that is still to be sent would wake it again
    if facts.asked == FORCE and facts.can_sleep:
        return _stopping_now(memory, facts, f"{facts.asked_by} had it put to sleep at once", facts.asked_by, now_ms)
    if facts.asked == SLEEP and facts.busy is None:
        return Step(memory)  # the look that decides is on its way
    if facts.asked == SLEEP and facts.can_sleep and not facts.is_wanted and not memory.busy:
        reason = f"{facts.asked_by} had it put to sleep"
        return _to(memory._replace(by=facts.asked_by), State.DRAINING, reason, facts.asked_by, now_ms, True)
    if not facts.asked and facts.can_sleep and not facts.is_wanted and _is_idle(memory, policy, now_ms):
        reason = f"nobody used it for {_since(memory.used_ms, now_ms):.0f} s"
        return _to(memory._replace(by="idle"), State.DRAINING, reason, "idle", now_ms)
    return Step(memory, consumed=bool(facts.asked))


def _draining(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    consumed = bool(facts.asked)
    if memory.missed >= policy.gone_probes:
        return _gone(memory, facts, now_ms)
    if facts.asked == FORCE and facts.can_sleep and WAKE in facts.acting:
        return Step(memory)  # a packet that is still to be sent would wake it again
    if facts.asked == FORCE and facts.can_sleep:
        return _stopping_now(memory, facts, f"{facts.asked_by} had it put to sleep at once", facts.asked_by, now_ms)
    kept = _kept_awake(memory, facts)
    if kept is not None:
        return _to(memory._replace(used_ms=now_ms), State.AWAKE, *kept, now_ms, consumed)
    waited_seconds = _since(memory.since_ms, now_ms)
    is_calm = memory.looked_ms > memory.since_ms and not facts.acting & {SLEEP, WAKE}
    if waited_seconds >= policy.drain_seconds and is_calm:
        return _stopping_now(memory, facts, memory.reason, memory.by or "idle", now_ms)
    if waited_seconds >= policy.drain_seconds + policy.stop_seconds:
        return _to(memory, State.AWAKE, "nobody could look whether it is idle", "itself", now_ms, consumed)
    return Step(memory, consumed=consumed)


def _kept_awake(memory: Memory, facts: Facts) -> tuple[str, str] | None:
    """Return why a machine that was about to sleep does not, and by whom."""
    if facts.asked == WAKE:
        return f"{facts.asked_by} wants it awake", facts.asked_by
    if facts.is_wanted:
        return "somebody uses it again", _who(facts)
    if facts.served:
        return "somebody used it meanwhile", "request"
    if not facts.can_sleep:
        return "it may not be put to sleep", "itself"
    return ("; ".join(memory.busy), "itself") if memory.busy else None


def _stopping(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    consumed = bool(facts.asked)
    if facts.asked:
        memory = memory._replace(wanted_by=facts.asked_by if facts.asked == WAKE else "")
    if facts.act is not None and facts.act.name == SLEEP:
        memory = memory._replace(ordered_ms=0)
        if not facts.act.ok:
            return _stayed(memory, policy, f"it could not be put to sleep: {facts.act.detail}", now_ms, consumed)
    if memory.missed >= GONE_PROBES_STOPPING:
        memory = memory._replace(failures=0, failed="", retry_ms=0, ordered_ms=0)
        turned = _to(memory, State.ASLEEP, memory.reason, memory.by or "idle", now_ms, consumed)
        return turned._replace(said=(SLEPT,))
    if _since(memory.since_ms, now_ms) >= policy.stop_seconds and facts.answers:
        reason = f"it still answers {policy.stop_seconds:.0f} s after it was ordered to sleep"
        return _stayed(memory, policy, reason, now_ms, consumed)
    if memory.ordered_ms and SLEEP not in facts.acting:  # whoever ordered was killed before its end was known
        is_wanted = facts.is_wanted or memory.wanted_by
        if not is_wanted and facts.can_sleep and facts.answers:
            return Step(memory._replace(ordered_ms=now_ms), (SLEEP,), consumed=consumed)
        if is_wanted and facts.answers and _since(memory.ordered_ms, now_ms) >= LOST_ORDER_SECONDS:
            memory = memory._replace(ordered_ms=0, wanted_by="", used_ms=now_ms)
            return _to(memory, State.AWAKE, "the order to sleep was lost", "itself", now_ms, consumed)
    return Step(memory, consumed=consumed)


def _unreachable(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> Step:
    if facts.answers:
        return _awake_at_last(memory, facts, "it answers again", "itself", now_ms)
    if facts.asked == WAKE and facts.can_wake:
        return _waking_now(memory, facts, facts.asked_by, now_ms)
    if facts.can_wake and memory.probed_ms and now_ms >= memory.cool_ms and _may_try(memory, facts, policy, now_ms):
        return _waking_now(memory, facts, _who(facts), now_ms)
    return Step(memory, consumed=bool(facts.asked))


def _may_try(memory: Memory, facts: Facts, policy: Policy, now_ms: int) -> bool:
    """Tell whether those who want the machine may have it woken: requests after a pause, leases ever more rarely."""
    passed_seconds = _since(memory.woke_ms, now_ms)
    if facts.requests:
        return passed_seconds >= policy.cool_seconds
    doubled = policy.boot_seconds + policy.cool_seconds * 2.0 ** min(memory.tries, 12)
    return facts.is_wanted and passed_seconds >= min(doubled, max(CLAIM_WAIT_SECONDS_MAX, policy.boot_seconds * 2))


def _is_idle(memory: Memory, policy: Policy, now_ms: int) -> bool:
    unused_ms = max(memory.used_ms, memory.since_ms)
    calm_seconds = min(policy.calm_seconds, policy.idle_seconds)
    return (
        _since(unused_ms, now_ms) >= policy.idle_seconds
        and now_ms >= memory.retry_ms
        and memory.looked_ms > unused_ms
        and _since(memory.looked_ms, now_ms) <= 2 * policy.look_seconds
        and not memory.busy
        and _since(memory.busy_ms, now_ms) >= calm_seconds
    )


def _waking_now(memory: Memory, facts: Facts, by: str, now_ms: int) -> Step:
    memory = memory._replace(by=by, wanted_by="", sent=1, sent_ms=now_ms, is_called=False, said="", woke_ms=now_ms)
    if WAKE in facts.acting:  # of the waking before; this one calls when that is through
        memory = memory._replace(sent=0)
    turned = _to(memory, State.WAKING, _wanted_by(by), by, now_ms, bool(facts.asked))
    return turned._replace(acts=() if WAKE in facts.acting else (WAKE,))


def _awake_at_last(memory: Memory, facts: Facts, reason: str, by: str, now_ms: int) -> Step:
    woke = memory.state is State.WAKING
    memory = memory._replace(used_ms=now_ms, wanted_by="", busy=(), busy_ms=now_ms, looked_ms=0)
    memory = memory._replace(tries=0, cool_ms=0, failures=0, failed="", retry_ms=0)
    turned = _to(memory, State.AWAKE, reason, by, now_ms, facts.asked == WAKE)
    return turned._replace(said=(WOKE,) if woke else ())


def _given_up(memory: Memory, facts: Facts, policy: Policy, reason: str, now_ms: int) -> Step:
    cool_ms = now_ms + round(policy.cool_seconds * 1000)
    memory = memory._replace(cool_ms=cool_ms, tries=memory.tries + 1)
    turned = _to(memory, State.UNREACHABLE, reason, memory.by or "itself", now_ms, bool(facts.asked))
    return turned._replace(said=(WAKE_FAILED,))


def _gone(memory: Memory, facts: Facts, now_ms: int) -> Step:
    consumed = facts.asked in {SLEEP, FORCE}
    if facts.can_wake:
        return _to(memory, State.ASLEEP, "it no longer answers: somebody switched it off", "itself", now_ms, consumed)
    return _to(memory, State.UNREACHABLE, "it no longer answers", "itself", now_ms, consumed)


def _stopping_now(memory: Memory, facts: Facts, reason: str, by: str, now_ms: int) -> Step:
    memory = memory._replace(ordered_ms=now_ms, missed=0, by=by, wanted_by="")
    turned = _to(memory, State.STOPPING, reason, by, now_ms, bool(facts.asked))
    return turned._replace(acts=(SLEEP,), forced=facts.asked == FORCE)


def _stayed(memory: Memory, policy: Policy, reason: str, now_ms: int, consumed: bool) -> Step:
    wait_seconds = min(policy.retry_seconds * 2.0 ** min(memory.failures, 20), policy.retry_max_seconds)
    memory = memory._replace(
        failures=memory.failures + 1,
        failed=reason,
        failed_ms=now_ms,
        retry_ms=now_ms + round(wait_seconds * 1000),
        ordered_ms=0,
        wanted_by="",
        missed=0,
    )
    turned = _to(memory, State.AWAKE, reason, "itself", now_ms, consumed)
    return turned._replace(said=(SLEEP_FAILED,))


def _to(memory: Memory, state: State, reason: str, by: str, now_ms: int, consumed: bool = False) -> Step:
    turned = memory._replace(state=state, since_ms=now_ms, reason=reason)
    return Step(turned, turn=Turn(memory.state, state, reason, by), consumed=consumed)


def _since(at_ms: int, now_ms: int) -> float:
    return (now_ms - at_ms) / 1000


def _who(facts: Facts) -> str:
    if facts.requests:
        return "request"
    return "lease" if facts.claims else "permanent" if facts.permanent else ""


def _wanted_by(by: str) -> str:
    said = {"request": "a request waits for it", "lease": "a lease wants it", "permanent": "it is kept awake for good"}
    return said.get(by, f"{by} had it woken")


_DECIDE: dict[State, Callable[[Memory, Facts, Policy, int], Step]] = {
    State.ASLEEP: _asleep,
    State.WAKING: _waking,
    State.AWAKE: _awake,
    State.DRAINING: _draining,
    State.STOPPING: _stopping,
    State.UNREACHABLE: _unreachable,
}
