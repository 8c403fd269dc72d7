"""`NamedTuple` as classes use it, made without the `typing` module: that one costs a running agent two megabytes.

To type checkers it is `typing.NamedTuple`. For the same reason modules of the agent and the wire say
`TYPE_CHECKING = False` and import from `typing` only below it.
"""

from __future__ import annotations

from collections import namedtuple

__all__ = ["NamedTuple"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NamedTuple
else:
    _OWN = frozenset({"__module__", "__qualname__", "__annotations__"})

    class _Maker(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            for key, value in body.items():
                if key not in _OWN and key not in fields:
                    setattr(made, key, value)
            made.__annotations__ = fields
            return made

    class NamedTuple(metaclass=_Maker):
        """The base that a class of fields names; what becomes of it is a tuple, and no subclass of this."""
