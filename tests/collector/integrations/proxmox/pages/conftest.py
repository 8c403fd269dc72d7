"""What the tests of the pages share: people, and a cluster that was seen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from .estate_data import keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PART = {"HX-Request": "true"}


@pytest.fixture
def home(data: Path) -> Path:
    """The cluster `home` was seen."""
    keep(data)
    return data


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    """Somebody who may act."""
    return person("ada", "operate")


@pytest.fixture
def root(person: Callable[..., Any]) -> Any:
    """Somebody who may set up."""
    return person("root", "admin")


@pytest.fixture
def bob(person: Callable[..., Any]) -> Any:
    """Somebody who may look."""
    return person("bob", "read")


@pytest.fixture
def press() -> Callable[..., Any]:
    """Press a button as the page's script does: `press(ada, "proxmox.guest.start", vmid="101")`."""

    def pressed(who: Any, operation: str, **fields: str) -> Any:
        return who.client.post(f"/ask/{operation}", data={"csrf": who.csrf, **fields}, headers=PART)

    return pressed


@pytest.fixture
def words() -> Callable[[str], str]:
    """Return the words of a page without its markup, in one line."""
    return lambda text: re.sub(r" (?=[.,:;])", "", re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text)))
