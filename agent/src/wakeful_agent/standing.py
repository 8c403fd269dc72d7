"""Where a watch stands: the state that recovery decides on, how it is kept on disk, and what becomes of it in time."""

from __future__ import annotations

from wakeful_agent.watch import STATES, UNKNOWN
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WATCHING = "watching"  # nothing is wrong, or nothing is known yet
SETTLING = "settling"  # it is down; whether it stays so is awaited
ACTING = "acting"  # an attempt is being made
VERIFYING = "verifying"  # the attempt is made; it must come up
STEADYING = "steadying"  # it is up again; it must stay so
WAITING = "waiting"  # the attempt failed; the next one is due later
GIVEN_UP = "given_up"  # the budget is spent; a person is called
REHEARSED = "rehearsed"  # a dry run would have acted
BLOCKED = "held"  # it is not to be fought
LEFT = "stopped"  # a person stopped it
PAUSED = "paused"
PHASES = (WATCHING, SETTLING, ACTING, VERIFYING, STEADYING, WAITING, GIVEN_UP, REHEARSED, BLOCKED, LEFT, PAUSED)


class State(NamedTuple):
    """Where one watch stands; made of what JSON has. `due_ms` is when `tick` has something to do, 0 for never.

    `sight` is what was reported last, another than before at `changed_ms`, `known` the last that was certain;
    `tried_ms` are the attempts of the window, `round` those that the backoff counts, `tries` those of this incident,
    `attempts` all there ever were; `blind` is the incident of nobody being able to tell, since `unknown_ms`.
    """

    phase: str = WATCHING
    since_ms: int = 0
    due_ms: int = 0
    sight: str = UNKNOWN
    known: str = ""
    changed_ms: int = 0
    detail: str = ""
    incident: str = ""
    down_ms: int = 0
    told_down: bool = False
    trying: bool = False
    surrendered: bool = False
    stopped: bool = False
    blind: str = ""
    unknown_ms: int = 0
    paused: bool = False
    paused_until_ms: int = 0
    tries: int = 0
    round: int = 0
    attempts: int = 0
    tried_ms: tuple[int, ...] = ()
    falls_ms: tuple[int, ...] = ()
    flapping: bool = False
    story: tuple[str, ...] = ()
    seen_ms: int = 0


def shift(state: State, by_ms: int) -> State:
    """Return the state with all its times moved: the clock was set, and as much time is left as was before."""
    moved: dict[str, Any] = {}
    for name, value in zip(state._fields, state):
        if name.endswith("_ms"):
            moved[name] = _moved(value, by_ms)
    return state._replace(**moved)


def document(state: State) -> dict[str, Any]:
    """Return the state as it is kept on disk."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in zip(state._fields, state)}


def parse(kept: Any) -> State:
    """Return the state that was kept; a new one where it is none, for what is on disk may be anybody's."""
    fresh = State()
    found: dict[str, Any] = {}
    defaults: tuple[Any, ...] = fresh
    for name, default in zip(fresh._fields, defaults):
        value: Any = kept.get(name, default) if isinstance(kept, dict) else default
        if isinstance(default, tuple):
            kind = str if name == "story" else int
            fits = isinstance(value, (list, tuple)) and all(type(one) is kind for one in value)
            found[name] = tuple(value) if fits else default
        else:
            found[name] = value if type(value) is type(default) else default
    state = fresh._replace(**found)
    return state if state.phase in PHASES and state.sight in STATES else fresh


def _moved(value: Any, by_ms: int) -> Any:
    if isinstance(value, tuple):
        return tuple(one + by_ms for one in value)
    return value + by_ms if value else 0
