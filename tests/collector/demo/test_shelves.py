"""The lists of a machine's equipment say the same as its metrics."""

from wakeful_collector.demo.fleet import fleet
from wakeful_collector.demo.parts import has
from wakeful_collector.demo.shelves import inventories, meters

AT_MS = 1_763_719_200_000
FLEET = fleet(200, 1)


def lists(role, ailment=None):
    chosen = next(
        machine for machine in FLEET if machine.role.name == role and (ailment is None or has(machine, ailment))
    )
    return inventories(chosen, AT_MS - 86_400_000, AT_MS)


def test_each_role_has_its_lists():
    assert set(lists("nas")) == {"disks", "zfs_pools"}
    assert set(lists("game")) == {"containers", "container_engines"}
    assert set(lists("gpu")) == {"gpus"}
    assert set(lists("edge")) == set()
    assert {row["kind"] for row in lists("pve")["proxmox_guests"]} == {"qemu", "lxc"}


def test_what_ails_a_machine_stands_in_its_lists():
    assert "unhealthy" in {row["health"] for row in lists("ci", "unhealthy container")["containers"]}
    assert [row["state"] for row in lists("nas", "worn disk")["disks"]].count("degraded") == 1
    (array,) = lists("backup", "missing disk")["raid"]
    assert (array["state"], [member["state"] for member in array["members"]].count("missing")) == ("degraded", 1)
    assert "failed" in {row["state"] for row in lists("app", "failed unit")["units"]}


def test_meters_follow_the_equipment():
    web = next(machine for machine in FLEET if machine.role.name == "web")
    assert set(meters(web)) == {"nginx", "http", "systemd"}
