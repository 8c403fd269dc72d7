"""Whether a pattern can be matched against a stranger's text without taking for ever. Pure.

The engine of `re` tries all ways to split what repeats: where a repetition repeats, or several follow each other, there
are more ways than there is time, and nothing else runs meanwhile.
"""

from __future__ import annotations

import re

PATTERN_CHARACTERS_MAX = 256
REPEATS_MAX = 4
OPTIONALS_MAX = 8
_ESCAPED = re.compile(r"\\.", re.DOTALL)
_CLASS = re.compile(r"\[\^?\]?[^]]*\]")
_REPEAT = re.compile(r"[*+]|\{\d*,\d*\}|\{\d+\}")


def problem_of(pattern: object) -> str:
    """Return what is wrong with the pattern of a parameter; empty when nothing is."""
    if not isinstance(pattern, str) or not pattern:
        return 'must be a regular expression that the whole text has to match, such as "[a-z0-9-]{1,32}"'
    if len(pattern) > PATTERN_CHARACTERS_MAX:
        return f"has more than {PATTERN_CHARACTERS_MAX} characters"
    try:
        re.compile(pattern, re.ASCII)
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        return f"is no regular expression: {error}"
    plain = _CLASS.sub("c", _ESCAPED.sub("e", pattern))
    if "(" in plain and _repeats_inside(plain):
        return "repeats a group in which something repeats or differs (a+)*: that can take for ever"
    if len(_REPEAT.findall(plain)) > REPEATS_MAX:
        return f"repeats in more than {REPEATS_MAX} places: that can take for ever"
    if plain.count("?") - plain.count("(?") > OPTIONALS_MAX:
        return f"has more than {OPTIONALS_MAX} places that may be left out: that can take for ever"
    return ""


def _repeats_inside(plain: str) -> bool:
    """Tell whether a group that repeats holds a repetition or a choice."""
    opened: list[int] = []
    for place, character in enumerate(plain):
        if character == "(":
            opened.append(place)
        elif character == ")" and opened:
            inside = plain[opened.pop() + 1 : place]
            inside = inside[2:] if inside.startswith("?:") else inside
            if _REPEAT.match(plain, place + 1) and ("|" in inside or "?" in inside or _REPEAT.search(inside)):
                return True
    return False
