"""What can be asked of this machine, and what it keeps alive: made of agent.toml's words, loaded as they are needed."""

from __future__ import annotations

import json
from collections import deque
from functools import partial
from importlib import import_module

from wakeful_agent import actions, watches
from wakeful_agent.capabilities import granted, missing
from wakeful_agent.config.orders import KnownAction, KnownOrders, KnownWatch
from wakeful_agent.daemon import events
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.text import label
from wakeful_agent.options import check_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterator, Mapping, Sequence

    from wakeful_agent.action import Action, Outcome
    from wakeful_agent.capabilities import Capability
    from wakeful_agent.config import Config
    from wakeful_agent.config.orders import Orders as Said
    from wakeful_agent.config.orders import WatchSetting
    from wakeful_agent.config.parameter import Parameter
    from wakeful_agent.daemon.beside import Keeper
    from wakeful_agent.daemon.ordering import Orders
    from wakeful_agent.host.files import Host
    from wakeful_agent.host.log import Log
    from wakeful_agent.watch import Sight, Watch

ANNOUNCED_CHARACTERS_MAX = 96 * 1024
"""How much of hello the announced actions may take; what is beyond is not announced, and the log says so."""
EVENTS_MAX = 256
HEARD = "the agent hears of it while it runs: wakeful-agent watches"
_CHOICES_SHOWN = 8


def known_orders() -> KnownOrders:
    """Return the agent's own actions and kinds of watches; each is loaded when it is asked for."""
    return KnownOrders(
        {name: partial(_known_action, name) for name in actions.names()},
        {name: partial(_known_watch, name) for name in watches.names()},
    )


def _known_action(name: str) -> KnownAction:
    made = actions.load(name)

    def check(given: Mapping[str, Any]) -> Sequence[str]:
        accepted, problems = check_options(made.options, given, local=True)
        if problems:
            return problems
        action = made(accepted)
        try:
            action.commands()
        except HostError as error:
            return [str(error)]
        return [action.lacks()] if action.lacks() else []

    def parameters(given: Mapping[str, Any]) -> Sequence[Parameter]:
        return made(check_options(made.options, given, local=True)[0]).parameters

    return KnownAction(check, parameters)


def _known_watch(name: str) -> KnownWatch:
    made = watches.load(name)

    def check(given: Mapping[str, Any]) -> Sequence[str]:
        accepted, problems = check_options(made.options, given, local=True)
        return problems or made.check(accepted)

    verbs = [verb.name for verb in made.verbs]
    return KnownWatch(made.options, made.required, check, made.acts, verbs, made.subject)


def make_action(said: Said, name: str) -> Action | None:
    """Return an action of the file, or one of the agent's own, by its name; None for any other."""
    for setting in said.actions:
        if setting.name == name:
            from wakeful_agent.actions.named import NamedAction

            return NamedAction(setting)
    return actions.load(name)(said.policy.options.get(name, {})) if name in actions.names() else None


def make_watches(said: Said, tell: Callable[[str, str, Mapping[str, Any]], object]) -> list[Watch]:
    """Return the watches of the file, each with the action that repairs it."""
    return [
        watches.load(setting.kind)(setting.name, setting.options, _repair(said, setting, tell))
        for setting in said.watches
    ]


def look_once(host: Host, said: Said, now_ms: int) -> Iterator[tuple[str, Sight]]:
    """Yield the name of each watch and how it stands now; of kinds that hear, only whether their secrets can be read.

    Nothing is repaired.
    """
    from wakeful_agent.watch import UNKNOWN, Sight

    for setting in said.watches:
        watch = watches.load(setting.kind)(setting.name, setting.options)
        try:
            for option in watch.options:
                if option.name.endswith("_file"):
                    watch.secret(host, option.name[: -len("_file")])
            yield setting.name, Sight("", HEARD) if watch.hears else watch.look(host, now_ms)
        except HostError as error:
            yield setting.name, Sight(UNKNOWN, str(error))


def _repair(
    said: Said, setting: WatchSetting, tell: Callable[[str, str, Mapping[str, Any]], object]
) -> Callable[[Host, int], Outcome] | None:
    action = make_action(said, setting.action) if setting.action else None
    if action is None:
        return None
    action.tell = tell
    arguments = setting.arguments
    return lambda host, now_ms: action.run(host, arguments, now_ms)


class Making:
    """Makes what runs beside the ticks, when the file or the collector first asks for it (see `daemon.beside`)."""

    def __init__(self, state: str, host: Host, wake: Callable[[], None], log: Log, now_ms: Callable[[], int]) -> None:
        self._state = state
        self._host = host
        self._wake = wake
        self._log = log
        self._now_ms = now_ms
        self._events: deque[dict[str, Any]] = deque(maxlen=EVENTS_MAX)

    def orders(self) -> Orders:
        """Return who takes commands."""
        from wakeful_agent.daemon.ordering import Orders

        return Orders(f"{self._state}/commands.json", self._host.apart(), self._wake, self._log, self._now_ms)

    def keeper(self) -> Keeper:
        """Return who keeps watches."""
        made = import_module("wakeful_agent.daemon.keeping").Keeper
        keeper: Keeper = made(self._host.apart(), self._state, self._wake, self._log, self._now_ms)
        return keeper

    def watches(self, config: Config) -> Sequence[Watch]:
        """Return the watches of the file."""
        made = make_watches(config.orders, self._tell)
        for watch in made:
            watch.state = self._state
        return made

    def actions(self, config: Config, keeper: Keeper | None) -> Mapping[str, Action]:
        """Return the actions that may be asked for, as far as they can be done and announced."""
        if config.orders.policy.void:
            self._log.say("warning", f"[policy] permits nothing: {config.orders.policy.void}")
        found = askable(config.orders, keeper)
        size = 0
        for name, action in list(found.items()):
            action.tell = self._tell
            size += len(json.dumps(action.document()))
            if size > ANNOUNCED_CHARACTERS_MAX:
                del found[name]
                self._log.say("warning", f"the action {name} is not announced: agent.toml names too many choices")
        return found

    def events(self) -> Sequence[dict[str, Any]]:
        """Return what actions told since the last time."""
        return [self._events.popleft() for _ in range(len(self._events))]

    def _tell(self, kind: str, subject: str, data: Mapping[str, Any]) -> None:
        self._events.append(events.event(kind, self._now_ms(), label(subject), **data))
        self._wake()


def askable(said: Said, keeper: Any = None) -> dict[str, Action]:
    """Return the actions that may be asked for by their names, in the order of `policy.allow`."""
    found: dict[str, Action] = {}
    of_watches = _of_watches(said, keeper) if said.watches else {}
    for name in said.policy.allow:
        action = of_watches.get(name) or make_action(said, name)
        if action is not None and not action.lacks():
            found[name] = action
    return found


def _of_watches(said: Said, keeper: Any) -> dict[str, Action]:
    from wakeful_agent.actions.on_watch import OF_EVERY_WATCH, PerformVerb

    names = [watch.name for watch in said.watches]
    rehearsed = [watch.name for watch in said.watches if watch.dry_run]
    found: dict[str, Action] = {made.name: made(keeper, names) for made in OF_EVERY_WATCH}
    for kind in dict.fromkeys(watch.kind for watch in said.watches):
        for verb in watches.load(kind).verbs:
            able = [watch.name for watch in said.watches if verb in watches.load(watch.kind).verbs]
            found[verb.name] = PerformVerb(keeper, able, verb, rehearsed)
    return found


def summary(said: Said) -> list[str]:
    """Return in sentences what may be asked of this machine, for people."""
    policy = said.policy
    if policy.void:
        return [f"nothing may be asked of this machine, although [policy] says otherwise: {policy.void}"]
    if not policy.allow:
        return ["nothing may be asked of this machine: [policy] allow names no action"]
    dry = "; nothing is done (policy.dry_run)" if policy.dry_run else ""
    count = "1 action" if len(policy.allow) == 1 else f"{len(policy.allow)} actions"
    lines = [f"the collector may ask for {count}, at most {policy.per_hour} times an hour{dry}:"]
    found = askable(said)
    for name in policy.allow:
        action = found.get(name)
        if action is None:
            lines.append(f"  {name}: cannot be done here")
            continue
        takes = ", ".join(f"{one.name}{'' if one.required else '?'} ({_extent(one)})" for one in action.parameters)
        lines.append(f"  {name} [{action.danger}]{f': {takes}' if takes else ''}")
    return lines


def _extent(parameter: Parameter) -> str:
    if parameter.kind == "choice":
        shown = ", ".join(parameter.choices[:_CHOICES_SHOWN])
        return shown + (", ..." if len(parameter.choices) > _CHOICES_SHOWN else "")
    if parameter.kind == "number":
        return f"{parameter.least:.15g} to {parameter.most:.15g}"
    return parameter.pattern if parameter.kind == "text" else "true or false"


def rights(host: Host, said: Said) -> list[Capability]:
    """Return for each action and watch that needs root whether sudo permits it, with the line that would grant it."""
    wanted: dict[str, Sequence[Sequence[str]]] = {}
    for name in dict.fromkeys([*said.policy.allow, *(watch.action for watch in said.watches if watch.action)]):
        action = make_action(said, name)
        wanted[f"action {name}"] = action.commands() if action is not None else ()
    for watch in said.watches:
        if not watch.action:
            wanted[f"watch {watch.name}"] = watches.load(watch.kind).commands(watch.options)
    return [_right(host, name, commands) for name, commands in wanted.items() if commands]


def _right(host: Host, name: str, commands: Sequence[Sequence[str]]) -> Capability:
    try:
        for command in commands:
            host.check_root(command)
    except HostError as error:
        placed = [[host.program(command[0]) or command[0], *command[1:]] for command in commands]
        return missing(name, str(error), sudoers(name.replace(" ", "-"), placed), f"doing {name} as root")
    return granted(name)
