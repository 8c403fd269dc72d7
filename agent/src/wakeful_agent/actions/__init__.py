"""The table of contents: every action of the agent's own, loaded when agent.toml permits it."""

from __future__ import annotations

from importlib import import_module

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.action import Action


class Entry(NamedTuple):
    """An action of the agent's own: its name in `policy.allow`, and `module:Class` below actions/."""

    name: str
    place: str


ACTIONS: tuple[Entry, ...] = (
    Entry("restart_unit", "restart_unit:RestartUnit"),
    Entry("restart_service", "restart_service:RestartService"),
    Entry("restart_container", "restart_container:RestartContainer"),
    Entry("wake", "wake:WakeAction"),
)


def names() -> list[str]:
    """Return the names of all actions of the agent's own; nothing is loaded for it."""
    return [entry.name for entry in ACTIONS]


def load(name: str) -> type[Action]:
    """Return the class of an action that is known."""
    module, _, class_name = next(entry.place for entry in ACTIONS if entry.name == name).partition(":")
    found: type[Action] = getattr(import_module(f"wakeful_agent.actions.{module}"), class_name)
    return found
