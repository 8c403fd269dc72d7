"""A game server that must answer its players: one that is frozen still has its process, and says nothing."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.network import a2s, minecraft
from wakeful_agent.network.place import parse_place
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, STARTING, UNKNOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, TIMEOUT, Looked
from wakeful_agent.watches.process import OPTIONS, age_seconds, find, wanted_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.game import Status
    from wakeful_agent.network.place import Place
    from wakeful_agent.watch import Repair

_PROTOCOLS: dict[str, tuple[Callable[[Place, float], Status], int]] = {
    "a2s": (a2s.ask, a2s.PORT),
    "minecraft": (minecraft.ask_java, minecraft.JAVA_PORT),
    "bedrock": (minecraft.ask_bedrock, minecraft.BEDROCK_PORT),
}


def parse_game(address: str) -> tuple[Callable[[Place, float], Status], Place]:
    """Read `a2s://HOST:PORT`, `minecraft://...` or `bedrock://...`; raise Malformed."""
    scheme, mark, rest = address.partition("://")
    if not mark or scheme not in _PROTOCOLS:
        raise Malformed(f"must begin with {', '.join(f'{one}://' for one in _PROTOCOLS)}")
    ask, port = _PROTOCOLS[scheme]
    return ask, parse_place(f"tcp://{rest.rstrip('/')}", port)


class GameWatch(Looked):
    """Asks for the server's status; `misses` questions in a row must be lost before it counts as down.

    Where its process is named, a server whose process is young is starting, and one whose process is gone is down at
    once.
    """

    kind = "game"
    options = (
        Option("address", "", "where: a2s://HOST:PORT, minecraft://HOST:PORT or bedrock://HOST:PORT", local=True),
        Option("misses", 3, "how many questions in a row must be lost", local=True, least=1, most=100),
        Option("loading_seconds", 120.0, "how long a new process may take to answer", local=True, least=0, most=3600),
        *OPTIONS,
        TIMEOUT,
        INTERVAL,
    )
    required = ("address",)

    def __init__(self, name: str, options: Mapping[str, Any], repairs: Repair | None = None) -> None:
        super().__init__(name, options, repairs)
        self._missed = 0

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Return what is wrong with the address."""
        try:
            parse_game(str(options.get("address") or "a2s://x"))
        except HostError as error:
            return [f"address {error}"]
        return []

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return the place."""
        return parse_game(str(options["address"]))[1].text if options.get("address") else ""

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return whether it answers, and if not, whether its process is there."""
        ask, place = parse_game(str(self.chosen["address"]))
        try:
            status = ask(place, self.timeout_seconds)
        except HostError as error:
            return self._silent(host, error)
        self._missed = 0
        facts = {"players": status.players, "limit": status.limit, "map": label(status.map, 64)}
        return Sight(UP, label(status.name, 100), facts)

    def _silent(self, host: Host, error: HostError) -> Sight:
        self._missed += 1
        wanted = wanted_of(self.chosen)
        detail = str(error)
        if any(wanted):
            found = find(host, wanted)
            if isinstance(found, str):
                return Sight(DOWN, found)
            age = age_seconds(host, found)
            if age < float(self.chosen["loading_seconds"]):
                return Sight(STARTING, f"process {found.pid} runs for {age:.0f} s and does not answer yet")
            frozen = isinstance(error, (Late, Malformed))
            detail = f"process {found.pid} runs and does not answer{' any more: it is frozen' if frozen else ''}"
        if self._missed < int(self.chosen["misses"]):
            return Sight(UNKNOWN, f"{detail} (question {self._missed} of {self.chosen['misses']})")
        return Sight(DOWN, detail)
