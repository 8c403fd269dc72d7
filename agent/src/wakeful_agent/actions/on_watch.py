"""What can be asked of watches: pausing, taking up again, repairing now, and what a kind can do (`server.stop`)."""

from __future__ import annotations

from wakeful_agent.action import CHANGES, NONE, Action, Outcome, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Protocol, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.watch import Verb, Watch

    class Keeper(Protocol):
        """Who keeps the watches; may be asked from any thread, and answers soon."""

        def pause(self, name: str, until_ms: int | None, who: str, now_ms: int) -> Outcome:
            """Leave a watch alone until then, or until it is taken up again."""

        def resume(self, name: str, who: str, now_ms: int) -> Outcome:
            """Take a watch up again."""

        def repair(self, name: str, who: str, now_ms: int) -> Outcome:
            """Repair now, whatever was waited for."""

        def watch(self, name: str) -> Watch | None:
            """Return a watch by its name."""


PAUSE_SECONDS_MAX = 30 * 86_400
WHO = "the collector"
EVERY = "all"


class OnWatch(Action):
    """The shape of all of them: they are asked of one of the watches."""

    def __init__(self, keeper: Keeper, watches: Sequence[str]) -> None:
        self.keeper = keeper
        self._watches = tuple(watches)
        super().__init__()

    def takes(self) -> tuple[Parameter, ...]:
        """Return which watch."""
        return (Parameter("watch", "choice", "which watch", choices=self._watches),)


class OnEveryWatch(OnWatch):
    """The shape of those that can be asked of all watches together, as `all`."""

    def takes(self) -> tuple[Parameter, ...]:
        """Return which watch, or all."""
        return (Parameter("watch", "choice", "which watch", choices=(*self._watches, EVERY)),)


class PauseWatch(OnEveryWatch):
    """Leaves a watch alone for some time."""

    name = "watch.pause"
    danger = CHANGES
    help = "Leaves a watch alone, for some time or until it is taken up again"

    def takes(self) -> tuple[Parameter, ...]:
        """Return which watch, and how long."""
        seconds = Parameter(
            "seconds", "number", "how long; 0: until it is taken up again", 0, least=0, most=PAUSE_SECONDS_MAX
        )
        return (*super().takes(), seconds)

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Pause it."""
        seconds = int(arguments["seconds"])
        return self.keeper.pause(arguments["watch"], now_ms + seconds * 1000 if seconds else None, WHO, now_ms)


class ResumeWatch(OnEveryWatch):
    """Takes a watch up again."""

    name = "watch.resume"
    danger = NONE
    help = "Takes a watch up again that is paused"

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Resume it."""
        return self.keeper.resume(arguments["watch"], WHO, now_ms)


class RepairWatch(OnWatch):
    """Repairs what a watch keeps, now."""

    name = "watch.repair"
    danger = CHANGES
    help = "Tries now to bring up what a watch keeps, also after it was given up"

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Repair it."""
        return self.keeper.repair(arguments["watch"], WHO, now_ms)


class PerformVerb(OnWatch):
    """Does what a kind of watch can do beside repairing; `rehearsed` are the watches with `dry_run`."""

    def __init__(self, keeper: Keeper, watches: Sequence[str], verb: Verb, rehearsed: Sequence[str] = ()) -> None:
        self.name, self.danger, self.help = verb.name, verb.danger, verb.help
        self._rehearsed = tuple(rehearsed)
        super().__init__(keeper, watches)

    def run(self, host: Host, arguments: Mapping[str, Any], now_ms: int) -> Outcome:
        """Do it; raise HostError or return what was not done."""
        watch = self.keeper.watch(arguments["watch"])
        if watch is None:
            return Outcome(False, f"the watch {arguments['watch']} is no longer here")
        if watch.name in self._rehearsed:
            return Outcome(True, f"dry run, nothing was done: {self.plan(arguments)}", {"dry_run": True})
        return watch.perform(self.name, host, now_ms)


OF_EVERY_WATCH: tuple[type[OnWatch], ...] = (PauseWatch, ResumeWatch, RepairWatch)
