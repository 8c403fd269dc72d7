"""Two game servers: one falls and is brought back, one cannot be kept up: given up once, and a person is told once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from .telling import Check
from .waiting import until
from .webhook import is_genuine

if TYPE_CHECKING:
    from .panel import Game
    from .world import World

GOOD, HOPELESS = "survival", "modded"
LAST_WORDS = "java.lang.OutOfMemoryError: Java heap space"
BROUGHT_BACK = ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
ORDER = ("watch.down", "recovery.attempted", "recovery.failed", "recovery.succeeded", "recovery.given_up", "watch.up")
PATIENCE_SECONDS = 120.0


class Pace(NamedTuple):
    """How the watch is set, how soon the broken server dies, and how long it is looked at after it was given up."""

    settings: dict[str, float]
    dies_after_seconds: float
    look_on_seconds: float


SHORT = Pace(
    {"attempts": 2, "debounce_seconds": 0.5, "backoff_seconds": 1, "verify_seconds": 20, "steady_seconds": 1}, 0.2, 3.0
)
WHOLE = Pace(
    {"attempts": 3, "debounce_seconds": 2, "backoff_seconds": 4, "verify_seconds": 30, "steady_seconds": 5}, 1.5, 12.0
)


class GameServers:
    """The chapter; `world.machines["games"]` keeps the servers of `world.panel` up."""

    title = "A game server that crashes"

    def tell(self, world: World) -> list[Check]:
        """Let both servers fall and return what came of it."""
        pace = SHORT if world.short else WHOLE
        secret = self._watch(world, pace)
        world.pages.append(("what happened to the game servers", f"{world.collector.url}/events"))
        return [*self._one_fall(world), *self._a_loop(world, pace, secret)]

    def _watch(self, world: World, pace: Pace) -> str:
        """Set up who is told and what is watched; return what signs the messages."""
        url = world.webhook.url
        made = world.collector.api("POST", "/channels", {"name": "pager", "kind": "webhook", "url": url})
        machine = world.machines["games"]
        key_file = machine.config / "panel.key"
        key_file.touch(mode=0o600)
        key_file.write_text(world.panel.key + "\n")
        pieces = []
        for name in (GOOD, HOPELESS):
            words = {"name": name, "kind": "pterodactyl", "panel": world.panel.url, "server": world.panel.add(name)}
            words |= {"key_file": str(key_file), "ca_file": str(world.panel.ca_file)}
            lines = [f'{key} = "{text}"' for key, text in words.items()]
            lines += [f"{key} = {number}" for key, number in pace.settings.items()]
            pieces.append("[[watch]]\n" + "\n".join(lines) + "\n")
        machine.configure("\n".join(pieces))
        world.say(f"{machine.name} is told to keep {GOOD} and {HOPELESS} up, two servers of {world.panel.url}")
        until(
            lambda: all(_is_watched(world, name) for name in (GOOD, HOPELESS)), "both game servers are watched and up"
        )
        return str(made["secret"])

    def _one_fall(self, world: World) -> list[Check]:
        world.say(f"{GOOD} falls over")
        began = time.monotonic()
        world.panel.crash(GOOD, LAST_WORDS)
        until(lambda: _kinds(world, GOOD)[-1:] == ["watch.up"], f"{GOOD} is up again", PATIENCE_SECONDS)
        seconds = time.monotonic() - began
        world.say(f"{GOOD} runs again, {seconds:.0f} s after it fell, and nobody was called")
        kinds, game = _kinds(world, GOOD), world.panel.stands(GOOD)
        seen = f"{game.state}, started {_times(game.agent_starts)} by the agent: {', '.join(kinds)}"
        back = kinds == BROUGHT_BACK and (game.state, game.starts, game.agent_starts) == ("running", 1, 1)
        return [Check("a game server that falls is brought back by one start", seen, back)]

    def _a_loop(self, world: World, pace: Pace, secret: str) -> list[Check]:
        most = int(pace.settings["attempts"])
        world.say(
            f"{HOPELESS} breaks: it dies {pace.dies_after_seconds:g} s after each start; {_times(most)} it may be tried"
        )
        world.panel.break_game(HOPELESS, pace.dies_after_seconds)
        world.panel.crash(HOPELESS, LAST_WORDS)
        until(lambda: "recovery.given_up" in _kinds(world, HOPELESS), f"{HOPELESS} is given up", PATIENCE_SECONDS)
        until(lambda: world.webhook.messages("watch", HOPELESS), "somebody is told of it", PATIENCE_SECONDS)
        world.say("it is given up, and somebody is called; now we look on whether it stays at that")
        time.sleep(pace.look_on_seconds)
        checks = _given_up(world, world.panel.stands(HOPELESS), most, secret)
        world.say(f"a person mends {HOPELESS} and presses start on its page")
        world.panel.break_game(HOPELESS, None)
        world.panel.press_start(HOPELESS)
        until(lambda: len(world.webhook.messages("watch", HOPELESS)) > 1, "the end is told", PATIENCE_SECONDS)
        return [*checks, _over(world)]


def _given_up(world: World, game: Game, most: int, secret: str) -> list[Check]:
    kinds, messages = _kinds(world, HOPELESS), world.webhook.messages("watch", HOPELESS)
    tries, ends = kinds.count("recovery.attempted"), kinds.count("recovery.given_up")
    seen = f"{_times(tries)} tried, {_times(ends)} given up, {_times(game.agent_starts)} started by the agent"
    once = (tries, ends, game.agent_starts, game.state) == (most, 1, most, "offline")
    told = [one["document"] for one in messages]
    genuine = all(is_genuine(secret, one) for one in messages)
    words = f"{_times(len(told))} told: {told[0]['title']}" + ("" if genuine else ", and not signed by us")
    holds = [one["moment"] for one in told] == ["opened"] and "gave up" in told[0]["title"]
    holds = holds and genuine and LAST_WORDS in told[0]["text"]
    return [
        Check(f"one that dies over and over is tried {_times(most)}, then given up, once", seen, once),
        Check("a person is told once, with the console's last lines, signed", words, holds),
    ]


def _over(world: World) -> Check:
    """Compare the last message with the first, and ask whether nobody was called for the other server."""
    told = [one["document"] for one in world.webhook.messages("watch", HOPELESS)]
    others = world.webhook.messages("watch", GOOD)
    same = len({one["incident"]["id"] for one in told}) == 1
    moments = [one["moment"] for one in told]
    seen = f"{', '.join(moments)}: {told[-1]['title']}; {_times(len(others))} about {GOOD}"
    holds = same and moments == ["opened", "closed"] and not others
    return Check("its end is told once, and what healed itself called nobody", seen, holds)


def _is_watched(world: World, name: str) -> bool:
    rows = world.collector.api("GET", "/watches")["watches"]
    states = [row["state"] for row in rows if row["name"] == name]
    return states == ["up"] and world.panel.stands(name).heard


def _kinds(world: World, subject: str) -> list[str]:
    """Return the kinds of the events of a watch, the oldest first, but for what nobody could tell meanwhile."""
    events = world.collector.api("GET", "/events?limit=500")["events"]
    found = [one for one in events if one["subject"] == subject and one["kind"] in ORDER]
    return [one["kind"] for one in sorted(found, key=lambda one: (one["at"], ORDER.index(one["kind"])))]


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
