"""The same seed gives the same machines, and they are of many kinds."""

import re

from wakeful_collector.demo.fleet import FATES, fleet
from wakeful_collector.demo.napping import NAPS
from wakeful_collector.demo.roles import ROLES


def test_a_seed_decides_everything():
    assert fleet(50, 1) == fleet(50, 1)
    assert fleet(50, 1) != fleet(50, 2)
    assert fleet(200, 1)[:50] == fleet(50, 1)


def test_names_and_ids_are_their_own():
    machines = fleet(500, 3)
    assert len({one.id for one in machines}) == 500
    assert len({one.name for one in machines}) == 500
    assert all(re.fullmatch("[a-z2-7]{12}", one.id) for one in machines)


def test_a_full_fleet_has_every_role_as_often_as_its_weight_says():
    machines = fleet(sum(role.weight for role in ROLES), 1)
    for role in ROLES:
        assert sum(one.role is role for one in machines) == role.weight


def test_a_small_fleet_is_varied_and_something_befalls_it():
    machines = fleet(20, 1)
    assert len({one.role.name for one in machines}) > 6
    assert {one.fate for one in machines} >= {"disk fills", "silent", "hot", "rebooted", ""}


def test_every_fate_is_met_in_a_large_fleet():
    assert {one.fate for one in fleet(200, 1)} == {*FATES, NAPS, ""}
