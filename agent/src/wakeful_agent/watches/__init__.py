"""The table of contents: every kind of watch, loaded when agent.toml has one of it."""

from __future__ import annotations

from importlib import import_module

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.watch import Watch


class Kind(NamedTuple):
    """A kind of watch: its name in agent.toml, and `module:Class` below watches/."""

    name: str
    place: str


KINDS: tuple[Kind, ...] = (
    Kind("pterodactyl", "pterodactyl.kind:Pterodactyl"),
    Kind("unit", "unit:UnitWatch"),
    Kind("service", "service:ServiceWatch"),
    Kind("container", "container:ContainerWatch"),
    Kind("process", "process:ProcessWatch"),
    Kind("tcp", "tcp:TcpWatch"),
    Kind("http", "http:HttpWatch"),
    Kind("game", "game:GameWatch"),
    Kind("host", "host:HostWatch"),
)


def names() -> list[str]:
    """Return the names of all kinds; nothing is loaded for it."""
    return [kind.name for kind in KINDS]


def load(name: str) -> type[Watch]:
    """Return the class of a kind that is known."""
    module, _, class_name = next(kind.place for kind in KINDS if kind.name == name).partition(":")
    found: type[Watch] = getattr(import_module(f"wakeful_agent.watches.{module}"), class_name)
    return found
