"""The fake Ollama against the facts, by the official `ollama` client: sections 2.1 to 2.4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from .ollama import Model
from .ollama_clients import Hand, native
from .ollama_life_suite import LifeSuite
from .ollama_suite import NativeSuite

if TYPE_CHECKING:
    import ollama as official

    from .ollama import Ollama


@pytest.fixture
def hand(upstream: Ollama) -> Hand:
    return Hand(upstream.url)


@pytest.fixture
def client(upstream: Ollama) -> official.Client:
    return native(upstream.url)


class TestNative(NativeSuite):
    pass


class TestLife(LifeSuite):
    pass


def test_a_server_that_dies_on_the_way(upstream: Ollama, client: official.Client) -> None:
    for kind in ("cut", "reset"):
        upstream.fail(kind, after=2)
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            list(client.generate("gem", "x y z", stream=True))
    assert [visit.outcome for visit in upstream.seen()] == ["broken", "broken"]
    upstream.shut()
    with pytest.raises(ConnectionError):
        client.generate("gem", "x")
    upstream.reboot()
    assert client.generate("gem", "x").done


def test_more_can_be_pulled(upstream: Ollama, client: official.Client) -> None:
    upstream.shelf.remote["big:7b"] = Model("big:7b", size=1 << 32)
    upstream.fail("cut", after=3)
    with pytest.raises(Exception, match="peer closed"):
        list(client.pull("big:7b", stream=True))
    assert client.pull("big:7b").status == "success"
