"""A machine with models sleeps in another network: a chat wakes it through an agent there; idle, it sleeps again."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import ollama

from .telling import Check
from .waiting import until

if TYPE_CHECKING:
    from .world import World

BOX, MODEL = "box", "gem"
QUESTION = "what is the sound of a server that runs well"
SUSPEND = "sudo -n -- systemctl suspend"
PATIENCE_SECONDS = 120.0
LOOK_SECONDS, SHORT_LOOK_SECONDS = 12, 2


class Pace(NamedTuple):
    """An answer's tokens and how long each takes, how long the model loads and stays loaded, when the box is idle."""

    tokens: int
    token_seconds: float
    load_seconds: float
    kept_seconds: int
    idle_seconds: int


SHORT = Pace(12, 0.05, 0.1, 0, 1)
WHOLE = Pace(60, 0.1, 1.5, 5, 10)


class AiBoxWakes:
    """The chapter; `world.ai` is in the network of `world.machines["relay"]`, behind a router."""

    title = "An AI box is woken by a question"

    def tell(self, world: World) -> list[Check]:
        """Ask the box something while it sleeps."""
        pace = SHORT if world.short else WHOLE
        self._permit(world)
        key = self._add(world, pace)
        world.pages.append(("the AI box's gateway", f"{world.collector.url}/integrations/ollama"))
        return self._ask(world, pace, key)

    def _permit(self, world: World) -> None:
        """Let the agent in the box's network wake it, in its own file."""
        relay = world.machines["relay"]
        relay.configure(f'[policy]\nallow = ["wake"]\n\n[policy.wake]\ntargets = ["{world.ai.mac}"]\n')
        world.say(f"the file of {relay.name} permits it to wake {world.ai.mac}, the card of the box in its network")

        def may_wake() -> bool:
            actions = world.collector.api("GET", f"/hosts/{relay.host_id}")["hello"].get("actions") or []
            return any(one["name"] == "wake" for one in actions)

        until(may_wake, f"{relay.name} says that it may wake")

    def _add(self, world: World, pace: Pace) -> str:
        """Tell the gateway of the box; return a key for who asks it."""
        ways = (f"url={world.ai.url}", f"mac={world.ai.mac}", f"relay={world.machines['relay'].host_id}")
        sleep = ("sleep=ssh", f"ssh_user={world.ai.ssh_user}", f"ssh_key=@{world.ai.ssh_key}")
        when = (f"idle_seconds={pace.idle_seconds}", "check_gpu=no", "check_logins=no", "stop_seconds=30")
        added = world.collector.cli("gateway", "add", BOX, *ways, *sleep, *when, "default=yes", "--yes")
        assert added.returncode == 0, added.stderr
        _wait_for_state(world, "asleep")
        world.say("the gateway knows the box, and that it sleeps")
        made = world.collector.admin("key", "create", "--name", "laptop", "--scope", "gateway", "--json")
        return str(json.loads(made.stdout)["key"])

    def _ask(self, world: World, pace: Pace, key: str) -> list[Check]:
        world.ai.pace(pace.tokens, pace.token_seconds, pace.load_seconds)
        before = world.ai.seen()
        world.say(f'somebody asks {MODEL}: "{QUESTION}"')
        client = ollama.Client(host=f"{world.collector.url}/ollama", headers={"Authorization": f"Bearer {key}"})
        began = time.monotonic()
        arrived, words = [], []
        chat = [{"role": "user", "content": QUESTION}]
        for part in client.chat(MODEL, chat, stream=True, keep_alive=f"{pace.kept_seconds}s"):
            if part.message.content:
                arrived.append(time.monotonic())
                words.append(part.message.content)
        first, whole = arrived[0] - began, arrived[-1] - arrived[0]
        seen = world.ai.seen()
        world.say(f"the first word came after {first:.1f} s, {len(words)} words in {whole:.1f} s more")
        sender = world.machines["relay"].run("cat", "/sys/class/net/eth0/address").stdout.strip()
        names = "its relay's card" if seen.senders == [sender] else ", ".join(seen.senders) or "nobody"
        woken = (before.is_on, before.packets, seen.is_on, seen.wakings) == (False, 0, True, 1)
        woke = f"woken {_times(seen.wakings)}; magic packets of {names} until then: {seen.packets}"
        text = (" ".join(QUESTION.split() * pace.tokens)).split()[: pace.tokens]
        streams = whole > (pace.tokens - 1) * pace.token_seconds / 2
        answered = "".join(words).split() == text and seen.asked == ["/api/chat"]
        told = f"{len(words)} words over {whole:.1f} s, the first {first:.1f} s after the question"
        return [
            Check("a chat wakes the box through the agent in its network", woke, woken and seen.senders == [sender]),
            Check("the answer streams, whole, to whoever waited", told, streams and answered),
        ]


class AiBoxSleeps:
    """The chapter after it, when some time has passed: nobody asked the box for anything else."""

    title = "The AI box is idle"

    def tell(self, world: World) -> list[Check]:
        """Wait until the box sleeps."""
        world.say("nobody has asked it for anything since")
        _wait_for_state(world, "asleep")
        world.say(f"it sleeps: {_machine(world)['reason']}; we look on whether it stays so")
        time.sleep(SHORT_LOOK_SECONDS if world.short else LOOK_SECONDS)
        seen, state = world.ai.seen(), _machine(world)["state"]
        told = f"{'awake' if seen.is_on else 'asleep'}, {_times(seen.sleeps)}; by SSH: {', '.join(seen.commands)}"
        holds = (state, seen.is_on, seen.wakings, seen.sleeps) == ("asleep", False, 1, 1) and seen.commands == [SUSPEND]
        return [Check("it sleeps again when nobody needs it, and stays so", told, holds)]


def _times(count: int) -> str:
    return {0: "never", 1: "once"}.get(count, f"{count} times")


def _machine(world: World) -> Any:
    made = world.collector.cli("gateway", "status", BOX, "--json")
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)["machines"][0]


def _wait_for_state(world: World, state: str) -> None:
    until(lambda: _machine(world)["state"] == state, f"the box is {state}", PATIENCE_SECONDS)
