"""Players on game servers, asked by the games' own status queries."""

from __future__ import annotations

from wakeful_agent.host.errors import Late, Malformed
from wakeful_agent.host.text import label
from wakeful_agent.meter import Option
from wakeful_agent.network import a2s, minecraft
from wakeful_agent.network.place import parse_place
from wakeful_agent.service import TIMEOUT, Answered, ServiceMeter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

    from wakeful_agent.host.files import Host
    from wakeful_agent.network.game import Status
    from wakeful_agent.network.place import Place
    from wakeful_agent.network.targets import Target

_PROTOCOLS: dict[str, tuple[Callable[[Place, float], Status], int, bool]] = {
    "a2s": (a2s.ask, a2s.PORT, True),
    "minecraft": (minecraft.ask_java, minecraft.JAVA_PORT, False),
    "bedrock": (minecraft.ask_bedrock, minecraft.BEDROCK_PORT, True),
}
_TEXT_CHARACTERS_MAX = 200


class GameMeter(ServiceMeter):
    """Players, bots and the time to answer of each game server; name, map and version in the inventory `game`.

    What is asked over UDP is asked twice when the first question or its answer is lost.
    """

    name = "game"
    collector_targets = True
    source = "the servers that agent.toml names"
    interval_seconds = 60.0
    fix = '[meters.game] targets = ["NAME=a2s://HOST:PORT"] in agent.toml (or minecraft://, bedrock://)'
    exposes = "counts of players, name, map and version of the server: what every client sees"
    options = (
        Option(
            "targets",
            [],
            "game servers: NAME=a2s://HOST:PORT (Source and kin), minecraft://HOST:PORT, bedrock://HOST:PORT",
            local=True,
        ),
        TIMEOUT,
    )

    def ask(self, host: Host, target: Target, now_ms: int) -> Answered:
        """Return players, their limit, bots and the time to answer in seconds."""
        scheme, mark, rest = target.address.partition("://")
        if not mark or scheme not in _PROTOCOLS:
            raise Malformed(
                f"{target.name}: the address must begin with {', '.join(f'{one}://' for one in _PROTOCOLS)}"
            )
        ask, port, datagrams = _PROTOCOLS[scheme]
        place = parse_place(f"tcp://{rest.rstrip('/')}", port)
        status = _patiently(ask, place, self.timeout_seconds) if datagrams else ask(place, self.timeout_seconds)
        samples: list[tuple[str, dict[str, str], float | None]] = [
            ("game.players", {}, status.players),
            ("game.players.limit", {}, status.limit),
            ("game.response.time", {}, status.seconds),
        ]
        if status.bots is not None:
            samples.append(("game.bots", {}, status.bots))
        texts = {"name": status.name, "game": status.game, "map": status.map, "version": status.version}
        about = {key: label(text, _TEXT_CHARACTERS_MAX) for key, text in texts.items()}
        return Answered(samples, {"protocol": scheme, **about, "players_limit": status.limit})


def _patiently(ask: Callable[[Place, float], Status], place: Place, timeout_seconds: float) -> Status:
    try:
        return ask(place, timeout_seconds / 2)
    except Late:
        return ask(place, timeout_seconds / 2)
