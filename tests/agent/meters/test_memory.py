import pytest

from wakeful_agent.host.errors import Malformed
from wakeful_agent.meters.memory import MemoryMeter, parse_meminfo

KIB = 1024


def read(host):
    reading = MemoryMeter().read(host, 0)
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}


def test_every_byte_is_in_one_state(machine):
    found = read(machine("bare-metal"))
    states = [found["system.memory.usage", state] for state in ("used", "free", "buffers", "cached")]
    assert sum(states) == found["system.memory.limit",] == 32_000_000 * KIB
    assert found["system.memory.usage", "cached"] == 15_500_000 * KIB
    assert found["system.memory.available",] == 20_000_000 * KIB
    assert found["system.memory.utilization",] == 0.375
    assert found["system.memory.slab", "unreclaimable"] == 500_000 * KIB
    assert found["system.paging.usage", "used"] == 1_000_000 * KIB


def test_counters_of_paging(machine):
    found = read(machine("bare-metal"))
    assert found["system.paging.faults", "major"] == 10
    assert found["system.paging.faults", "minor"] == 990
    assert found["system.paging.io", "out"] == 5 * (found["system.paging.io", "in"] / 3)


def test_an_old_kernel_does_not_say_what_is_available(machine):
    found = read(machine("centos7"))
    assert found["system.memory.available",] == (200_000 + 50_000 + 300_000 - 20_000) * KIB
    assert ("system.paging.io", "in") not in found
    assert ("system.memory.slab", "reclaimable") not in found


def test_gvisor_has_no_vmstat_and_memory_is_read_all_the_same(machine):
    found = read(machine("gvisor"))
    assert found["system.memory.limit",] == 2_097_152 * KIB
    assert not [key for key in found if key[0] == "system.paging.faults"]


def test_more_free_than_total_is_not_less_than_nothing(made):
    found = read(made({"proc/meminfo": "MemTotal: 10 kB\nMemFree: 20 kB\nMemAvailable: 30 kB\n"}))
    assert found["system.memory.usage", "used"] == 0
    assert found["system.memory.utilization",] == 0


@pytest.mark.parametrize("text", ["", "MemTotal: 0 kB\n", "MemTotal: much kB\n", "MemTotal:\n"])
def test_without_a_total_it_is_malformed(text):
    with pytest.raises(Malformed):
        parse_meminfo(text)
