"""What parts of a plan share."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import outlook
from wakeful_collector.integrations.proxmox.declare.steps import CHANGE, PRUNE, SNAPSHOT, START, Options
from wakeful_collector.integrations.proxmox.declare.wished import VM, GuestWish, Place, PoolWish, Wishes

from .planned import estate, guest

NOW = Options(0, ("db",))


def test_a_protected_guest_refuses_what_hurts() -> None:
    kept = guest(tags=("db",))
    assert "db" in outlook.blocked(kept, CHANGE, NOW)
    assert [outlook.blocked(kept, kind, NOW) for kind in (START, SNAPSHOT, PRUNE)] == ["", "", ""]
    assert outlook.blocked(guest(), CHANGE, NOW) == ""


def test_a_lock_stands_in_the_way_of_all_but_waking_what_was_written_to_disk() -> None:
    assert "backup" in outlook.blocked(guest(lock="backup"), SNAPSHOT, NOW)
    assert outlook.blocked(guest(lock="suspended"), START, NOW) == ""


def test_only_the_wishes_of_the_cluster_are_looked_at() -> None:
    wishes = Wishes(
        (GuestWish("home", VM, 101), GuestWish("lab", VM, 102)), (PoolWish("home", "prod", members=frozenset({101})),)
    )
    view = outlook.outlook(estate(guest()), wishes, NOW)
    assert [one.vmid for one in view.wishes.guests] == [101]
    assert view.pools == {101: "prod"}
    assert list(view.guests) == [101]


def test_problems_and_reasons_name_the_place() -> None:
    wish = GuestWish("home", VM, 101, place=Place("a.yaml", 3), lines={"cores": 7})
    assert outlook.problem(wish, "VM 101", "odd", key="cores").line == 7
    assert outlook.problem(wish, "VM 101", "odd").line == 3
    assert outlook.declared(wish.place) == "declared in a.yaml:3"
    assert outlook.declared(Place()) == "declared so"
