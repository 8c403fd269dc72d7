"""What runs beside the ticks: commands and watches. Nothing of it is loaded until agent.toml or somebody asks."""

from __future__ import annotations

from math import inf

from wakeful_agent.config.orders import NO_ORDERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Protocol, Sequence

    from wakeful_agent.action import Action
    from wakeful_agent.config import Config
    from wakeful_agent.config.orders import WatchSetting
    from wakeful_agent.daemon.composing import Composer
    from wakeful_agent.daemon.ordering import Orders
    from wakeful_agent.meter import Result
    from wakeful_agent.watch import Watch
    from wakeful_wire.answer import Command

    class Keeper(Protocol):
        """Who keeps the watches."""

        def begin(self) -> None:
            """Begin to look and to hear."""

        def close(self) -> None:
            """End, soon."""

        def configure(self, watches: Sequence[Watch], settings: Sequence[WatchSetting]) -> None:
            """Keep these from now on."""

        def take(self) -> Sequence[dict[str, Any]]:
            """Return the events that came since the last time."""

        def results(self) -> Mapping[str, Result]:
            """Return what is measured of the watches, by the name it has among the meters."""

    class Making(Protocol):
        """Makes what is loaded when it is needed."""

        def orders(self) -> Orders:
            """Return who takes commands."""

        def keeper(self) -> Keeper:
            """Return who keeps watches."""

        def watches(self, config: Config) -> Sequence[Watch]:
            """Return the watches of the file."""

        def actions(self, config: Config, keeper: Keeper | None) -> Mapping[str, Action]:
            """Return the actions that may be asked for."""

        def events(self) -> Sequence[dict[str, Any]]:
            """Return what actions told since the last time."""


class Beside:
    """Holds both, hands them what the daemon hears, and brings back what they have to say."""

    def __init__(self, make: Callable[[], Making] | None = None) -> None:
        self._make = make
        self._making: Making | None = None
        self._orders: Orders | None = None
        self._keeper: Keeper | None = None
        self._config: Config | None = None
        self._actions: Mapping[str, Action] = {}

    def configure(self, config: Config) -> None:
        """Take what agent.toml says now. Watches are told also when it says the same: their secrets' files may not."""
        before, self._config = self._config, config
        if self._make is None or (self._making is None and config.orders == NO_ORDERS):
            return
        self._making = self._making or self._make()
        if before is not None and before.orders == config.orders:
            if self._keeper is not None:
                self._keeper.configure(self._making.watches(config), config.orders.watches)
            return
        begins = self._keeper is None and bool(config.orders.watches)
        if begins:
            self._keeper = self._making.keeper()
        if self._keeper is not None:
            self._keeper.configure(self._making.watches(config), config.orders.watches)
        speaks = config.orders.policy.allow or config.orders.policy.void
        self._actions = self._making.actions(config, self._keeper) if speaks else {}
        if self._actions or self._orders is not None:
            self._desk().configure(config.orders.policy, self._actions)
        if begins and self._keeper is not None:
            self._keeper.begin()

    def announced(self) -> dict[str, Any]:
        """Return what of it hello tells: the actions that may be asked for, the watches, and the policy."""
        if self._config is None:
            return {"actions": [], "watches": []}
        orders = self._config.orders
        said: dict[str, Any] = {
            "actions": [action.document() for action in self._actions.values()],
            "watches": [{"name": watch.name, "kind": watch.kind} for watch in orders.watches],
        }
        if orders.policy.allow or orders.policy.void:
            policy = orders.policy
            said["policy"] = {"per_hour": policy.per_hour, "dry_run": policy.dry_run, "void": policy.void}
        return said

    def ask(self, commands: Sequence[Command]) -> None:
        """Take commands of the collector; where nothing is permitted each is answered so."""
        if commands and self._make is not None:
            self._making = self._making or self._make()
            self._desk().take(commands)

    def speak(self, composer: Composer) -> bool:
        """Hand on events and results; tells whether they should leave at once."""
        if self._making is None:
            return False
        events = [*self._making.events(), *(self._keeper.take() if self._keeper is not None else ())]
        for event in events:
            composer.tell(event)
        results, urgent = self._orders.news() if self._orders is not None else ([], False)
        composer.answer(results)
        return bool(events) or urgent

    def results(self) -> Mapping[str, Result]:
        """Return what is measured of the watches."""
        return self._keeper.results() if self._keeper is not None else {}

    def due_seconds(self) -> float:
        """Return when there is something to be seen to although nobody wakes the daemon; infinity when there is not."""
        return self._orders.due_seconds() if self._orders is not None else inf

    def close(self) -> None:
        """End both, soon."""
        if self._keeper is not None:
            self._keeper.close()
        if self._orders is not None:
            self._orders.close()

    def _desk(self) -> Orders:
        if self._orders is None:
            assert self._making is not None  # noqa: S101 - whoever calls has looked
            self._orders = self._making.orders()
            self._orders.restore()
            if self._config is not None:
                self._orders.configure(self._config.orders.policy, self._actions)
        return self._orders
