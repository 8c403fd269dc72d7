"""The commands, in the order `--help` shows them. A command is loaded when it is used.

Each module offers ABOUT, EXAMPLES, `add(parser)` and `run(session, given)`, which returns the exit code.
"""

from __future__ import annotations

from wakeful_collector.remote.failure import closest, usage
from wakeful_collector.remote.verb import Verb

_LOOK, _ACT, _TELL, _SELF = "look", "act", "tell", "this program"
GROUPS = (_LOOK, _ACT, _TELL, _SELF)
VERBS = (
    Verb("hosts", "hosts", "List hosts, with what needs a look", _LOOK),
    Verb("host", "host", "Show one host: facts, problems, watches, what may be asked there", _LOOK),
    Verb("watches", "watches", "List what is kept alive, and how it stands", _LOOK),
    Verb("servers", "servers", "List game servers: state, resources, links", _LOOK),
    Verb("run", "run", "Run an operation of the collector", _ACT),
    Verb("ask", "ask", "Ask a host for one of the actions that it offers", _ACT),
    Verb("wake", "wake", "Wake a host that is asleep", _ACT),
    Verb("start", "power", "Start a game server", _ACT),
    Verb("stop", "power", "Stop a game server", _ACT),
    Verb("restart", "power", "Restart a game server", _ACT),
    Verb("kill", "power", "Kill a game server that does not stop", _ACT),
    Verb("gateway", "gateway", "Look after machines that serve models: wake, sleep, lease", _ACT),
    Verb("proxmox", "proxmox", "Look at, act on and declare what Proxmox clusters run", _ACT, is_shelf=True),
    Verb("repair", "keeping", "Repair now what a watch keeps alive", _ACT),
    Verb("pause", "keeping", "Let a watch look on without acting", _ACT),
    Verb("resume", "keeping", "Let a watch act again", _ACT),
    Verb("acknowledge", "acknowledge", "Say that somebody looks after an incident", _ACT),
    Verb("operations", "operations", "List the operations, or show one with its arguments", _ACT),
    Verb("commands", "commands", "List what hosts were asked for, or show one command", _TELL),
    Verb("events", "events", "Show what happened, and follow what happens", _TELL),
    Verb("incidents", "incidents", "List what went wrong and what became of it", _TELL),
    Verb("channels", "channels", "List who is told of it, or send a test", _TELL),
    Verb("deliveries", "deliveries", "List what was sent to whom, and whether it arrived", _TELL),
    Verb("login", "login", "Keep a collector's address and an API key", _SELF),
    Verb("logout", "logout", "Forget an API key", _SELF),
    Verb("profiles", "profiles", "List the collectors that are known here", _SELF),
    Verb("completion", "completion", "Print what completes commands in a shell", _SELF),
)


def every() -> list[Verb]:
    """Return every command that can be given; of a shelf those that stand on it."""
    return [one for verb in VERBS for one in verb.shelf or (verb,)]


def named(name: str, among: tuple[Verb, ...] = VERBS) -> Verb | None:
    """Return the command of that name."""
    return next((verb for verb in among if verb.name == name), None)


def found(words: list[str]) -> tuple[Verb, list[str]]:
    """Return the command that a command line begins with, and the words behind it; raise Failure."""
    verb, rest = _among(VERBS, "", words)
    if not verb.is_shelf:
        return verb, rest
    if not rest or rest[0].startswith("-"):
        return verb.shelf[0], rest
    return _among(verb.shelf, f"{verb.name} ", rest)


def _among(known: tuple[Verb, ...], before: str, words: list[str]) -> tuple[Verb, list[str]]:
    verb = named(f"{before}{words[0]}", known)
    if verb is None:
        near = closest(words[0], [one.name.removeprefix(before) for one in known])
        meant = f"did you mean {before}{near}? " if near else ""
        way = f"{meant}see: wakeful {before}--help"
        raise usage(f"there is no command {before + words[0]!r}", way)
    return verb, words[1:]
