"""What is wrong with a machine so that a person should know."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.ollama import ssh_keys, troubles
from wakeful_collector.integrations.ollama.ssh import KeyChanged
from wakeful_collector.integrations.ollama.states import Memory, State
from wakeful_collector.integrations.ollama.troubles import HOST_KEY_CHANGED, SLEEP_FAILED, UNREACHABLE
from wakeful_collector.store.gateway_host_keys import HostKey


def at(state: State, **memory: Any) -> Memory:
    return Memory(state, 5, "why")._replace(**memory)


@pytest.mark.parametrize(
    ("memory", "kind", "text"),
    [
        (at(State.UNREACHABLE, tries=1), UNREACHABLE, "why"),
        (at(State.WAKING, tries=2), UNREACHABLE, ""),
        (at(State.AWAKE, failures=1, failed="refused", failed_ms=5), SLEEP_FAILED, "refused"),
        (at(State.DRAINING, failures=1, failed="refused"), SLEEP_FAILED, "refused"),
        (at(State.STOPPING, failures=3, failed="refused"), SLEEP_FAILED, "refused"),
    ],
)
def test_what_a_person_should_know(memory: Memory, kind: str, text: str) -> None:
    assert troubles.trouble(memory, []) == (kind, text)


@pytest.mark.parametrize(
    "memory",
    [
        at(State.UNREACHABLE),
        at(State.WAKING),
        at(State.ASLEEP, failures=2, failed="refused"),
        at(State.ASLEEP, tries=1),
        at(State.AWAKE),
        at(State.UNREACHABLE, failures=1, failed="refused"),
    ],
)
def test_what_is_no_trouble(memory: Memory) -> None:
    assert troubles.trouble(memory, []) is None


def test_a_host_key_that_changed_is_a_trouble_until_the_new_one_is_trusted() -> None:
    shown = ssh_keys.HostKey("ssh-ed25519", "AAAA")
    said = f"it could not be put to sleep: {KeyChanged('box:22', [shown], shown)}"
    memory = at(State.AWAKE, failures=1, failed=said, failed_ms=50)
    old, new = (HostKey("box", "ssh-ed25519", "A", "SHA256:a", at_ms) for at_ms in (40, 60))
    assert troubles.trouble(memory, [old]) == (HOST_KEY_CHANGED, said)
    assert troubles.trouble(memory, [old, new]) is None
