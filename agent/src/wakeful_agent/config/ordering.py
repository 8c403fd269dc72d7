"""From agent.toml to Orders: `[policy]`, `[[action]]` and `[[watch]]`, read together since they name each other."""

from __future__ import annotations

from wakeful_agent.config.orders import WATCH_ACTIONS, Orders
from wakeful_agent.config.policy import ACTIONS_MAX, read_action, read_policy
from wakeful_agent.config.tables import Table
from wakeful_agent.config.watching import WATCHES_MAX, read_watch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from wakeful_agent.config.errors import Problem
    from wakeful_agent.config.metering import Origin
    from wakeful_agent.config.orders import ActionSetting, KnownOrders, WatchSetting
    from wakeful_agent.config.parameter import Parameter


def read_orders(document: dict[str, Any], origin: Origin, known: KnownOrders, problems: list[Problem]) -> Orders:
    """Return what the file permits, its actions and its watches; everything that is wrong is added to `problems`."""
    actions: list[ActionSetting] = []
    named = []
    for table in _tables("action", document.get("action", []), ACTIONS_MAX, origin, problems):
        named.append(str(table.body.get("name")))
        action = read_action(table, [*known.actions, *(one.name for one in actions)])
        if action is not None:
            actions.append(action)
    policy = Table("policy", "policy", document.get("policy", {}), origin, problems)

    def parameters(name: str) -> Sequence[Parameter] | None:
        own = next((one.parameters for one in actions if one.name == name), None)
        if own is None and name in known.actions:
            return known.actions[name]().parameters(policy.table(name).body)
        return own

    watches: list[WatchSetting] = []
    for table in _tables("watch", document.get("watch", []), WATCHES_MAX, origin, problems):
        watch = read_watch(table, known.watches, watches, parameters)
        if watch is not None:
            watches.append(watch)
    kinds = dict.fromkeys(watch.kind for watch in watches)
    verbs = [verb for kind in kinds for verb in known.watches[kind]().verbs]
    others = [*named, *verbs, *(WATCH_ACTIONS if document.get("watch") else ())]
    return Orders(read_policy(policy, known.actions, others), tuple(actions), tuple(watches))


def _tables(name: str, given: Any, most: int, origin: Origin, problems: list[Problem]) -> list[Table]:
    if not isinstance(given, list):
        Table(name, name, {}, origin, problems).say("", f"must be written [[{name}]], in two brackets")
        return []
    if len(given) > most:
        Table(name, name, {}, origin, problems).say("", f"is there {len(given)} times, at most {most} are taken")
        return []
    return [Table(f"{name}.{place}", f"[[{name}]]", body, origin, problems) for place, body in enumerate(given)]
