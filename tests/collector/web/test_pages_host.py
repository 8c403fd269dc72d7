"""One host's pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import hosts
from wakeful_collector.store import proxmox_joins
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOW_MS = 1_795_000_000_000
HOSTILE = "<img src=x onerror=alert(1)>"
LABELS = {"mountpoint": f"/{HOSTILE}", "device": "/dev/sda1", "type": "ext4"}
SERIES: list[list[Any]] = [
    ["system.cpu.utilization", {}],
    ["system.cpu.logical.count", {}],
    ["system.memory.limit", {}],
    ["system.uptime", {}],
    ["system.filesystem.utilization", LABELS],
    ["system.filesystem.limit", LABELS],
    ["system.filesystem.usage", {**LABELS, "state": "used"}],
    ["system.filesystem.inodes.limit", LABELS],
    ["system.filesystem.inodes.usage", {**LABELS, "state": "used"}],
    ["system.paging.limit", {}],
]
VALUES = [0.25, 4, 2.0**34, 90_000.0, 0.91, 2.0**40, 2.0**39, 1000, 950, 0]
HELLO = {
    "version": "0.1.0",
    "name": "web-1",
    "os": {"title": "Debian GNU/Linux 12"},
    "capabilities": [
        {
            "name": "smart",
            "available": False,
            "reason": "needs root",
            "fix": f"sudoers {HOSTILE}",
            "exposes": "serials",
        },
        {"name": "journal", "available": True, "reason": "", "fix": "", "exposes": ""},
    ],
}
METERS = {
    "cpu": {"outcome": "ok", "seconds": 0.0004},
    "sensors": {"outcome": "nothing", "seconds": 0.0001},
    "pressure": {"outcome": "refused", "error": "psi=0", "seconds": 0.0001},
    "memory": {"outcome": "ok", "seconds": 0.0002},
}
PROCESSES = {"columns": ["pid", "name", "cpu"], "rows": [[1, HOSTILE, 0.5], [2, "init", 0.9]], "total": 5, "at": NOW_MS}


@pytest.fixture
def web(machine: Callable[..., Any]) -> Any:
    made = machine("web-1", ["prod"])
    inventories = {
        "processes": {"hash": "h", "body": PROCESSES},
        "system": {"hash": "s", "body": {"virtualization": "kvm"}},
    }
    made.push([[NOW_MS - 5000, VALUES]], NOW_MS, SERIES, hello=HELLO, meters=METERS, inventories=inventories)
    return made


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person()


def test_charts_wait_in_frames_of_their_own(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}").text
    assert f'data-series="/api/v1/hosts/{web.id}/series"' in text
    assert 'data-panel="cpu"' in text
    assert "Debian GNU/Linux 12" in text
    assert "4 cores, 16 GiB" in text
    assert 'data-span="5m"' in text


def test_failed_absent_and_refused_are_told_apart(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}").text
    assert "Not permitted here: psi=0" in text
    assert 'data-panel="temperatures"' not in text
    assert "Not on this machine: swap, temperature sensors, fans, power meters." in text


def test_filesystems_show_space_inodes_and_escape_names(ada: Any, web: Any) -> None:
    for path in (f"/hosts/{web.id}", f"/hosts/{web.id}/filesystems"):
        text = ada.get(path).text
        assert "1 TiB" in text
        assert "95 %" in text
        assert "<img" not in text
        assert "&lt;img src=x" in text


def test_an_old_host_opens_at_an_hour(ada: Any, machine: Callable[..., Any]) -> None:
    old = machine("old", at_ms=NOW_MS - 86_400_000)
    assert 'data-span="1h"' in ada.get(f"/hosts/{old.id}").text


def test_a_host_not_heard_yet_and_a_silent_one_say_so(ada: Any, machine: Callable[..., Any], frozen: list[int]) -> None:
    quiet = machine("quiet")
    assert "not heard yet" in ada.get(f"/hosts/{quiet.id}").text
    quiet.push([[NOW_MS - 5000, VALUES]], NOW_MS, SERIES)
    frozen[0] = NOW_MS + 3 * 3_600_000
    text = ada.get(f"/hosts/{quiet.id}").text
    assert "Silent since" in text
    assert "for 3 h" in text
    assert "up 1 day" not in text
    assert 'data-span="6h"' in text


def test_twins_name_each_other(ada: Any, machine: Callable[..., Any], data: Path) -> None:
    cloned = machine("cloned")
    for at in range(1, 7):
        first_ms, second_ms = NOW_MS + at * 15_000, NOW_MS + at * 15_000 + 5_000
        cloned.push([[first_ms, VALUES]], first_ms, SERIES)
        cloned.push([[second_ms, VALUES]], second_ms, SERIES, run="run-of-the-clone")
    found = hosts.hosts(data)
    assert len(found) == 2
    for one in found:
        assert "Two machines push under one identity." in ada.get(f"/hosts/{one.id}").text


def test_processes_are_sorted_by_cpu_and_escaped(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/inventories/processes").text
    table = text[text.index("<tbody>") :]
    assert table.index(">init<") < table.index("&lt;img")
    assert "<img" not in text
    assert "2 listed, 5 on the machine" in text
    found = ada.get(
        f"/hosts/{web.id}/inventories/processes?q=init&sort=pid&order=up", headers={"HX-Request": "true"}
    ).text
    assert "1 of 2 listed" in found
    assert "<html" not in found


def test_an_inventory_that_did_not_come_says_why(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/inventories/ports").text
    assert "nothing sent yet" in text
    assert ada.get(f"/hosts/{web.id}/inventories/nothing").status_code == 404


def test_inventories_are_listed(ada: Any, web: Any, machine: Callable[..., Any]) -> None:
    assert f"/hosts/{web.id}/inventories/system" in ada.get(f"/hosts/{web.id}/inventories").text
    assert "No inventory yet" in ada.get(f"/hosts/{machine('bare').id}/inventories").text


def test_system_shows_facts_permissions_with_their_line_and_meters(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/system").text
    assert "kvm" in text
    assert "sudoers &lt;img" in text
    assert "What that exposes: Serials." in text
    assert "Permitted: journal." in text
    assert "Nothing of it here" in text
    assert "psi=0" in text


def test_things_in_trouble_are_seen_in_the_list_and_the_table(ada: Any, web: Any) -> None:
    disks = [{"device": "sda", "state": "ok"}, {"device": "sdb", "state": "failed", "parts": [{"state": "missing"}]}]
    web.push([[NOW_MS, VALUES]], NOW_MS, SERIES, inventories={"disks": {"hash": "d", "body": disks}})
    listed = ada.get(f"/hosts/{web.id}/inventories").text
    assert '<span class="mood bad">1 failed</span>' in listed
    text = ada.get(f"/hosts/{web.id}/inventories/disks").text
    assert text.index(">sdb<") < text.index(">sda<")
    assert '<span class="mood bad">failed</span>' in text
    assert '<span class="part mood bad">missing</span>' in text
    assert f"/hosts/{web.id}/metrics?label=device:sda" in text


def test_a_list_whose_meter_fails_says_that_it_may_be_old(ada: Any, web: Any) -> None:
    pools = {"zfs_pools": {"hash": "z", "body": [{"pool": "tank", "state": "online"}]}}
    disks = {"disks": {"hash": "d", "body": []}}
    said = {"zfs": {"outcome": "failed", "error": "zpool hangs", "seconds": 9.0}}
    web.push([[NOW_MS, VALUES]], NOW_MS, SERIES, inventories=pools | disks, meters=said)
    text = ada.get(f"/hosts/{web.id}/inventories/zfs_pools").text
    assert "This list may be old." in text
    assert "Failed: zpool hangs." in text
    jails = {"version": "1.0.2", "state": "failed", "jails": [{"jail": "sshd", "state": "active"}], "other": [{"n": 1}]}
    web.push([[NOW_MS + 1, VALUES]], NOW_MS, SERIES, inventories={"fail2ban": {"hash": "f", "body": jails}})
    beside = ada.get(f"/hosts/{web.id}/inventories/fail2ban").text
    assert "<dt>Version</dt><dd>1.0.2</dd>" in beside
    assert '<dt>State</dt><dd><span class="mood bad">failed</span></dd>' in beside
    empty = ada.get(f"/hosts/{web.id}/inventories/disks").text
    assert "The list is empty" in empty
    assert "may be old" not in empty


def test_charts_and_notes_of_what_only_some_have(ada: Any, machine: Callable[..., Any]) -> None:
    made = machine("docker-1")
    series = [["container.cpu.time", {"engine": "docker", "container": "web"}], ["redis.up", {"target": "local"}]]
    failed = {"smart": {"outcome": "failed", "error": "smartctl said nothing", "seconds": 0.1}}
    made.push([[NOW_MS - 5000, [1.0, 1.0]]], NOW_MS, series, meters=failed)
    text = ada.get(f"/hosts/{made.id}").text
    assert 'data-panel="container-cpu"' in text
    assert 'data-panel="container-memory"' not in text
    assert "rows-1" in text
    assert "The meter smart does not come through." in text
    assert "Failed: smartctl said nothing." in text
    assert "Meter smart does not come through" in ada.get(f"/hosts/{made.id}/system").text


def test_events_of_one_host(ada: Any, web: Any, machine: Callable[..., Any]) -> None:
    other = machine("quiet")
    event = {"id": "e1", "at": NOW_MS, "kind": "agent.started", "subject": "", "data": {}}
    web.push([[NOW_MS, VALUES]], NOW_MS, SERIES, events=[event])
    assert "agent.started" in ada.get(f"/hosts/{web.id}/events").text
    assert "agent.started" not in ada.get(f"/hosts/{other.id}/events").text


@pytest.mark.parametrize("path", ["", "/system", "/events", "/inventories", "/filesystems", "/inventories/ports"])
def test_an_unknown_host_is_not_found(ada: Any, path: str) -> None:
    answer = ada.get(f"/hosts/nobody{path}")
    assert answer.status_code == 404
    assert "There is no such host" in answer.text


def test_name_and_tags_change_and_forgetting_forgets(ada: Any, web: Any, data: Path) -> None:
    path = f"/hosts/{web.id}/manage"
    assert ada.post(path, do="save", name="front", tags="a, b a").status_code == 303
    found = hosts.host(data, web.id)
    assert found is not None
    assert (found.name, found.tags) == ("front", ("a", "b"))
    assert ada.post(path, do="forget").headers["Location"] == "/"
    assert hosts.host(data, web.id) is None


def test_readers_change_nothing(person: Callable[..., Any], web: Any) -> None:
    bob = person("bob", "read")
    assert bob.post(f"/hosts/{web.id}/manage", do="save", name="x").status_code == 403
    assert "Forget this machine" not in bob.get(f"/hosts/{web.id}/system").text


def test_a_host_that_is_a_guest_leads_there(
    person: Callable[..., Any], machine: Callable[..., Any], data: Path
) -> None:
    web, node = machine("web"), machine("pve1")
    with changing(data) as connection:
        rows = [("home", "qemu/101", "web", web.id, "uuid"), ("home", "node/pve1", "pve1", node.id, "name")]
        proxmox_joins.keep(connection, "home", [proxmox_joins.Join(*row) for row in rows])
    ada = person("ada", "read")
    assert '<a href="/integrations/proxmox/home/guests/101">VM 101</a> of home' in ada.get(f"/hosts/{web.id}").text
    assert '<a href="/integrations/proxmox/home/nodes/pve1">node pve1</a> of home' in ada.get(f"/hosts/{node.id}").text
