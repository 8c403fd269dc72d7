"""The shape of a plan, and what approves it."""

from __future__ import annotations

import json
from dataclasses import replace

from wakeful_collector.integrations.proxmox.acting.deeds import Request
from wakeful_collector.integrations.proxmox.declare.steps import (
    CHANGE,
    LIVE,
    REBOOT,
    Plan,
    Problem,
    Step,
    digest,
    joined,
)

ONE = Step(
    CHANGE, "home", 101, "VM 101", {"cores": "1"}, {"cores": "2"}, "declared", REBOOT,
    (Request("POST", "/nodes/a/qemu/101/config", {"cores": "2", "x": "s"}, 60.0, ("x",)),),
)  # fmt: skip


def test_steps_are_numbered_and_counted() -> None:
    plan = Plan((ONE, replace(ONE, effect=LIVE)))
    assert [one.number for one in plan.steps] == [1, 2]
    assert plan.counts() == {"live": 1, "reboot": 1, "stop": 0, "destroys": 0}


def test_a_document_can_be_sent_and_holds_no_secret() -> None:
    told = json.loads(json.dumps(Plan((ONE,), (Problem("home", "VM 1", "odd"),)).document()))
    assert told["pending"] is True
    assert told["steps"][0]["requests"][0]["form"] == {"cores": "2", "x": "(secret)"}
    assert told["problems"][0]["message"] == "odd"
    assert Plan().document()["pending"] is False


def test_the_digest_is_bound_to_everything_that_is_done() -> None:
    request = ONE.requests[0]
    others = [
        replace(ONE, new={"cores": "3"}),
        replace(ONE, old={"cores": None}),
        replace(ONE, guest=102),
        replace(ONE, cluster="lab"),
        replace(ONE, effect=LIVE),
        replace(ONE, kind="resize"),
        replace(ONE, pool="prod"),
        replace(ONE, title="VM 101 (db)"),
        replace(ONE, requests=(request._replace(form={"cores": "2"}),)),
        replace(ONE, requests=(request, request)),
        replace(ONE, requests=(request._replace(path="/x"),)),
    ]
    known = {digest((one,)) for one in [ONE, *others]}
    assert len(known) == len(others) + 1
    assert digest((ONE,)) == digest((replace(ONE, number=7, why="else", blocked="x"),))


def test_plans_of_several_clusters_are_one() -> None:
    both = joined([Plan((ONE,)), Plan((replace(ONE, cluster="lab"),), (Problem("lab", "x", "y"),))])
    assert [(one.number, one.cluster) for one in both.steps] == [(1, "home"), (2, "lab")]
    assert len(both.problems) == 1
