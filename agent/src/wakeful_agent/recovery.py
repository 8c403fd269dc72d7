"""Keeping something alive, decided: detect, act, verify, back off, give up. States in, decisions out.

Nothing here looks at a clock or does anything. Times are ms since the epoch; `fraction` is a random number from 0 to 1
that whoever asks draws anew each time.
"""

from __future__ import annotations

from wakeful_agent.decision import (
    ATTEMPTED,
    FAILED,
    FLAPPING,
    RECOVERY_GIVEN_UP,
    SUCCEEDED,
    WATCH_BLIND,
    WATCH_DOWN,
    WATCH_HELD,
    WATCH_PAUSED,
    WATCH_RESUMED,
    WATCH_SIGHTED,
    WATCH_STOPPED,
    WATCH_UP,
    Act,
    Tell,
    backoff_ms,
)
from wakeful_agent.standing import (
    ACTING,
    BLOCKED,
    GIVEN_UP,
    LEFT,
    PAUSED,
    REHEARSED,
    SETTLING,
    STEADYING,
    VERIFYING,
    WAITING,
    WATCHING,
    shift,
)
from wakeful_agent.watch import DOWN, HELD, STARTING, STOPPED, UNKNOWN, UP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Union

    from wakeful_agent.decision import Policy
    from wakeful_agent.standing import State
    from wakeful_agent.watch import Sight

FLAPS = 5
FLAPS_MS = 600_000
BLIND_MS = 600_000
"""How long nobody may be able to tell before that is told itself."""
STORY_MOST = 16
SENTENCE_CHARACTERS_MAX = 300
CUT_SHORT = "the agent ended in the middle of this attempt; what it brought about is looked at"


if TYPE_CHECKING:
    Decision = Union[Act, Tell]
    Decided = tuple[State, list[Decision]]


def see(state: State, sight: Sight, policy: Policy, now_ms: int, fraction: float) -> Decided:
    """Take in what was seen of the watch."""
    case = _Case(state, policy, now_ms, fraction)
    seen = DOWN if sight.state == STOPPED and not policy.respect_stop else sight.state
    case.note(seen, sight.detail, str(sight.data.get("trouble") or ""))
    if case.state.phase not in (ACTING, PAUSED):
        _SEEN[seen](case)
    case.elapse()
    return case.decided


def tick(state: State, policy: Policy, now_ms: int, fraction: float) -> Decided:
    """Do what the time has come for."""
    case = _Case(state, policy, now_ms, fraction)
    case.elapse()
    return case.decided


def acted(state: State, done: bool, summary: str, policy: Policy, now_ms: int, fraction: float) -> Decided:
    """Take in how an attempt ended: whether it could be made, and a sentence."""
    case = _Case(state, policy, now_ms, fraction)
    if state.phase != ACTING:
        return case.decided
    case.say(f"attempt {len(state.tried_ms)} of {policy.attempts}: {summary}")
    case.tell(ATTEMPTED, attempt=len(state.tried_ms), of=policy.attempts, summary=summary)
    if state.paused:
        case.be(PAUSED, state.paused_until_ms)
    elif not done:
        case.fail(summary)
    elif state.falls_ms and state.falls_ms[-1] > state.since_ms:
        case.fail("it came up and fell again")
    else:
        case.be(VERIFYING, case.now_ms + policy.verify_ms)
    if not state.paused and state.sight in (UP, STARTING, HELD, STOPPED):
        _SEEN[state.sight](case)  # seen meanwhile: a kind that hears does not say it again
    case.elapse()
    return case.decided


def pause(state: State, until_ms: int, policy: Policy, now_ms: int, why: str = "") -> Decided:
    """Leave it alone until then (0: until `resume`)."""
    case = _Case(state, policy, now_ms, 0.0)
    if not (state.paused and state.paused_until_ms == until_ms):
        case.change(paused=True, paused_until_ms=until_ms)
        case.tell(WATCH_PAUSED, until_ms=until_ms, why=why)
    if state.phase != ACTING:
        case.be(PAUSED, until_ms)
    return case.decided


def resume(state: State, policy: Policy, now_ms: int, fraction: float) -> Decided:
    """Keep it alive again, with a whole budget: a person had hands on it meanwhile."""
    case = _Case(state, policy, now_ms, fraction)
    if state.paused:
        case.resume()
        case.elapse()
    return case.decided


def why_not_repair(state: State) -> str:
    """Return why a person's wish to repair it now cannot be granted; empty when it can."""
    if state.paused:
        return "it is paused: resume it first"
    if state.phase == ACTING:
        return "an attempt is being made now"
    if state.phase == BLOCKED:
        return f"it is held: {state.detail}"
    return "it is up" if state.sight in (UP, STARTING) else ""


def repair(state: State, policy: Policy, now_ms: int, fraction: float) -> Decided:
    """Act at once because a person wants it, with a whole budget; nothing when `why_not_repair` says why."""
    case = _Case(state, policy, now_ms, fraction)
    if not why_not_repair(state):
        case.change(tried_ms=(), round=0, surrendered=False, stopped=False)
        case.attempt()
    return case.decided


def revive(state: State, policy: Policy, now_ms: int, fraction: float) -> Decided:
    """Take up a state that was kept on disk: what is seen now is not known, what was being tried is looked at."""
    case = _Case(state, policy, now_ms, fraction)
    case.change(sight=UNKNOWN, unknown_ms=0, tried_ms=tuple(min(one, now_ms) for one in case.state.tried_ms))
    if state.phase == ACTING:
        told, decisions = acted(case.state, True, CUT_SHORT, policy, now_ms, fraction)
        return told, [*case.decided[1], *decisions]
    if state.phase == VERIFYING:
        case.be(VERIFYING, now_ms + policy.verify_ms)
    elif state.phase in (SETTLING, STEADYING):
        case.change(due_ms=0)
    return case.decided


def forget(state: State, policy: Policy, now_ms: int) -> Decided:
    """Close what is open of a watch that is kept no longer."""
    case = _Case(state, policy, now_ms, 0.0)
    if state.incident:
        case.tell(WATCH_STOPPED, detail="it is watched no longer")
    if state.blind:
        case.decisions.append(Tell(WATCH_SIGHTED, {"incident": state.blind}))
    case.close()
    case.change(blind="", phase=WATCHING, due_ms=0)
    return case.decided


class _Case:
    """One decision being made: the state as it becomes, and what is decided so far."""

    def __init__(self, state: State, policy: Policy, now_ms: int, fraction: float) -> None:
        # A clock that was set back must not stretch any wait.
        self.state = shift(state, now_ms - state.seen_ms) if now_ms < state.seen_ms else state
        self.state = self.state._replace(seen_ms=now_ms)
        self.policy = policy
        self.now_ms = now_ms
        self.fraction = fraction
        self.decisions: list[Decision] = []

    @property
    def decided(self) -> Decided:
        return self.state, self.decisions

    def change(self, **values: Any) -> None:
        self.state = self.state._replace(**values)

    def be(self, phase: str, due_ms: int = 0) -> None:
        self.change(phase=phase, since_ms=self.now_ms, due_ms=due_ms)

    def tell(self, kind: str, **data: Any) -> None:
        self.decisions.append(Tell(kind, {"incident": self.state.incident, **data}))

    def say(self, sentence: str) -> None:
        seconds = max(0, self.now_ms - (self.state.down_ms or self.now_ms)) // 1000
        told = f"after {seconds} s: {sentence}"[:SENTENCE_CHARACTERS_MAX]
        self.change(story=(*self.state.story, told)[-STORY_MOST:])

    def note(self, seen: str, detail: str, trouble: str) -> None:
        """Remember what was seen, and count a fall; `trouble` is what keeps it from being seen, for a person to end."""
        state = self.state
        if seen == DOWN and state.known in (UP, STARTING) and state.phase != PAUSED:
            falls = (*(one for one in state.falls_ms if self.now_ms - one < FLAPS_MS), self.now_ms)
            flaps = len(falls) >= FLAPS
            over = state.flapping and not flaps and not state.incident
            self.change(falls_ms=falls[-4 * FLAPS :], flapping=flaps, round=0 if over else state.round)
            if flaps and not state.flapping:
                self.tell(FLAPPING, falls=len(falls), seconds=FLAPS_MS // 1000)
        if seen != state.sight or not state.changed_ms:
            self.change(changed_ms=self.now_ms)
        self.change(sight=seen, detail=detail, known=state.known if seen == UNKNOWN else seen)
        if seen == UNKNOWN:
            self.change(unknown_ms=state.unknown_ms or self.now_ms)
            self.look_out(trouble)
        elif state.unknown_ms or state.blind:
            self.change(unknown_ms=0, blind="")
            if state.blind:
                self.decisions.append(Tell(WATCH_SIGHTED, {"incident": state.blind}))

    def look_out(self, trouble: str = "") -> None:
        """Tell once that it cannot be told how it stands: at once with a trouble, else when that lasts."""
        state = self.state
        lasts = state.unknown_ms and self.now_ms - state.unknown_ms >= BLIND_MS
        if (trouble or lasts) and not state.blind and not state.paused:
            self.change(blind=self.incident_id())
            told = {"incident": self.state.blind, "detail": state.detail, "trouble": trouble}
            self.decisions.append(Tell(WATCH_BLIND, told))

    def incident_id(self) -> str:
        return f"{self.now_ms:x}-{int(self.fraction * (1 << 40)):010x}"

    def open(self) -> None:
        """Begin an incident, unless one is open; it began when what is seen was seen first."""
        if not self.state.incident:
            self.change(incident=self.incident_id(), down_ms=self.state.changed_ms, tries=0, story=())

    def elapse(self) -> None:
        """Do what is due."""
        self.look_out()
        phase = self.state.phase
        if not self.state.due_ms or self.now_ms < self.state.due_ms:
            return
        if phase == PAUSED:
            self.resume()
        elif phase == STEADYING:
            patience_ms = self.policy.verify_ms if self.state.sight == STARTING else 0
            if self.now_ms < self.state.since_ms + patience_ms:
                self.change(due_ms=self.state.since_ms + patience_ms)
            else:
                self.succeed()
        elif self.state.sight != DOWN:  # nothing is done on what nobody can tell: the time is over when it is known
            self.change(due_ms=0)
        elif phase == VERIFYING:
            self.fail(f"it did not come up within {self.policy.verify_ms / 1000:g} s")
        else:
            self.attempt()

    def attempt(self) -> None:
        """Act, if the budget has an attempt left."""
        policy = self.policy
        self.open()
        if not self.state.told_down:
            self.say(f"it is down: {self.state.detail}" if self.state.detail else "it is down")
            self.change(told_down=True)
            self.tell(WATCH_DOWN, detail=self.state.detail)
        self.change(tried_ms=tuple(one for one in self.state.tried_ms if self.now_ms - one < policy.window_ms))
        number = len(self.state.tried_ms) + 1
        if number > policy.attempts:
            self.give_up()
        elif policy.dry_run:
            self.tell(ATTEMPTED, attempt=number, of=policy.attempts, summary="nothing was done: dry run", dry_run=True)
            self.be(REHEARSED)
        else:
            self.be(ACTING)
            state = self.state
            tried = (*state.tried_ms, self.now_ms)
            self.change(
                tried_ms=tried,
                tries=state.tries + 1,
                round=state.round + 1,
                attempts=state.attempts + 1,
                trying=True,
            )
            self.decisions.append(Act(number, policy.attempts))

    def fail(self, why: str) -> None:
        """End the attempt: back off, or give up when it was the last."""
        self.say(f"failed: {why}")
        self.tell(FAILED, attempt=len(self.state.tried_ms), why=why)
        self.change(trying=False)
        left = [one for one in self.state.tried_ms if self.now_ms - one < self.policy.window_ms]
        if len(left) >= self.policy.attempts:
            self.give_up()
        else:
            self.be(WAITING, self.now_ms + backoff_ms(self.state.round, self.policy, self.fraction))

    def give_up(self) -> None:
        """Call a person, once an incident."""
        if not self.state.surrendered:
            minutes = self.policy.window_ms / 60_000
            self.say(f"given up: {self.policy.attempts} attempts in {minutes:g} min are what it may have")
            self.change(surrendered=True)
            self.tell(RECOVERY_GIVEN_UP, attempts=self.state.tries, story=list(self.state.story))
        self.be(GIVEN_UP)

    def succeed(self) -> None:
        """End the incident: it came up and stayed up."""
        state = self.state
        seconds = max(0, state.since_ms - state.down_ms) // 1000
        if state.trying:
            self.tell(SUCCEEDED, attempts=state.tries, seconds_down=seconds)
        self.tell(WATCH_UP, seconds_down=seconds, by="recovery" if state.trying else "itself")
        self.close()
        self.be(WATCHING)

    def close(self) -> None:
        """Forget the incident; while it flaps the backoff goes on where it was."""
        self.change(incident="", down_ms=0, told_down=False, trying=False, surrendered=False, tries=0, story=())
        if not self.state.flapping:
            self.change(round=0)

    def settle(self) -> None:
        """Wait whether it stays down."""
        wait_ms = self.policy.debounce_ms
        if self.state.round:
            wait_ms = max(wait_ms, backoff_ms(self.state.round, self.policy, self.fraction))
        self.be(SETTLING, self.now_ms + wait_ms)

    def resume(self) -> None:
        self.change(paused=False, paused_until_ms=0, tried_ms=(), round=0, surrendered=False, trying=False)
        self.tell(WATCH_RESUMED)
        self.be(SETTLING if self.state.incident else WATCHING)
        _SEEN[self.state.sight](self)


def _up(case: _Case) -> None:
    state = case.state
    if state.stopped:
        case.change(stopped=False)
        case.tell(WATCH_UP, seconds_down=0, by="itself")
        case.close()  # it may have been held since
        case.be(WATCHING)
    elif not state.incident:
        if state.phase != WATCHING:
            case.be(WATCHING)
    elif state.phase != STEADYING or not state.due_ms:
        case.be(STEADYING, case.now_ms + case.policy.steady_ms)


def _down(case: _Case) -> None:
    state, policy = case.state, case.policy
    if state.stopped and policy.respect_stop:
        if state.phase != LEFT:
            case.be(LEFT)
        return
    case.change(stopped=False)
    if state.phase == STEADYING and state.trying:
        seconds = (case.now_ms - state.since_ms) / 1000
        case.fail(f"it came up and fell again after {seconds:.0f} s")
    elif state.phase == STEADYING and state.surrendered:
        case.be(GIVEN_UP)
    elif state.phase in (WATCHING, STEADYING, BLOCKED, LEFT) or (state.phase == SETTLING and not state.due_ms):
        case.settle()
    elif state.phase in (WAITING, VERIFYING) and not state.due_ms:  # it was due while nobody could tell
        case.change(due_ms=case.now_ms)


def _held(case: _Case) -> None:
    if case.state.phase == BLOCKED:
        return
    case.open()
    case.say(f"it is held: {case.state.detail}")
    case.change(trying=False)
    case.tell(WATCH_HELD, detail=case.state.detail)
    case.be(BLOCKED)


def _stopped(case: _Case) -> None:
    if not case.state.stopped:
        case.tell(WATCH_STOPPED, detail=case.state.detail)
    case.close()
    case.change(stopped=True, round=0)
    if case.state.phase != LEFT:
        case.be(LEFT)


def _unknown(case: _Case) -> None:
    if case.state.phase in (SETTLING, STEADYING):
        case.change(due_ms=0)


_SEEN: dict[str, Callable[[_Case], None]] = {
    UP: _up,
    STARTING: _up,
    DOWN: _down,
    HELD: _held,
    STOPPED: _stopped,
    UNKNOWN: _unknown,
}
