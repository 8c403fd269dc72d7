"""What somebody may ask of a machine, and why not: their scope, and what the machine's own file permits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wakeful_collector.model import announced
from wakeful_collector.web import kit_parts

if TYPE_CHECKING:
    from wakeful_collector.accounts import Principal
    from wakeful_collector.model.announced import Announced
    from wakeful_collector.model.host import Host

SCOPE = kit_parts.OPERATE
NONE, CHANGES, DESTROYS = announced.DANGERS


@dataclass(frozen=True, slots=True)
class Permits:
    """What may be asked of one machine by one person."""

    host: Host
    principal: Principal | None
    actions: list[Announced]

    def why_not(self, action: str, watch: str = "") -> str:
        """Return why an action cannot be asked for (of that watch); empty when it can."""
        lacking = kit_parts.lacks(self.principal)
        if lacking:
            return lacking
        return (
            ""
            if self.permitted(action, watch)
            else f"{self.host.name} does not permit {action}" + (f" for {watch}." if watch else ".")
        )

    def permitted(self, action: str, watch: str = "") -> bool:
        """Tell whether the machine announced the action (for that watch)."""
        found = announced.find(self.actions, action, watch)
        if found is None or not watch or found.watch == watch:
            return found is not None
        choices = found.parameters.get("watch", {}).get("choices")
        return not isinstance(choices, list) or watch in choices

    def danger(self, action: str, watch: str = "") -> str:
        """Return how much the action can hurt, as announced; what was not announced may change things."""
        found = announced.find(self.actions, action, watch)
        return CHANGES if found is None else found.danger

    def lines(self, action: str, watch: str = "") -> str:
        """Return the lines of agent.toml that would permit the action."""
        return announced.permitting(self.host.hello, action, watch)


def permits(host: Host, principal: Principal | None) -> Permits:
    """Return what this person may ask of this machine; `host` comes with its hello."""
    return Permits(host, principal, announced.announced(host.hello))


def action_of(operation: str, given: dict[str, Any]) -> tuple[str, str]:
    """Return the action that an operation asks a machine for, and of which watch."""
    watch = given.get("watch")
    if operation == "host.command":
        inner = given.get("arguments")
        watch = inner.get("watch") if isinstance(inner, dict) else None
        return str(given.get("action", "")), watch if isinstance(watch, str) else ""
    action = f"server.{given.get('signal', '')}" if operation == "server.power" else operation
    return action, watch if isinstance(watch, str) else ""
