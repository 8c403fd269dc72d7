"""What befalls a machine is told backwards from the end of the story."""

import numpy as np
import pytest

from wakeful_collector.demo.fate import DAY, HOUR, Course
from wakeful_collector.demo.fleet import fleet

END = 1_763_719_200.0
DAYS = np.arange(END - 7 * DAY, END, 600.0)


@pytest.fixture
def course():
    def one(fate):
        machine = next(one for one in fleet(200, 1) if one.fate == fate)
        return Course(machine, END)

    return one


def test_a_disk_fills_and_goes_on_filling(course):
    one = course("disk fills")
    volume = one.machine.volumes[-1]
    full = one.fullness(volume, np.array([END - 6 * DAY, END - 2 * DAY, END, END + DAY]))
    assert full[0] < full[1] < full[2] < full[3]
    assert 0.93 < full[2] < 0.99
    quiet = one.machine.volumes[0] if len(one.machine.volumes) > 1 else None
    if quiet is not None:
        assert np.ptp(one.fullness(quiet, DAYS)) < 0.02


def test_a_silent_machine_is_not_heard_any_more(course):
    one = course("silent")
    heard = one.heard(np.array([END - 4 * HOUR, END - 2 * HOUR, END + 100]))
    assert heard.tolist() == [END - 4 * HOUR]


def test_a_reboot_leaves_a_gap_and_a_young_machine(course):
    one = course("rebooted")
    assert len(one.heard(np.arange(END - 27 * HOUR, END - 25 * HOUR, 60.0))) == 120 - 4
    young, old = one.uptime(np.array([END, END - 3 * DAY]))
    assert young < 27 * HOUR < old


def test_memory_leaks_until_it_is_nearly_gone(course):
    one = course("memory leak")
    used = one.memory(np.array([END - 4 * DAY, END - DAY, END]), np.zeros(3))
    assert used[0] < used[1] < used[2]
    assert used[2] > 0.9


def test_a_deployment_costs_more_from_then_on(course):
    one = course("deploy")
    busy = one.busy(DAYS)
    day = 144
    same_hours_before = busy[: 2 * day].mean()
    assert busy[-2 * day :].mean() > 1.2 * same_hours_before or busy[-2 * day :].mean() > 0.2


def test_a_hot_machine_is_hot_at_the_end(course):
    busy = course("hot").busy(np.array([END - 2 * HOUR, END - 60.0, END + 60.0]))
    assert busy[1] == busy[2] == 0.97
    assert busy[0] < 0.97


def test_an_untroubled_machine_stays_within_bounds(course):
    one = course("")
    busy = one.busy(DAYS)
    assert 0.0 < busy.min() < busy.max() < 1.0
    assert one.backup(DAYS).max() == 1.0
    assert len(one.heard(DAYS)) == len(DAYS)
