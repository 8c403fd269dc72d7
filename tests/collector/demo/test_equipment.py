"""What only some machines have is measured there and nowhere else, the seldom seldom."""

import numpy as np
import pytest

from wakeful_collector.demo import signals
from wakeful_collector.demo.fleet import fleet
from wakeful_collector.model.trouble import Reading, troubles

END = 1_763_719_200.0
FLEET = fleet(200, 1)


def measured(machine):
    seconds = np.arange(END - 3_600, END, 15.0)
    columns = signals.series_of(machine)
    start = signals.Totals(float(seconds[0]) - 15.0, np.zeros(len(columns)))
    return columns, signals.measure(machine, END, seconds, start)[0]


@pytest.mark.parametrize(
    ("role", "metric"),
    [
        ("game", "container.cpu.time"),
        ("db", "postgresql.commits"),
        ("cache", "redis.keyspace.hits"),
        ("web", "tls.certificate.expires"),
        ("nas", "zfs.pool.utilization"),
        ("backup", "hw.raid.disks"),
        ("gpu", "hw.gpu.utilization"),
        ("edge", "wireguard.peer.io"),
        ("pve", "proxmox.guest.up"),
    ],
)
def test_a_role_has_its_equipment_and_no_other(role, metric):
    having = {machine.role.name for machine in FLEET if metric in {one.name for one in signals.series_of(machine)}}
    assert role in having
    assert "app" not in having


def test_disks_are_read_every_half_hour():
    columns, values = measured(next(machine for machine in FLEET if machine.role.name == "nas"))
    warm = next(number for number, one in enumerate(columns) if one.name == "hw.physical_disk.temperature")
    known = np.flatnonzero(~np.isnan(values[:, warm]))
    assert len(known) == 8
    assert 25 < values[known[0], warm] < 50


def test_a_few_machines_have_troubles_and_most_have_none():
    texts = []
    for machine in FLEET:
        columns, values = measured(machine)
        newest = [Reading(one.name, dict(one.labels), float(values[-1, number])) for number, one in enumerate(columns)]
        texts += [one.text for one in troubles(newest, round(END * 1000))]
    assert 8 <= len(texts) <= 24
    for word in ("unhealthy", "misses", "wearing", "certificate", "Unit"):
        assert any(word in text for text in texts), word
