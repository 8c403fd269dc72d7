"""What may stand where the cursor is: commands, options, and what the collector knows. Never an error, never slow."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking, options, verbs
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.proxmox import offering
from wakeful_collector.remote.session import Session, host_path

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Mapping

    from wakeful_collector.remote.verb import Verb

PATIENCE_SECONDS = 3.0
CANDIDATES_MAX = 2_000
_SAFE = re.compile(r"[\w.,@%+-]+")
"""What no shell acts on; a host whose name holds more is offered by its id."""

_SAFE_WORDS = re.compile(r"[\w.,@%+/=-]+")


def complete(words: list[str], environ: Mapping[str, str]) -> int:
    """Print what may stand for the last of `words`, one candidate a line; return 0."""
    sys.stdout.write("".join(f"{one}\n" for one in candidates(words, environ)))
    return 0


def candidates(words: list[str], environ: Mapping[str, str]) -> list[str]:
    """Return what may stand for the last of `words`; nothing when the collector does not say."""
    try:
        found = _candidates(words or [""], environ)
    except Failure:
        found = []
    current = words[-1] if words else ""
    return [one for one in dict.fromkeys(found) if one.startswith(current)][:CANDIDATES_MAX]


def _candidates(words: list[str], environ: Mapping[str, str]) -> Iterable[str]:
    before, rest = _after_options(words)
    if len(rest) <= 1:
        if rest and rest[0].startswith("-"):
            return [*options.VALUED, *options.FLAGS, "--help", "--version"]
        if not rest:
            return _values(_Asked(environ, before), before[-2].lstrip("-"))
        return [verb.name for verb in verbs.VERBS]
    shelf = verbs.named(rest[0])
    if shelf is not None and shelf.is_shelf and len(rest) == 2 and not rest[1].startswith("-"):
        return [verb.name.removeprefix(f"{shelf.name} ") for verb in shelf.shelf]
    verb, words = verbs.found(rest)
    parser = options.parser_of(verb)
    return _of_verb(verb, parser, words, _Asked(environ, [*before, *words[:-1]]))


def _after_options(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the options before the command, and the rest with the word at the cursor."""
    index = 0
    while index < len(words) - 1 and words[index].startswith("-"):
        index += 2 if words[index] in options.VALUED else 1
    return words[:index], words[index:]


def _of_verb(verb: Verb, parser: argparse.ArgumentParser, words: list[str], asked: _Asked) -> Iterable[str]:
    actions = parser._actions  # noqa: SLF001 - argparse tells its options nowhere else
    named = {option: action for action in actions for option in action.option_strings}
    current, last = words[-1], words[-2] if len(words) > 1 else ""
    option = named.get(last)
    if option is not None and option.nargs not in {0, "?"}:
        return [str(one) for one in option.choices] if option.choices else _values(asked, option.dest, [], verb.name)
    if current.startswith("-"):
        return sorted(named)
    given = _positionals(words[:-1], named)
    places = [action for action in actions if not action.option_strings]
    if not places or (len(given) >= len(places) and places[-1].nargs != "*"):
        return []
    place = places[min(len(given), len(places) - 1)]
    if place.choices:
        return [str(one) for one in place.choices]
    if place.dest == "arguments":
        of_proxmox = verb.name.startswith("proxmox ")
        return (_of_proxmox if of_proxmox else _arguments)(verb, asked, given, current)
    return _values(asked, place.dest, given, verb.name)


def _positionals(words: list[str], named: Mapping[str, argparse.Action]) -> list[str]:
    given, index = [], 0
    while index < len(words):
        option = named.get(words[index])
        if option is not None and option.nargs not in {0, "?"}:
            index += 1
        elif not words[index].startswith("-"):
            given.append(words[index])
        index += 1
    return given


def _arguments(verb: Verb, asked: _Asked, given: list[str], current: str) -> Iterable[str]:
    """Return names of arguments with their `=`, or values behind it where they are known."""
    if verb.name == "ask" and len(given) > 1:
        known = asked.action(given[0], given[1]).get("parameters") or {}
        shapes = {name: {"enum": one.get("choices")} for name, one in known.items() if isinstance(one, dict)}
    else:
        name = given[0] if verb.name == "run" else "host.wake"
        if verb.name == "gateway":
            from wakeful_collector.remote.verbs.gateway import CHANGES

            if given[0] == "permanent":
                return ["on", "off"]
            name = CHANGES.get(given[0], "")
        shapes = (asked.operation(name).get("arguments") or {}).get("properties") or {}
    name, sign, _ = current.partition("=")
    if not sign:
        taken = {word.partition("=")[0] for word in given} | ({"name", "key"} if verb.name == "gateway" else set())
        return [f"{one}=" for one in shapes if one not in taken and _SAFE.fullmatch(one)]
    values = (shapes.get(name) or {}).get("enum") or (asked.hosts() if name == "host" else [])
    if verb.name == "run" and name == "id" and given[0].startswith("channel."):
        values = asked.channels()
    return [f"{name}={value}" for value in values if _SAFE.fullmatch(str(value))]


def _of_proxmox(verb: Verb, asked: _Asked, given: list[str], current: str) -> Iterable[str]:
    found = offering.arguments(asked.session, verb.name.rpartition(" ")[2], given, current)
    return [one for one in found if _SAFE_WORDS.fullmatch(one)]


def _values(asked: _Asked, what: str, given: list[str] | None = None, verb: str = "") -> Iterable[str]:
    """Return what may stand for an argument, by its name in the parser."""
    if verb.startswith("proxmox ") and what in offering.PLACES:
        return [one for one in offering.values(asked.session, what, given or []) if _SAFE_WORDS.fullmatch(one)]
    first = (given or [""])[0]
    known: dict[str, Callable[[], Iterable[Any]]] = {
        "host": asked.hosts,
        "operation": lambda: [one.get("name") for one in asked.listed("/operations", "operations")],
        "action": lambda: [one.get("name") for one in asked.actions(first)],
        "watch": lambda: [one.get("name") for one in asked.listed("/watches", "watches", host=asked.host_id(first))],
        "incident": lambda: [one.get("id") for one in asked.listed("/incidents", "incidents", limit=100)],
        "channel": asked.channels,
        "id": lambda: [one.get("id") for one in asked.listed(f"/{verb}", verb, limit=100)],
        "machine": asked.machines,
        "profile": asked.profiles,
        "name": asked.profiles,
        "use": asked.profiles,
        "tag": lambda: [tag for one in asked.listed("/hosts", "hosts", limit=1000) for tag in one.get("tags") or []],
    }
    found = known[what]() if what in known else []
    return [str(one) for one in found if one is not None and _SAFE.fullmatch(str(one))]


class _Asked:
    """What the collector knows, asked with little patience."""

    def __init__(self, environ: Mapping[str, str], words: list[str]) -> None:
        pairs = dict(zip(words, words[1:], strict=False))
        joined = dict(word.split("=", 1) for word in words if word.startswith("--") and "=" in word)
        self.session = Session(
            environ,
            pairs.get("--profile") or joined.get("--profile"),
            pairs.get("--url") or joined.get("--url"),
            timeout_seconds=PATIENCE_SECONDS,
        )

    def listed(self, target: str, field: str, **query: Any) -> list[dict[str, Any]]:
        return list(self.session.client.pages(target, field, CANDIDATES_MAX, **query))

    def hosts(self) -> list[str]:
        found = self.listed("/hosts", "hosts", limit=1000)
        names = [str(one.get("name")) for one in found]
        return [
            name
            if _SAFE.fullmatch(name) and names.count(name) == 1 and not name.startswith("-")
            else str(one.get("id"))
            for name, one in zip(names, found, strict=True)
        ]

    def machines(self) -> list[str]:
        found = asking.result_of(self.session, "gateway.status", {})["machines"]
        return [str(one.get("name")) for one in found]

    def channels(self) -> list[str]:
        found = self.listed("/channels", "channels")
        return [str(one.get("name" if _SAFE.fullmatch(str(one.get("name"))) else "id")) for one in found]

    def host_id(self, name: str) -> str | None:
        return self.session.host_id(name)

    def actions(self, host: str) -> list[dict[str, Any]]:
        from wakeful_collector.remote.verbs.host import announced

        return announced(self.session.client.get(host_path(self.session.host(host))))

    def action(self, host: str, name: str) -> dict[str, Any]:
        return next((one for one in self.actions(host) if one.get("name") == name), {})

    def operation(self, name: str) -> dict[str, Any]:
        return next((one for one in self.listed("/operations", "operations") if one.get("name") == name), {})

    def profiles(self) -> list[str]:
        from wakeful_collector.remote import profiles

        return list(profiles.load(profiles.place(self.session.environ)).profiles)
