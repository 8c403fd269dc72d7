"""Hardware addresses of machines, in the forms people and switches write them, made one form."""

from __future__ import annotations

import re

_FORMS = re.compile(
    r"[0-9a-f]{2}(?P<mark>[:-])(?:[0-9a-f]{2}(?P=mark)){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}|[0-9a-f]{12}"
)
_EMPTY = "00:00:00:00:00:00"


def parse_mac(text: str) -> str:
    """Return the address of a machine as `aa:bb:cc:dd:ee:ff`; raise ValueError for what is none.

    Taken are aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff, aabb.ccdd.eeff and aabbccddeeff, in letters of either case. What
    names a group (the lowest bit of the first byte, as in the broadcast address) or nobody is no machine's.
    """
    found = spaced(text)
    if int(found[:2], 16) & 1:
        raise ValueError(f"{found} is the address of a group, not of one machine")
    if found == _EMPTY:
        raise ValueError(f"{found} is nobody's address")
    return found


def spaced(text: str) -> str:
    """Return six bytes written in any of those forms as `aa:bb:cc:dd:ee:ff`; raise ValueError for anything else."""
    told = text.strip().lower()
    if not _FORMS.fullmatch(told):
        raise ValueError("is not like aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff, aabb.ccdd.eeff or aabbccddeeff")
    digits = "".join(character for character in told if character not in ":-.")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))
