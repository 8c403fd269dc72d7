"""What is wrong with a machine of the gateway so that a person should know: it does not wake, or not sleep. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.ollama.states import State

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.integrations.ollama.states import Memory
    from wakeful_collector.store.gateway_host_keys import HostKey

UNREACHABLE, SLEEP_FAILED, HOST_KEY_CHANGED = (
    "gateway.unreachable",
    "gateway.sleep_failed",
    "gateway.host_key_changed",
)
WELL = "gateway.well"
KINDS = (UNREACHABLE, SLEEP_FAILED, HOST_KEY_CHANGED, WELL)
"""The events of a machine, also those of its incident."""

_ON = frozenset({State.AWAKE, State.DRAINING, State.STOPPING})
_OTHER_KEY = "shows another host key"


class Trouble(NamedTuple):
    """One trouble: the kind of its event, and the text for people, empty while a wake after a failed one goes on."""

    kind: str
    text: str


def trouble(memory: Memory, keys: Sequence[HostKey]) -> Trouble | None:
    """Return what is wrong with a machine; `keys` are its pinned host keys: trusting a new one ends that trouble.

    That it is not there while nobody wants it is no trouble.
    """
    if memory.tries and memory.state in {State.UNREACHABLE, State.WAKING}:
        return Trouble(UNREACHABLE, memory.reason if memory.state is State.UNREACHABLE else "")
    if not memory.failures or memory.state not in _ON:
        return None
    if _OTHER_KEY in memory.failed:
        if any(key.pinned_ms > memory.failed_ms for key in keys):
            return None
        return Trouble(HOST_KEY_CHANGED, memory.failed)
    return Trouble(SLEEP_FAILED, memory.failed)
