"""The model gateway as Prometheus families: where machines stand, what went through, what their sleep saved."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.web.metrics_text import Family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wakeful_collector.store.gateway_history import Total
    from wakeful_collector.store.gateway_leases import Lease
    from wakeful_collector.store.gateway_machines import MachineRow
    from wakeful_collector.store.gateway_states import StateRow

STATES = ("asleep", "waking", "awake", "draining", "stopping", "unreachable")
_PREFIX = "wakeful_gateway_"
_COUNTERS = {
    "requests": "Requests by how they ended",
    "prompt_tokens": "Tokens that machines read",
    "completion_tokens": "Tokens that machines wrote",
    "bytes_in": "Bytes that clients sent",
    "bytes_out": "Bytes that clients were sent",
    "waits": "Requests that had to wait for their machine or their turn",
    "waited_seconds": "Time that requests waited before they were admitted",
    "wakes": "Machines woken, by who asked",
    "wake_failures": "Wakes after which the machine did not show in its time",
    "wake_seconds": "Time from the first packet until the machine answered, of wakes that worked",
    "sleeps": "Machines put to sleep",
    "sleep_failures": "Tries to put a machine to sleep that did not work",
    "awake_seconds": "Time that machines were on",
    "asleep_seconds": "Time that machines were asleep",
}
_FIRST_BYTE = f"{_PREFIX}first_byte_seconds"


class Gateway(NamedTuple):
    """What is known of the gateway: its machines, their states, the leases that live, and the counters."""

    machines: Sequence[MachineRow]
    states: Mapping[str, StateRow]
    leases: Sequence[Lease]
    totals: Sequence[Total]


def families(known: Gateway, bounds: Sequence[float]) -> list[Family]:
    """Return the families of the gateway; `bounds` are those of the histogram of the time to the first byte."""
    return [*_standing(known), *_claims(known), *_counted(known), _first_byte(known, bounds), _saved(known)]


def _standing(known: Gateway) -> list[Family]:
    state = Family(f"{_PREFIX}machine_state", "gauge", "1 for the state that a machine is in")
    permanent = Family(f"{_PREFIX}permanent", "gauge", "1 while a machine is kept awake for good")
    for machine in known.machines:
        found = known.states.get(machine.name)
        for name in STATES:
            state.add(int(found is not None and found.state == name), machine=machine.name, state=name)
        permanent.add(int(found is not None and found.permanent), machine=machine.name)
    return [state, permanent]


def _claims(known: Gateway) -> list[Family]:
    running = Family(f"{_PREFIX}requests_running", "gauge", "Requests that a machine is serving")
    waiting = Family(f"{_PREFIX}requests_waiting", "gauge", "Requests that wait for a machine or their turn")
    claims = Family(f"{_PREFIX}leases", "gauge", "Claims of people and programs that a machine stays awake")
    counted = Counter((one.machine, one.kind, one.admitted_ms is None) for one in known.leases)
    for machine in (one.name for one in known.machines):
        running.add(counted[machine, "request", False], machine=machine)
        waiting.add(counted[machine, "request", True], machine=machine)
        for kind in ("person", "script", "legacy"):
            claims.add(counted[machine, kind, False] + counted[machine, kind, True], machine=machine, kind=kind)
    return [running, waiting, claims]


def _counted(known: Gateway) -> list[Family]:
    found = {name: Family(f"{_PREFIX}{name}_total", "counter", text) for name, text in _COUNTERS.items()}
    for one in known.totals:
        if one.name in found:
            found[one.name].add(one.value, machine=one.machine, **one.labels)
    return list(found.values())


def _first_byte(known: Gateway, bounds: Sequence[float]) -> Family:
    family = Family(_FIRST_BYTE, "histogram", "Time from a request's admission to the machine's first byte")
    buckets: dict[str, Counter[str]] = {}
    sums: Counter[str] = Counter()
    for one in known.totals:
        if one.name == "first_byte":
            buckets.setdefault(one.machine, Counter())[one.labels.get("le", "+Inf")] += round(one.value)
        elif one.name == "first_byte_sum":
            sums[one.machine] += one.value  # type: ignore[assignment]  # a Counter adds seconds as well
    for machine, found in buckets.items():
        below = 0
        for bound in (*(f"{bound:g}" for bound in bounds), "+Inf"):
            below += found[bound]
            family.add(below, "_bucket", machine=machine, le=bound)
        family.add(sums[machine], "_sum", machine=machine)
        family.add(below, "_count", machine=machine)
    return family


def _saved(known: Gateway) -> Family:
    """Return the energy that a machine did not need while it slept, where its power when idle is given."""
    text = "Energy not used because a machine slept, by the watts given for it"
    family = Family(f"{_PREFIX}energy_saved_joules_total", "counter", text)
    watts = {one.name: one.policy.get("watts") or 0 for one in known.machines}
    for one in known.totals:
        if one.name == "asleep_seconds" and watts.get(one.machine):
            family.add(one.value * watts[one.machine], machine=one.machine)
    return family
