"""What the operations answer about clusters that were looked at."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.sync import asking, operations
from wakeful_collector.operations.registry import OperationError, Registry, run
from wakeful_collector.read import proxmox
from wakeful_collector.store import proxmox_joins
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings

    from .....fakes.proxmox import FakeCluster, FakeClusters
    from .looks import Looks

REGISTRY = Registry(operations.OPERATIONS)
META = "creation-qemu=9.0.2,ctime=1700000000"


@pytest.fixture
def ask(settings: Settings, looks: Looks) -> Callable[..., dict[str, Any]]:
    """Ask an operation: `ask("guests", node="pve1")`."""

    def asked(name: str, **given: Any) -> dict[str, Any]:
        principal = Principal("key:test", frozenset({"read", "operate"}), "192.0.2.1", "api")
        return run(settings, REGISTRY, principal, f"proxmox.{name}", given, looks.now_ms)

    return asked


def test_nodes_and_guests_with_how_they_are_used(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.vm(100, "web", status="running", config={"meta": META, "tags": "a;b"})
    pve.ct(200, "db", node="pve2")
    looks.settle()
    with changing(looks.data) as connection:
        proxmox_joins.keep(connection, "home", [proxmox_joins.Join("home", "qemu/100", "web", "h1", "its card")])

    nodes = ask("nodes")
    assert [(one["name"], one["status"], one["guests"], one["running"]) for one in nodes["nodes"]] == [
        ("pve1", "online", 1, 1),
        ("pve2", "online", 1, 0),
    ]
    assert nodes["nodes"][0]["memory_max_bytes"] == 8 * 1024**3
    assert nodes["looked"]["home"].endswith("Z")
    assert nodes["areas"] == []
    web, db = ask("guests")["guests"]
    assert (web["vmid"], web["tags"], web["host"], web["memory_source"]) == (100, ["a", "b"], "h1", "poll")
    assert (db["kind"], db["status"], db["memory_source"], db["gone"]) == ("lxc", "stopped", None, None)
    assert [one["vmid"] for one in ask("guests", node="pve2")["guests"]] == [200]


def test_a_guest_with_all_that_is_known(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"meta": META, "cores": 2}, pending={"cores": "4"})
    pve.answer("GET /cluster/ha/resources", [{"sid": "vm:100", "state": "started"}, {"sid": "vm:101"}])
    pve.answer("GET /cluster/replication", [{"id": "100-0", "target": "pve2"}])
    backup = {"volid": "local:backup/a", "content": "backup", "vmid": 100, "ctime": 1_700_000_000, "size": 7}
    pve.answer("GET /nodes/pve1/storage/local/content", [backup])
    looks.settle()
    found = ask("guest", vmid=100)["guest"]

    assert (found["config"]["cores"], found["pending"], found["config_state"]) == ("2", {"cores": "4"}, "seen")
    assert (found["mark"], len(found["digest"])) == ("ctime:1700000000", 40)
    assert found["memory"]["source"] == "poll"
    assert "page cache" in found["memory"]["note"]
    assert found["backups"]["newest"] == "2023-11-14T22:13:20Z"
    assert [one["id"] for one in found["ha"]] == ["vm:100"]
    assert [one["id"] for one in found["replication"]] == ["100-0"]

    pve.forget(100)
    looks.once()
    gone = ask("guest", vmid=100)["guest"]
    assert gone["gone"] is not None
    assert gone["config"]["cores"] == "2"
    assert [one["vmid"] for one in ask("guests", gone=True)["guests"]] == [100]
    assert ask("guests")["guests"] == []


def test_storages_and_what_one_holds(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    pve.answer("GET /nodes/pve1/storage/local/content", [{"volid": "local:iso/a.iso", "content": "iso", "size": 5}])
    pve.fail("GET", "/nodes/pve1/storage/local-lvm/content", 403, "Permission check failed (/storage/local-lvm)")
    looks.settle()

    answer = ask("storage")
    assert {one["name"] for one in answer["storages"]} == {"local", "local-lvm"}
    assert [(one["name"], one["state"]) for one in answer["areas"]] == [("content/pve1/local-lvm", "not_permitted")]
    assert "contents" not in answer
    held = ask("storage", storage="local")["contents"]
    assert [(one["volid"], one["size_bytes"], one["node"]) for one in held] == [("local:iso/a.iso", 5, "pve1")]


def test_tasks_and_their_logs_as_they_are_now(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web", config={"meta": META})
    looks.settle()
    upid = opening.client(looks.data, "home").post("/nodes/pve1/qemu/100/status/start")
    looks.once()

    (task,) = ask("tasks", vmid=100)["tasks"]
    assert (task["upid"], task["kind"], task["status"], task["is_failed"]) == (upid, "qmstart", "OK", False)
    assert ask("tasks", vmid=101)["tasks"] == []
    assert ask("tasks", before="2000-01-01T00:00:00Z")["tasks"] == []
    log = ask("task_log", upid=upid)
    assert log["lines"][-1] == "TASK OK"
    assert (log["running"], log["status"], log["next"]) == (False, "OK", len(log["lines"]))
    with pytest.raises(OperationError) as raised:
        ask("task_log", upid="UPID:pve1:odd")
    assert raised.value.code == "invalid"
    with pytest.raises(OperationError) as raised:
        ask("task_log", upid="UPID:pve1:00000001:00000001:00000001:qmstart:100:root@pam:")
    assert raised.value.code.startswith("proxmox_")
    assert raised.value.status >= 400


def test_what_a_task_writes_at_its_end_is_not_missed(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    """Its state is asked for first: one that ends right after that has its last lines in the log that follows."""
    pve.vm(100, "web")
    looks.settle()
    upid = opening.client(looks.data, "home").post("/nodes/pve1/qemu/100/status/start")
    before = len(pve.requests())
    ask("task_log", upid=upid)
    assert [one.path.rpartition("/")[2] for one in pve.requests(before)] == ["status", "log"]


def test_a_log_in_which_nothing_stands_yet_is_empty(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    looks.settle()
    upid = "UPID:pve1:00000001:00000001:00000001:vzdump:100:root@pam:"
    pve.answer(f"GET /nodes/pve1/tasks/{upid}/status", {"status": "running"})
    pve.answer(f"GET /nodes/pve1/tasks/{upid}/log", [{"n": 1, "t": "no content"}])
    log = ask("task_log", upid=upid)
    assert (log["lines"], log["next"], log["running"]) == ([], 0, True)


def test_guests_that_are_gone_are_those_of_the_node(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    pve.node("pve2")
    pve.vm(100, "web", node="pve1")
    pve.vm(101, "db", node="pve2")
    looks.settle()
    pve.forget(100)
    pve.forget(101)
    looks.once()
    assert [one["vmid"] for one in ask("guests", node="pve2", gone=True)["guests"]] == [101]


def test_backups_their_age_and_who_has_none(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web")
    pve.vm(101, "db")
    pve.answer("GET /cluster/backup-info/not-backed-up", [{"vmid": 101}])
    pve.answer("GET /cluster/backup", [{"id": "nightly"}])
    rows = [{"volid": f"local:backup/{at}", "content": "backup", "vmid": 100, "ctime": at, "size": 7} for at in (5, 9)]
    pve.answer("GET /nodes/pve1/storage/local/content", rows)
    looks.settle()
    answer = ask("backups")

    found = {one["vmid"]: one for one in answer["backups"]}
    assert (found[100]["newest"], found[100]["count"], found[100]["in_job"]) == ("1970-01-01T00:00:09Z", 2, True)
    assert (found[101]["newest"], found[101]["is_never"], found[101]["in_job"]) == (None, True, False)
    assert [one["id"] for one in answer["jobs"]] == ["nightly"]


def test_history_and_the_difference_between_two_moments(
    ask: Callable[..., Any], looks: Looks, pve: FakeCluster
) -> None:
    pve.vm(100, "web", status="running", config={"meta": META, "tags": "a"})
    pve.vm(101, "db")
    looks.settle()
    start = "2026-11-18T11:06:52Z"
    for tags in ("a;b", "a;b;c"):
        pve.merge("config", {"tags": tags}, guest=100)
        looks.once()
    pve.forget(101)
    looks.once()

    assert [(one["id"], one["field"], one["old"], one["new"]) for one in ask("history")["changes"]] == [
        ("qemu/101", "", "db", None),
        ("qemu/100", "tags", "a;b", "a;b;c"),
        ("qemu/100", "tags", "a", "a;b"),
    ]
    page = ask("history", vmid=100, limit=1)
    assert [one["new"] for one in page["changes"]] == ["a;b;c"]
    assert [one["new"] for one in ask("history", vmid=100, limit=1, before=page["next"])["changes"]] == ["a;b"]
    assert [one["id"] for one in ask("history", subject="qemu/101")["changes"]] == ["qemu/101"]
    assert ask("history", until="2020-01-01T00:00:00Z")["changes"] == []
    assert len(ask("history", kind="guest", since="2020-01-01T00:00:00+02:00")["changes"]) == 3
    answer = ask("diff", **{"from": start})
    assert [(one["id"], one["field"], one["old"], one["new"], one["changes"]) for one in answer["differences"]] == [
        ("qemu/100", "tags", "a", "a;b;c", 2),
        ("qemu/101", "", "db", None, 1),
    ]
    assert answer["is_complete"]
    assert not ask("diff", **{"from": "2026-11-18T11:06:00Z"})["is_complete"]  # nobody looked then
    assert ask("diff", vmid=101, **{"from": start})["differences"][0]["id"] == "qemu/101"


@pytest.mark.parametrize(
    ("name", "given", "code"),
    [
        ("nodes", {"cluster": "none"}, "unknown_cluster"),
        ("guest", {"vmid": 999}, "unknown_guest"),
        ("history", {"vmid": 999}, "unknown_guest"),
        ("storage", {"storage": "none"}, "unknown_storage"),
        ("history", {"since": "yesterday"}, "invalid"),
        ("history", {"since": "2026-11-18T11:06:52"}, "invalid"),
        ("diff", {"from": "2026-11-18T11:06:52Z", "to": "2026-11-18T11:06:52Z"}, "invalid"),
        ("guest", {"vmid": "100"}, "invalid"),
        ("tasks", {"odd": 1}, "invalid"),
    ],
)
def test_what_cannot_be_answered_says_why(
    ask: Callable[..., Any], looks: Looks, name: str, given: dict[str, Any], code: str
) -> None:
    looks.settle()
    with pytest.raises(OperationError) as raised:
        ask(name, **given)

    assert raised.value.code == code


def test_of_several_clusters_one_has_to_be_named(
    ask: Callable[..., Any], looks: Looks, pve_process: FakeClusters, kept: Callable[..., Any]
) -> None:
    other = pve_process.open()
    kept(other, name="lab")
    with pytest.raises(OperationError) as raised:
        ask("guest", vmid=100)
    assert (raised.value.code, raised.value.message) == ("which_cluster", "name one of: home, lab")
    assert {one["cluster"] for one in ask("standing")["clusters"]} == {"home", "lab"}
    other.close()


def test_how_the_synchronisation_stands(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    looks.settle()
    answer = ask("standing")
    (one,) = answer["clusters"]
    assert (one["ok"], one["nodes"], one["version"], one["quorate"]) == (True, 1, "9.0.10", True)
    assert {area["name"] for area in answer["areas"]} >= {"guests", "ha", "node/pve1/status"}

    pve.stop()
    looks.once()
    (one,) = ask("standing")["clusters"]
    assert (one["ok"], one["failed"]) == (False, "unreachable")
    assert one["error"]
    assert one["failing_since"] is not None
    pve.start()


def test_who_wants_a_look_at_once_may_wait_for_it(ask: Callable[..., Any], looks: Looks, pve: FakeCluster) -> None:
    looks.settle()
    assert ask("sync")["clusters"][0]["asked"] is not None
    answers: list[Any] = []
    asked = threading.Thread(target=lambda: answers.append(ask("sync", wait_seconds=30)))
    asked.start()
    deadline = time.monotonic() + 30
    while not proxmox.asked_ms(looks.data, "home"):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    looks.now_ms = int(time.time() * 1000)
    while asked.is_alive() and time.monotonic() < deadline:
        looks.once(1, full=True)
    asked.join(30)

    assert answers[0]["clusters"][0]["asked"] is None


def test_only_so_many_wait_in_a_process(ask: Callable[..., Any], looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_waiters", threading.BoundedSemaphore(1))
    assert asking._waiters.acquire(blocking=False)
    began = time.monotonic()

    assert ask("sync", wait_seconds=30)["clusters"][0]["asked"] is not None
    assert time.monotonic() - began < 25


def test_a_cluster_whose_secret_cannot_be_opened(ask: Callable[..., Any], looks: Looks, data: Path) -> None:
    with changing(data) as connection:
        connection.execute("UPDATE proxmox_clusters SET sealed = ''")
    with pytest.raises(OperationError) as raised:
        ask("task_log", upid="UPID:pve1:00000001:00000001:00000001:qmstart:100:root@pam:")

    assert raised.value.code == "proxmox_auth"
