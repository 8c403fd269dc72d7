from __future__ import annotations

import pickle

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
    assert Thing._make(["b", 5]) == Thing("b", 5)
    assert pickle.loads(pickle.dumps(thing)) == thing
    assert type(thing._replace(name="b")) is Thing
    assert thing._asdict() == {"name": "a", "size": 3}
    assert (Thing.__doc__, Thing.__module__, Thing._fields) == ("What it is.", __name__, ("name", "size"))
    assert Thing.__annotations__ == {"name": "str", "size": "int"}
    with pytest.raises(TypeError):
        Thing()
    with pytest.raises(TypeError, match="Expected 2 arguments, got 3"):
        Thing._make([1, 2, 3])
    with pytest.raises(ValueError, match="unexpected field names: \\['colour'\\]"):
        thing._replace(colour=1)
    with pytest.raises(AttributeError):
        thing.name = "b"
