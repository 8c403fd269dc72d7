"""What agent.toml says of being asked and of keeping alive: the shapes of `[policy]`, `[[action]]` and `[[watch]]`."""

from __future__ import annotations

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.config.metering import Choice
    from wakeful_agent.config.parameter import Parameter


class Policy(NamedTuple):
    """What the collector may ask of this machine: names of actions, how many in an hour, and whether anything is done.

    `options` bound the agent's own actions, by the action's name (`[policy.restart_unit]`). `void` says why nothing is
    permitted although the file says something: it is not of a kind that can be trusted.
    """

    allow: tuple[str, ...] = ()
    per_hour: int = 30
    dry_run: bool = False
    options: Mapping[str, Mapping[str, Any]] = {}
    void: str = ""


NO_POLICY = Policy()
WATCH_ACTIONS = ("watch.pause", "watch.resume", "watch.repair")
"""What can be asked of every watch."""


class ActionSetting(NamedTuple):
    """A named action of this machine: words of a command line, in which `{NAME}` stands for a parameter.

    `output` says whether the collector sees what the program writes, `ends_agent` whether the agent ends with it.
    """

    name: str
    argv: tuple[str, ...]
    as_root: bool = False
    timeout_seconds: float = 60.0
    danger: str = "changes"
    parameters: tuple[Parameter, ...] = ()
    help: str = ""
    output: bool = False
    ends_agent: bool = False


class WatchSetting(NamedTuple):
    """What is kept alive: `options` are its kind's own, `action` and `arguments` the named action that repairs it."""

    name: str
    kind: str
    options: Mapping[str, Any] = {}
    action: str = ""
    arguments: Mapping[str, Any] = {}
    attempts: int = 5
    window_seconds: float = 1800.0
    debounce_seconds: float = 5.0
    backoff_seconds: float = 10.0
    backoff_max_seconds: float = 600.0
    verify_seconds: float = 60.0
    steady_seconds: float = 30.0
    respect_stop: bool = True
    dry_run: bool = False


class KnownWatch(NamedTuple):
    """What of a kind of watch counts here: its options, the required ones, what checks them, whether it acts itself.

    `verbs` are names of actions that it offers; `subject` says what is kept alive: two watches would fight.
    """

    options: Sequence[Choice]
    required: Sequence[str]
    check: Callable[[Mapping[str, Any]], Sequence[str]]
    acts: bool
    verbs: Sequence[str] = ()
    subject: Callable[[Mapping[str, Any]], str] = lambda _options: ""


class KnownAction(NamedTuple):
    """What of an action of the agent's own counts here: what is wrong with options of it, its parameters with them."""

    check: Callable[[Mapping[str, Any]], Sequence[str]]
    parameters: Callable[[Mapping[str, Any]], Sequence[Parameter]]


class KnownOrders(NamedTuple):
    """The agent's own actions, and its kinds of watches, by name; each is loaded when it is asked for."""

    actions: Mapping[str, Callable[[], KnownAction]]
    watches: Mapping[str, Callable[[], KnownWatch]]


NOTHING_KNOWN = KnownOrders({}, {})


class Orders(NamedTuple):
    """All of it, in the order of the file."""

    policy: Policy = NO_POLICY
    actions: tuple[ActionSetting, ...] = ()
    watches: tuple[WatchSetting, ...] = ()


NO_ORDERS = Orders()
