"""What a meter is to ask, as it stands in agent.toml: `NAME=ADDRESS word=value ...`, name and words as one likes.

The name that is shown is the given one, or the address without what may be secret in it: user, password, query.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Mapping

TARGETS_MAX = 200
NAME_CHARACTERS_MAX = 200
_NAME = re.compile(r"([^:/=\s\[]+)=(.*)", re.DOTALL)
_WORD = re.compile(r'\s+([a-z][a-z0-9_]*)=("[^"]*"|\S*)')


class Target(NamedTuple):
    """One thing to ask: the name it is shown by, where it is, and the words behind that."""

    name: str
    address: str
    words: Mapping[str, str] = {}


def parse_target(text: str) -> Target:
    """Read one target; raise Malformed, without repeating more of the text than may be shown."""
    text = text.strip()
    named = _NAME.fullmatch(text)
    name, rest = (named[1], named[2].strip()) if named else ("", text)
    address = rest.split(None, 1)[0] if rest else ""
    if not address or not address.isprintable():
        raise Malformed("a target has no address that can be read")
    shown = label(name or shown_address(address), NAME_CHARACTERS_MAX)
    words: dict[str, str] = {}
    at = len(address)
    while at < len(rest):
        word = _WORD.match(rest, at)
        if word is None:
            raise Malformed(
                f'the target {shown}: what follows its address must be words like status=200 match="all well"'
            )
        words[word[1]] = word[2].strip('"')
        at = word.end()
    return Target(shown, address, words)


def parse_targets(texts: Iterable[str]) -> tuple[list[Target], list[str]]:
    """Return the targets, each with a name of its own, and one sentence for each text that is none."""
    targets: dict[str, Target] = {}
    problems = []
    for text in texts:
        if len(targets) == TARGETS_MAX:
            problems.append(f"more than {TARGETS_MAX} targets: the rest is left out")
            break
        try:
            target = parse_target(text)
        except Malformed as error:
            problems.append(str(error))
            continue
        name, number = target.name, 1
        while name in targets:
            number += 1
            name = f"{target.name} #{number}"
        targets[name] = target._replace(name=name)
    return list(targets.values()), problems


def shown_address(address: str) -> str:
    """Return the address without user, password, query and fragment."""
    scheme, mark, rest = address.partition("://")
    if not mark:
        scheme, rest = "", address
    for end in ("#", "?"):
        rest = rest.partition(end)[0]
    authority, slash, path = rest.partition("/")
    return scheme + mark + authority.rpartition("@")[2] + slash + path
