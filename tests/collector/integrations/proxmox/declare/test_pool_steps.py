"""The steps of pools."""

from __future__ import annotations

from wakeful_collector.model.estate import FAILED, SEEN, Area, Item

from .planned import document, estate, guest, made, told

PROD = (Item("prod", config={"comment": "old", "storages": "ceph"}),)


def pool(spec: str, name: str = "prod") -> str:
    return document(f"name: {name}", spec, "Pool")


def test_members_are_exchanged() -> None:
    here = estate(guest(101, pool="prod"), guest(102), guest(103, pool="lab"), pools=PROD)
    found = made(here, pool("comment: new, members: [102, 103], storages: [local]"))
    [step] = found.steps
    assert [(one.method, one.path, one.form) for one in step.requests] == [
        ("PUT", "/pools/prod", {"comment": "new"}),
        ("PUT", "/pools/prod", {"vms": "101", "delete": "1"}),
        ("PUT", "/pools/prod", {"vms": "102,103", "allow-move": "1"}),
        ("PUT", "/pools/prod", {"storage": "ceph", "delete": "1"}),
        ("PUT", "/pools/prod", {"storage": "local"}),
    ]
    assert (step.old["members"], step.new["members"]) == ("101", "102;103")
    assert (step.guest, step.pool, step.effect) == (0, "prod", "live")


def test_what_is_not_named_is_not_owned() -> None:
    here = estate(guest(101, pool="prod"), pools=PROD)
    assert made(here, pool("state: present")).steps == ()
    assert made(here, pool("comment: old")).steps == ()


def test_a_nested_pool_is_named_in_the_form() -> None:
    here = estate(guest(101), pools=(Item("a/b"),))
    assert made(here, pool("members: [101]", "a/b")).steps[0].requests[0][1:3] == (
        "/pools",
        {"poolid": "a/b", "vms": "101"},
    )
    assert made(here, pool("state: absent", "a/b")).steps[0].requests[-1][:3] == ("DELETE", "/pools", {"poolid": "a/b"})


def test_a_pool_is_emptied_and_removed_last() -> None:
    here = estate(guest(101, pool="prod"), guest(102, pool="prod"), pools=PROD)
    found = made(here, pool("state: absent") + document("vmid: 102", "state: absent"))
    assert told(found) == [
        ("delete", "destroys", ["POST stop", "DELETE 102"]),
        ("pool.delete", "destroys", ["PUT prod", "PUT prod", "DELETE prod"]),
    ]
    assert found.steps[1].requests[0].form == {"vms": "101", "delete": "1"}
    assert made(estate(), pool("state: absent")).steps == ()


def test_what_is_not_there_or_not_known_is_told() -> None:
    assert "no guest 105" in made(estate(pools=PROD), pool("members: [105]")).problems[0].message
    here = estate(areas=(Area("guests", SEEN), Area("pools", FAILED, "no answer")))
    found = made(here, pool("comment: x"))
    assert found.steps == ()
    assert [one.message for one in found.problems] == [
        "nobody knows whether it is there: the pools of home were not seen"
    ]
