"""The edge of every parser: text that is not as documented becomes the house's own error, never another one."""

from __future__ import annotations

import functools
import math

from wakeful_agent.host.errors import Malformed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable, TypeVar

    Parsed = TypeVar("Parsed")


def parser(source: str) -> Callable[[Callable[[str], Parsed]], Callable[[str], Parsed]]:
    """Return a decorator for a pure function that reads the text of `source`; the result raises only Malformed."""

    def decorate(function: Callable[[str], Parsed]) -> Callable[[str], Parsed]:
        @functools.wraps(function)
        def parse(text: str) -> Parsed:
            try:
                return function(text)
            except (ValueError, LookupError, ArithmeticError, TypeError) as error:
                raise Malformed(f"/{source}: is not as documented ({error})") from None

        return parse

    return decorate


def number(text: str) -> float:
    """Return the finite number the text holds; raise ValueError for anything else."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:40]!r} is not finite")
    return value
