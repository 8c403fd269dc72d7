"""`NamedTuple` as classes use it, made without the `typing` module: that one costs a running agent two megabytes.

To type checkers it is `typing.NamedTuple`. For the same reason modules of the agent and the wire say
`TYPE_CHECKING = False` and import from `typing` only below it.
"""

from __future__ import annotations

from collections import namedtuple

__all__ = ["NamedTuple"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, NamedTuple
else:
    _OWN = frozenset({"__module__", "__qualname__", "__annotations__"})

    def _make(cls: type, iterable: Iterable[object]) -> tuple[object, ...]:
        """Return one with the values of `iterable`; raise TypeError unless there are as many as fields."""
        made = tuple.__new__(cls, iterable)
        if len(made) != len(cls._fields):
            raise TypeError(f"Expected {len(cls._fields)} arguments, got {len(made)}")
        return made

    def _replace(self: tuple[object, ...], /, **values: object) -> tuple[object, ...]:
        """Return one with other values in the named fields; raise ValueError for a field that it has not."""
        made = self._make(map(values.pop, self._fields, self))
        if values:
            raise ValueError(f"Got unexpected field names: {list(values)!r}")
        return made

    def _represent(self: tuple[object, ...]) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self))
        return f"{type(self).__name__}({fields})"

    _SHARED = {"_make": classmethod(_make), "_replace": _replace, "__repr__": _represent}
    """What every class of fields has the same: its own closures of them would take 2 KB a class."""

    class _Maker(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, object]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = body["__annotations__"]
            defaults = [body[field] for field in fields if field in body]
            made = namedtuple(name, fields, defaults=defaults, module=body["__module__"])
            made.__new__.__doc__ = None
            for key, method in _SHARED.items():
                setattr(made, key, method)
            for key, value in body.items():
                if key not in _OWN and key not in fields:
                    setattr(made, key, value)
            made.__annotations__ = fields
            return made

    class NamedTuple(metaclass=_Maker):
        """The base that a class of fields names; what becomes of it is a tuple, and no subclass of this."""
