"""How machines stand, as operations tell it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama import status
from wakeful_collector.operations.registry import OperationError

from .asking import GPU, MODELS, Asker, request, seen, stand

if TYPE_CHECKING:
    from wakeful_collector.config import Settings


def test_a_machine_with_everything(settings: Settings, now_ms: int) -> None:
    ask = Asker(settings, now_ms)
    ask("gateway.machine.add", **GPU)
    data = settings.data
    stand(data, "gpu", "awake", now_ms - 60_000, "it answered after 42 s")
    request(data, "gpu", "r1", now_ms)
    request(data, "gpu", "r2", now_ms, is_admitted=False)
    lease = ask("gateway.lease", machine="gpu", note="a job")["lease"]
    seen(data, "gpu", "/api/ps", {"models": MODELS[:1]}, now_ms)
    (found,) = ask("gateway.status")["machines"]
    assert found == {
        "name": "gpu",
        "url": "http://192.0.2.20:11434",
        "host": None,
        "default": True,
        "wake": "packet",
        "sleep": "ssh",
        "state": "awake",
        "since": "2026-11-18T11:05:40Z",
        "reason": "it answered after 42 s",
        "next": "stays awake: it is used",
        "next_at": None,
        "permanent": False,
        "asked": None,
        "requests": {"running": 1, "waiting": 1},
        "leases": [lease],
        "running_models": ["llama3:latest"],
    }


def test_a_machine_that_nobody_looked_at_yet(settings: Settings, now_ms: int) -> None:
    ask = Asker(settings, now_ms)
    ask("gateway.machine.add", **GPU)
    ask("gateway.wake", machine="gpu")
    (found,) = ask("gateway.status", machine="gpu")["machines"]
    assert (found["state"], found["asked"], found["running_models"]) == ("asleep", "wake", [])
    (models,) = ask("gateway.models")["machines"]
    assert models == {"name": "gpu", "seen": None, "models": [], "running": []}


def test_models_as_they_were_seen_last(settings: Settings, now_ms: int) -> None:
    ask = Asker(settings, now_ms)
    ask("gateway.machine.add", **GPU)
    seen(settings.data, "gpu", "/api/tags", {"models": MODELS}, now_ms - 1000)
    (found,) = ask("gateway.models", machine="gpu")["machines"]
    assert found["models"] == MODELS
    assert found["seen"] == "2026-11-18T11:06:39Z"
    assert status.names_of(MODELS) == ["llama3:latest", "qwen:0.5b"]


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"models": 3}', b'{"models": [1, "x"]}', b"[" * 100_000])
def test_what_is_no_list_of_models_is_none(settings: Settings, now_ms: int, body: bytes) -> None:
    Asker(settings, now_ms)("gateway.machine.add", **GPU)
    seen(settings.data, "gpu", "/api/tags", body, now_ms)
    assert status.listed(settings.data, "gpu", "/api/tags") == ([], now_ms)


def test_a_machine_that_is_not_there_is_refused_with_those_that_are(settings: Settings, now_ms: int) -> None:
    with pytest.raises(OperationError, match="no machine is the default one") as none:
        status.known(settings.data, None)
    assert none.value.status == 404
    with pytest.raises(OperationError, match="there are: none yet"):
        status.known(settings.data, "gpu")
    Asker(settings, now_ms)("gateway.machine.add", **GPU)
    assert status.known(settings.data, None).name == "gpu"
    with pytest.raises(OperationError, match="there is no machine 'gpv'; there are: gpu"):
        status.known(settings.data, "gpv")


def test_names_of_models_are_bounded() -> None:
    found = status.names_of([{"name": "x" * 5_000}, {"model": "gem"}, *({"name": "y"} for _ in range(1_000))])
    assert found[:2] == ["x" * status.NAME_CHARACTERS_MAX, "gem"]
    assert len(found) == status.NAMES_MAX
