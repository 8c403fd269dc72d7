"""What a machine of the sample fleet measures fits together and goes on without a seam."""

import numpy as np
import pytest

from wakeful_collector.demo import signals
from wakeful_collector.demo.fleet import fleet
from wakeful_wire.names import COUNTER, METRICS, describe
from wakeful_wire.schema import schema_hash

END = 1_763_719_200.0


def start(machine, seconds):
    return signals.Totals(float(seconds[0]) - 15.0, np.zeros(len(signals.series_of(machine))))


@pytest.mark.parametrize("machine", fleet(40, 1), ids=lambda machine: f"{machine.name} {machine.fate}")
def test_the_values_are_believable(machine):
    columns = signals.series_of(machine)
    seconds = np.arange(END - 2 * 86_400, END, 60.0)
    values, _ = signals.measure(machine, END, seconds, start(machine, seconds))
    assert values.shape == (len(seconds), len(columns))
    assert not np.isinf(values).any()
    assert (np.nan_to_num(values) >= 0).all()
    assert len(set(columns)) == len(columns)
    for number, one in enumerate(columns):
        assert one.name in METRICS
        assert {label for label, _ in one.labels} == set(describe(one.name).labels)
        if not one.name.startswith("hw.physical_disk."):
            assert np.isfinite(values[:, number]).all(), one
        if describe(one.name).unit == "1":
            assert np.nanmax(values[:, number]) <= 1.0 or one.name == "process.cpu.utilization", one
        if describe(one.name).kind == COUNTER and machine.fate != "rebooted":
            assert (np.diff(values[:, number]) >= 0).all(), one


def test_the_modes_of_a_core_make_up_its_time():
    machine = fleet(1, 1)[0]
    seconds = np.arange(END - 3_600, END, 15.0)
    values, _ = signals.measure(machine, END, seconds, start(machine, seconds))
    chosen = [n for n, one in enumerate(signals.series_of(machine)) if one.name == "system.cpu.time"]
    spent = values[-1, chosen].sum() - values[0, chosen].sum()
    assert spent == pytest.approx(machine.cores * (seconds[-1] - seconds[0]), rel=1e-3)


def test_counters_go_on_where_they_stood():
    machine = fleet(1, 1)[0]
    seconds = np.arange(END - 3_600, END, 15.0)
    whole, _ = signals.measure(machine, END, seconds, start(machine, seconds))
    first, totals = signals.measure(machine, END, seconds[:100], start(machine, seconds))
    second, _ = signals.measure(machine, END, seconds[100:], totals)
    assert np.allclose(np.vstack([first, second]), whole, atol=1.0)


def test_counters_start_anew_after_a_reboot():
    machine = next(one for one in fleet(20, 1) if one.fate == "rebooted")
    seconds = np.arange(END - 30 * 3_600, END, 60.0)
    values, _ = signals.measure(machine, END, seconds, start(machine, seconds))
    network = next(n for n, one in enumerate(signals.series_of(machine)) if one.name == "system.network.io")
    assert (np.diff(values[:, network]) < 0).sum() == 1


def test_the_schema_does_not_change_with_time():
    machine = fleet(1, 1)[0]
    assert schema_hash(signals.series_of(machine)) == schema_hash(signals.series_of(machine))
    assert signals.times_ms(np.array([1.5])).tolist() == [1500]
