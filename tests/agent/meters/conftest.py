"""Machines to read: captured and hand-made trees, and empty ones that a test fills."""

from __future__ import annotations

import pathlib
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

from wakeful_agent import meters
from wakeful_agent.host.files import Host

if TYPE_CHECKING:
    from wakeful_agent.meter import Meter
    from wakeful_wire.schema import Series

HOSTS = pathlib.Path(__file__).parents[2] / "fixtures" / "hosts"


@pytest.fixture
def machine() -> Callable[[str], Host]:
    """Return a function that gives the host of a fixture tree by name."""
    return lambda name: Host(str(HOSTS / name))


@pytest.fixture
def made(tmp_path: pathlib.Path) -> Callable[..., Host]:
    """Return a function that writes files (path to text) under an empty root and gives its host."""

    def make(files: dict[str, str | bytes]) -> Host:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Host(str(tmp_path))

    return make


Seen = dict[str, set[tuple[str, tuple[str, ...]]]]


@pytest.fixture(scope="session", autouse=True)
def seen() -> Iterator[Seen]:
    """What the meters gave in all tests of this folder: by meter, each metric with the names of its labels."""
    found: Seen = {}
    classes = meters.classes()
    before = [vars(meter).get("read") for meter in classes]
    for meter in classes:
        meter.read = _noted(meter.read, found.setdefault(meter.name, set()))  # type: ignore[method-assign] # it watches
    yield found
    for meter, read in zip(classes, before):
        if read is None:
            del meter.read
        else:
            meter.read = read  # type: ignore[method-assign] # as it was


def _noted(read: Callable[..., Any], found: set[tuple[str, tuple[str, ...]]]) -> Callable[..., Any]:
    def reading(self: Meter, host: Host, now_ms: int) -> Any:
        told = read(self, host, now_ms)
        found.update((one.name, _labels(one)) for one in getattr(told, "series", ()))
        return told

    return reading


def _labels(one: Series) -> tuple[str, ...]:
    return tuple(name for name, _ in one.labels)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what judges all tests of this folder come after them."""
    last = [item for item in items if "seen" in getattr(item, "fixturenames", ()) and item.get_closest_marker("last")]
    for item in last:
        items.remove(item)
    items.extend(last)
