"""What one machine of the sample fleet keeps alive: three game servers, what befell them, and how it does as asked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from wakeful_collector.demo.napping import NAPS

if TYPE_CHECKING:
    from wakeful_collector.demo.fleet import Machine

KEEPER = 2
"""The number of the machine that keeps servers alive, and may wake its neighbours: a game host in every fleet."""

PLUG, SOCKETS = "plug", ("attic", "printer")
"""The action by which that machine switches a socket of the house, and which."""

SUSPEND = "suspend"
"""The action by which the machine that naps goes to sleep."""

FELL_MINUTES = 38.0
GAVE_UP_MINUTES = 24.0
GIB = 1 << 30
LINK = "https://sshx.io/s/k3Vd9TqLwz#Ub7mXcR2pYe5Hs"
_NAMES = {"survival": "Survival", "creative": "Creative", "valheim": "Valheim with friends"}
_SIGNALS = (("start", "changes"), ("stop", "changes"), ("restart", "changes"), ("kill", "destroys"))
_CRASH = (
    "[12:41:07] [Server thread/INFO]: Preparing spawn area: 84%",
    "[12:41:09] [Server thread/ERROR]: Encountered an unexpected exception",
    "java.lang.OutOfMemoryError: Java heap space",
    "    at net.minecraft.world.level.chunk.ChunkSerializer.read(ChunkSerializer.java:151)",
    "[12:41:09] [Server thread/INFO]: Stopping server",
    "container@pterodactyl~ Server marked as offline...",
    "[Pterodactyl Daemon]: ---------- Detected server process in a crashed state! ----------",
    "[Pterodactyl Daemon]: Exit code: 137, Out of memory: true",
)
_CALM = (
    "[14:02:11] [Server thread/INFO]: mira joined the game",
    "[14:05:48] [Server thread/INFO]: <mira> who moved my cows?",
    "[14:06:02] [Server thread/INFO]: <jonas> they left by themselves",
    "[14:10:00] [Server thread/INFO]: Saved the game",
    "Link: https://sshx.io/s/k3Vd...",
)
_VIKINGS = (
    "Game server connected",
    "Got character ZDOID from Ragna : 1123581321:1",
    "Random event set: army_eikthyr",
    "World saved ( 412.318ms )",
)


class Keeping:
    """The servers of one machine, from the end of the story on: commands change them."""

    def __init__(self, machine: Machine, end_ms: int) -> None:
        self.is_keeper = machine.number == KEEPER
        self.naps = machine.fate == NAPS
        self.suspended = False
        self.asked: list[dict[str, Any]] = []
        self.woke: list[str] = []
        self.watches = _watches(end_ms) if self.is_keeper else []
        self.servers = _servers() if self.is_keeper else []

    def actions(self) -> list[dict[str, Any]]:
        """Return what the machine announces that it may be asked for."""
        if self.naps:
            return [_action(SUSPEND, "changes", "Suspends this machine to memory", {})]
        return _actions() if self.is_keeper else []

    def inventories(self) -> dict[str, Any]:
        """Return what it says of its watches and servers."""
        return {"watches": self.watches, "pterodactyl": self.servers} if self.is_keeper else {}

    def obey(self, now_ms: int) -> dict[str, Any]:
        """Return what a push says of the commands that came meanwhile: their results, and what changed by them."""
        results, events = [], []
        for command in self.asked:
            arguments = command["arguments"]
            watch = next((one for one in self.watches if one["name"] == arguments.get("watch")), None)
            summary, told = self._do(command["action"], arguments, watch, now_ms)
            results.append({"command": command["id"], "state": "done", "data": {"summary": summary, "data": {}}})
            events += [{"id": f"{command['id']}-{kind}", "at": now_ms, "kind": kind, **rest} for kind, rest in told]
        self.asked.clear()
        if not results:
            return {}
        bodies = {name: {"hash": f"{digest(name)}{now_ms}", "body": body} for name, body in self.inventories().items()}
        return {"results": results, "events": events, "inventories": bodies}

    def _do(
        self, action: str, arguments: dict[str, Any], watch: dict[str, Any] | None, now_ms: int
    ) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
        if action == "wake":
            self.woke.append(arguments["mac"])
            return f"{arguments.get('name') or arguments['mac']} answered after 3 packets", []
        if action == SUSPEND:
            self.suspended = True
            return "it is on its way to sleep", []
        if watch is None:
            return f"{action} ended with 0 after 0.4 s", []
        verb = action.partition(".")[2]
        if verb in ("pause", "resume"):
            seconds = arguments.get("seconds") or 0
            watch["paused"] = verb == "pause"
            watch["until_ms"] = now_ms + round(seconds * 1000) if verb == "pause" and seconds else None
            return f"{watch['name']} is left alone" if verb == "pause" else f"{watch['name']} is watched again", []
        return self._power(verb, watch, now_ms)

    def _power(self, verb: str, watch: dict[str, Any], now_ms: int) -> tuple[str, list[tuple[str, dict[str, Any]]]]:
        name, before = watch["name"], watch["state"]
        stops = verb in ("stop", "kill")
        watch.update(state="stopped" if stops else "up", phase="stopped" if stops else "watching", since_ms=now_ms)
        watch.update(attempts=0, next_ms=None, detail="a person stopped it" if stops else "")
        server = next(one for one in self.servers if one["watch"] == name)
        server["state"] = "offline" if stops else "running"
        server["console_tail"] = [*server["console_tail"], f"[Pterodactyl Daemon]: asked to {verb}"][-12:]
        told = []
        if before == "down":
            told = [("watch.up", {"subject": name, "data": {"incident": f"demo-{name}", "by": "itself"}})]
        return f"asked over the socket: {verb}", told


def events(machine: Machine, end_ms: int) -> list[tuple[str, str, int, dict[str, Any]]]:
    """Return what befell the servers as kind, subject, time in ms since the epoch, and data."""
    if machine.number != KEEPER:
        return []
    minute, creative, survival = 60_000, {"incident": "demo-creative"}, {"incident": "demo-survival"}
    valheim = {"incident": "demo-valheim"}
    fell_ms, healed_ms, held_ms = end_ms - round(FELL_MINUTES * minute), end_ms - 190 * minute, end_ms - 1_130 * minute
    told: list[tuple[str, str, int, dict[str, Any]]] = [
        ("watch.held", "valheim", held_ms, {**valheim, "detail": "its disk space is used up: 20.1 of 20 GiB"}),
        ("watch.up", "valheim", held_ms + 52 * minute, {**valheim, "seconds_down": 3120, "by": "itself"}),
        ("watch.down", "survival", healed_ms, {**survival, "detail": "offline: crashed with exit code 1"}),
        _attempt("survival", healed_ms + 5_200, 1, survival),
        ("recovery.succeeded", "survival", healed_ms + 66_000, {**survival, "attempts": 1, "seconds_down": 31}),
        ("watch.up", "survival", healed_ms + 66_000, {**survival, "seconds_down": 31, "by": "recovery"}),
        ("watch.down", "creative", fell_ms, {**creative, "detail": "offline: out of memory", "console": list(_CRASH)}),
    ]
    for number in range(1, 6):
        at_ms = fell_ms + round((2 ** (number - 1) - 1) * 0.9 * minute) + 5_000
        told.append(_attempt("creative", at_ms, number, creative))
        why = "it fell again after 19 s: out of memory"
        told.append(("recovery.failed", "creative", at_ms + 19_000, {**creative, "attempt": number, "why": why}))
    given_up = {
        **creative,
        "attempts": 5,
        "why": "the budget of 5 attempts in 30 min is spent",
        "console": list(_CRASH),
    }
    return [*told, ("recovery.given_up", "creative", end_ms - round(GAVE_UP_MINUTES * minute), given_up)]


def digest(text: str) -> str:
    """Return some hexadecimal digits of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _attempt(name: str, at_ms: int, number: int, data: dict[str, Any]) -> tuple[str, str, int, dict[str, Any]]:
    summary = "asked over the socket: start"
    return "recovery.attempted", name, at_ms, {**data, "attempt": number, "of": 5, "summary": summary}


def _watches(end_ms: int) -> list[dict[str, Any]]:
    fell = {
        "state": "down", "phase": "given_up", "since_ms": end_ms - round(FELL_MINUTES * 60_000), "attempts": 5,
        "detail": "offline: out of memory, exit code 137", "incident": "demo-creative",
    }  # fmt: skip
    return [
        _watch("survival", since_ms=end_ms - 189 * 60_000),
        _watch("creative", **fell),
        _watch("valheim", since_ms=end_ms - 1_078 * 60_000),
    ]


def _watch(name: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "kind": "pterodactyl", "state": "up", "phase": "watching", "since_ms": None, "attempts": 0,
        "of": 5, "next_ms": None, "detail": "", "paused": False, "until_ms": None, "dry_run": False,
        "flapping": False, "incident": "", "data": {}, **more,
    }  # fmt: skip


def _servers() -> list[dict[str, Any]]:
    links = [{"kind": "link", "url": LINK}]
    return [
        _server("survival", "running", _CALM, 164.2, 5.4, 8, links),
        _server("creative", "offline", _CRASH, 0.0, 0.0, 4, []),
        _server("valheim", "running", _VIKINGS, 71.9, 3.1, 6, []),
    ]


def _server(
    watch: str, state: str, console: tuple[str, ...], cpu: float, memory: float, limit: int, links: list[Any]
) -> dict[str, Any]:
    figures = {"cpu_absolute": cpu, "memory_bytes": round(memory * GIB), "memory_limit_bytes": limit * GIB}
    return {
        "watch": watch,
        "server": digest(watch)[:8],
        "name": _NAMES[watch],
        "node": "node-1",
        "state": state,
        "resources": {**figures, "disk_bytes": 11 * GIB, "uptime": 11_340_000} if memory else {"disk_bytes": 6 * GIB},
        "console_tail": list(console),
        "links": links,
    }


def _actions() -> list[dict[str, Any]]:
    watch = {"kind": "choice", "required": True, "choices": list(_NAMES), "help": "which watch"}
    seconds = {"kind": "number", "required": False, "default": 0, "least": 0, "most": 2_592_000}
    optional = {"kind": "text", "required": False}
    wakes = dict.fromkeys(("name", "address", "interface", "check"), optional)
    numbers = {name: {"kind": "number", "required": False} for name in ("port", "repeat", "wait_seconds")}
    worlds = {"kind": "choice", "required": True, "choices": list(_NAMES), "help": "whose world"}
    sockets = {"kind": "choice", "required": True, "choices": list(SOCKETS), "help": "which one"}
    keep = {"kind": "number", "required": False, "default": 7, "least": 1, "most": 60, "help": "days until it goes"}
    return [
        _action("watch.pause", "changes", "Leaves a watch alone", {"watch": watch, "seconds": seconds}),
        _action("watch.resume", "none", "Takes a watch up again", {"watch": watch}),
        _action("watch.repair", "changes", "Repairs now", {"watch": watch}),
        *(_action(f"server.{verb}", danger, "", {"watch": watch}) for verb, danger in _SIGNALS),
        _action(PLUG, "changes", "Switches a socket on for five minutes", {"socket": sockets}),
        _action("backup-world", "changes", "Saves a world and keeps it aside", {"world": worlds, "keep_days": keep}),
        {
            **_action(
                "wake",
                "changes",
                "Wakes a machine of this network by Wake-on-LAN",
                {"mac": {"kind": "text", "required": True}} | wakes | numbers,
            ),
            "targets": {"machines": [], "networks": [], "anybody": True},
        },
    ]


def _action(name: str, danger: str, words: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "danger": danger, "help": words, "timeout_seconds": 60.0, "parameters": parameters}
