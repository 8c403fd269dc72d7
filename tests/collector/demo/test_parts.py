"""What a machine is made of follows from who it is."""

from wakeful_collector.demo.fleet import fleet
from wakeful_collector.demo.parts import disks, has, pool

FLEET = fleet(200, 1)


def test_disks_of_a_machine_are_always_the_same():
    nas = next(machine for machine in FLEET if machine.role.name == "nas")
    assert disks(nas) == disks(nas)
    assert len({disk.serial for disk in disks(nas)}) == 4
    assert all(disk.wear is None and disk.rotation_rpm for disk in disks(nas))
    flash = disks(next(machine for machine in FLEET if machine.role.name == "pve"))
    assert all(disk.wear is not None and not disk.rotation_rpm for disk in flash)


def test_a_worn_disk_shows_its_sectors():
    worn = next(machine for machine in FLEET if has(machine, "worn disk"))
    assert [disk.state for disk in disks(worn)] == ["ok", "degraded", "ok", "ok"]
    assert disks(worn)[1].pending > 0


def test_a_pool_stands_on_the_machines_disks():
    nas = next(machine for machine in FLEET if machine.role.name == "nas")
    assert pool(nas).name == "tank"
    assert pool(nas).devices == ("sda", "sdb", "sdc", "sdd")


def test_ailments_are_rare_and_stay_with_their_role():
    for ailment in ("unhealthy container", "worn disk", "missing disk", "old certificate", "failed unit"):
        found = [machine for machine in FLEET if has(machine, ailment)]
        assert 1 <= len(found) <= 6, ailment
        assert len({machine.role.name for machine in found}) == 1
