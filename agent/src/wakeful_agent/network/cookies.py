"""The cookies of one web site, as its own page would keep them: taken from answers, told with requests. Pure.

They belong to one origin and are told to no other, so that domain and path say nothing here. Source: RFC 6265.
"""

from __future__ import annotations

COOKIES_MAX = 40
COOKIE_CHARACTERS_MAX = 8_192
_GONE = ("max-age=0", "max-age=-")


class Cookies:
    """Holds at most 40 cookies; those that are too long, or hold what no header can hold, are left out."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def take(self, told: str) -> None:
        """Keep what an answer's `set-cookie` says, one cookie a line."""
        for line in told.split("\n"):
            pair, _, rest = line.partition(";")
            name, mark, value = pair.partition("=")
            name, value = name.strip(), value.strip()
            if (
                not mark
                or not name
                or len(pair) > COOKIE_CHARACTERS_MAX
                or not pair.isascii()
                or not pair.isprintable()
            ):
                continue
            if _is_gone(rest):
                self._kept.pop(name, None)
            elif name in self._kept or len(self._kept) < COOKIES_MAX:
                self._kept[name] = value

    def value(self, name: str) -> str:
        """Return a cookie's value as it was told; empty when there is none."""
        return self._kept.get(name, "")

    def header(self) -> str:
        """Return what a request tells; empty when there is nothing to tell."""
        return "; ".join(f"{name}={value}" for name, value in self._kept.items())

    def values(self) -> list[str]:
        """Return all values: who holds them is logged in."""
        return list(self._kept.values())

    def forget(self, prefix: str = "") -> None:
        """Drop the cookies whose names begin with `prefix`."""
        self._kept = {name: value for name, value in self._kept.items() if not name.startswith(prefix)}

    def only(self, prefix: str) -> bool:
        """Drop the cookies whose names do not begin with `prefix`; tell whether one is left."""
        self._kept = {name: value for name, value in self._kept.items() if name.startswith(prefix)}
        return bool(self._kept)


def _is_gone(attributes: str) -> bool:
    words = [word.strip().lower() for word in attributes.split(";")]
    return any(word.startswith(_GONE) for word in words)
