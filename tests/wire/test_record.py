from __future__ import annotations

import pytest

from wakeful_wire.record import NamedTuple


class Thing(NamedTuple):
    """What it is."""

    name: str
    size: int = 3

    @property
    def label(self) -> str:
        """Return both."""
        return f"{self.name} {self.size}"

    def __str__(self) -> str:
        return self.label


def test_a_record_is_a_named_tuple() -> None:
    thing = Thing("a")
    assert thing == ("a", 3)
    assert thing._replace(size=4) == Thing("a", 4)
    assert (thing.label, str(thing), repr(thing)) == ("a 3", "a 3", "Thing(name='a', size=3)")
    assert thing._asdict() == {"name": "a", "size": 3}
    assert (Thing.__doc__, Thing.__module__, Thing._fields) == ("What it is.", __name__, ("name", "size"))
    assert Thing.__annotations__ == {"name": "str", "size": "int"}
    with pytest.raises(TypeError):
        Thing()
    with pytest.raises(AttributeError):
        thing.name = "b"
