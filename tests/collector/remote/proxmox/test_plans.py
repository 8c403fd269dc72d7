"""Plans as a tired person reads them."""

import io

from wakeful_collector.remote.proxmox import plans
from wakeful_collector.remote.terminal import Terminal


def step(number, kind="change", effect="live", **more):
    made = {"number": number, "kind": kind, "cluster": "lab", "guest": 101, "title": "VM 101 (web)", "effect": effect}
    made |= {"old": {"memory": "2048"}, "new": {"memory": "4096"}, "why": "web.yaml:7 says so", "requests": []}
    return made | more


def shown(plan, width="100"):
    stream = io.StringIO()
    plans.told(Terminal(stream, {"COLUMNS": width}), plan, "All is as declared.")
    return stream.getvalue()


def test_a_plan_says_what_was_what_is_to_be_why_and_what_it_does():
    text = shown({"digest": "d" * 64, "steps": [step(1)], "problems": []})
    assert text.splitlines() == [
        "1. VM 101 (web): change  live",
        "   memory  2048 -> 4096",
        "   why: web.yaml:7 says so",
        "1 step: 1 live.",
        f"digest {'d' * 64}",
    ]


def test_what_hurts_is_said_twice():
    steps = [
        step(1),
        step(2, effect="reboot"),
        step(3, "snapshot.delete", "destroys", blocked="VM 101 is protected"),
        step(4, "delete", "destroys", title="VM 102 (old)"),
    ]
    text = shown({"digest": "d", "steps": steps})
    assert "2. VM 101 (web): change  REBOOTS IT" in text
    assert "3. VM 101 (web): snapshot delete  DESTROYS" in text
    assert "it will be refused: VM 101 is protected" in text
    assert "4 steps: 1 live, 1 with a reboot, 2 destroying." in text
    assert "Careful: step 2 (VM 101 (web)) reboots its guest." in text
    assert "Careful: steps 3 (VM 101 (web)), 4 (VM 102 (old)) destroy what is there." in text
    assert plans.flags_of({"steps": steps}) == ["--allow-reboot", "--allow-destroy"]
    assert plans.effect_cell("destroys").style == "bad"


def test_values_that_are_not_set_empty_or_long():
    disk = "local-lvm:vm-101-disk-0,cache=writeback,discard=on,iothread=1,size=32G,ssd=1"
    changed = step(
        1,
        old={"scsi0": disk, "tags": None, "description": ""},
        new={"scsi0": f"{disk},ro=1", "tags": "a;b", "description": "x\x1b[2J"},
    )
    lines = shown({"steps": [changed]}).splitlines()
    assert lines[1:3] == [f"   scsi0        {disk}", f"             -> {disk},ro=1"]
    assert "   tags         (not set) -> a;b" in lines
    assert '   description  "" -> x\\x1b[2J' in lines


def test_several_clusters_are_named_and_nothing_is_said_to_be_nothing():
    both = {"steps": [step(1), step(2, cluster="home")]}
    assert "1. lab: VM 101 (web)" in shown(both)
    assert shown({"steps": [], "problems": []}) == "All is as declared.\n"


def test_what_cannot_be_planned_is_told_like_a_fault():
    problem = {"title": "VM 9", "message": "no such node", "hint": "there are pve1", "file": "a.yaml", "line": 3}
    text = shown({"steps": [], "problems": [problem]})
    assert text.splitlines() == ["a.yaml:3: cannot be planned: VM 9: no such node", "  there are pve1"]
    assert plans.problems_of({"problems": ["x", problem]}) == [problem]


def test_requests_are_written_with_their_forms():
    stream = io.StringIO()
    plans.requests(Terminal(stream, {}), [{"method": "PUT", "path": "/nodes/a/qemu/1/config", "form": {"memory": "1"}}])
    assert stream.getvalue().splitlines() == [
        "Nothing was sent. This would be:",
        "  PUT /nodes/a/qemu/1/config",
        "    memory  1",
    ]
    plans.requests(Terminal(stream, {}), None)
