from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wakeful_collector.integrations.proxmox.link.incidents import Lookout
from wakeful_collector.model import incident as shapes
from wakeful_collector.model.estate import Node
from wakeful_collector.store import database, incidents, proxmox_clusters, proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_estate import Thing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster
    from wakeful_collector.model.incident import Incident

    from .....fakes.proxmox import FakeCluster

MIN = 60_000


@pytest.fixture(autouse=True)
def cluster(pve: FakeCluster, kept: Callable[..., Cluster]) -> Cluster:
    return kept(pve)


def stand(data: Path, **more: Any) -> None:
    with changing(data) as connection:
        proxmox_estate.stand(connection, "home", **more)


def going_on(data: Path) -> dict[str, Incident]:
    return {one.subject: one for one in incidents.going_on(database.reader(data, "state"))}


def told(data: Path) -> list[tuple[str, str]]:
    rows = database.reader(data, "state").execute("SELECT kind, subject FROM events ORDER BY rowid")
    return [tuple(row) for row in rows]


def test_a_cluster_that_cannot_be_reached_is_one_incident(data: Path, settings: Settings, now_ms: int) -> None:
    look = Lookout()
    stand(data, failed="unreachable", error="pve1: Connection refused", failing_since_ms=now_ms)
    assert look(data, settings, now_ms) == 0
    assert look(data, settings, now_ms + MIN) == 1
    one = going_on(data)["home"]
    assert (one.kind, one.state) == (shapes.PROXMOX, shapes.OPEN)
    assert one.cause == "cannot be looked at: pve1: Connection refused"
    stand(data, failed="unreachable", error="pve1: timed out")
    assert look(data, settings, now_ms + 2 * MIN) == 0
    stand(data, failed="tls", error="another certificate: AB:CD")
    assert look(data, settings, now_ms + 3 * MIN) == 1
    stand(data, failed="", error="")
    assert look(data, settings, now_ms + 4 * MIN) == 1
    one = going_on(data)["home"]
    assert (one.state, one.ending) == (shapes.SETTLING, "is well again")
    assert [line.kind for line in one.story] == [
        "proxmox.unreachable",
        "proxmox.certificate_changed",
        "proxmox.well",
    ]
    assert [kind for kind, _ in told(data)] == [line.kind for line in one.story]
    stand(data, failed="auth", error="authentication failure")
    assert look(data, settings, now_ms + 5 * MIN) == 1
    assert going_on(data)["home"].falls == 2


def test_another_process_goes_on_where_one_was_killed(data: Path, settings: Settings, now_ms: int) -> None:
    stand(data, failed="tls", error="x", failing_since_ms=now_ms)
    assert Lookout()(data, settings, now_ms) == 1
    assert Lookout()(data, settings, now_ms) == 0


def test_nodes_and_quorum_are_told_apart(data: Path, settings: Settings, now_ms: int) -> None:
    look = Lookout()
    node = Node("home", "pve2", "offline")
    with changing(data) as connection:
        proxmox_estate.keep(connection, "home", [Thing("node", node.id, msgspec.msgpack.encode(node))])
    stand(data, quorate=False)
    assert look(data, settings, now_ms) == 2
    assert set(going_on(data)) == {"home/quorum", "home/node/pve2"}
    stand(data, quorate=True)
    assert look(data, settings, now_ms + MIN) == 1
    assert look(data, settings, now_ms + 2 * MIN) == 0


def test_a_removed_cluster_has_no_trouble_any_more(data: Path, settings: Settings, now_ms: int) -> None:
    look = Lookout()
    stand(data, quorate=False)
    look(data, settings, now_ms)
    with changing(data) as connection:
        proxmox_clusters.remove(connection, "home")
    assert look(data, settings, now_ms + MIN) == 1
    assert going_on(data)["home/quorum"].ending == "was removed from Wakeful"


def test_a_long_story_keeps_its_beginning_and_its_end(data: Path, settings: Settings, now_ms: int) -> None:
    look = Lookout()
    for at in range(40):
        stand(data, failed="tls", error="x", failing_since_ms=now_ms)
        look(data, settings, now_ms + 2 * at * 1_000)
        stand(data, failed="", error="")
        look(data, settings, now_ms + (2 * at + 1) * 1_000)
    story = going_on(data)["home"].story
    assert len(story) == shapes.STORY_LINES_MAX
    assert story[0].at_ms == now_ms
    assert story[-1].at_ms == now_ms + 79_000


def test_backups_are_looked_at_now_and_then(data: Path, settings: Settings, now_ms: int) -> None:
    from wakeful_collector.store import proxmox_changes

    look = Lookout()
    assert look(data, settings, now_ms) == 0
    row = proxmox_changes.TaskRow(
        "UPID:1", "pve1", "vzdump", "100", "root@pam", now_ms - 9_000, now_ms, "no space left"
    )
    with changing(data) as connection:
        proxmox_changes.keep_tasks(connection, "home", [row])
    assert look(data, settings, now_ms + MIN) == 0
    assert look(data, settings, now_ms + 6 * MIN) == 1
    assert going_on(data)["home/backup/100"].cause == "was not backed up: no space left (pve1)"


def test_a_failed_backup_is_not_mended_by_others_that_come_after_it(
    data: Path, settings: Settings, now_ms: int
) -> None:
    from wakeful_collector.store import proxmox_changes

    ended_ms = now_ms - 60 * MIN
    failed = proxmox_changes.TaskRow("UPID:x", "pve1", "vzdump", "100", "root@pam", ended_ms - 9_000, ended_ms, "full")
    # As many as a page holds begin in one second, as when a whole cluster starts.
    others = [
        failed._replace(upid=f"UPID:{at:04}", subject=str(at), status="OK", started_ms=began_ms, ended_ms=began_ms + 1)
        for at, began_ms in ((at, now_ms - MIN if at < 900 else now_ms - 2 * MIN - at) for at in range(200, 1_500))
    ]
    with changing(data) as connection:
        proxmox_changes.keep_tasks(connection, "home", [failed, *others])
    look = Lookout()
    assert look(data, settings, now_ms) == 1
    assert set(going_on(data)) == {"home/backup/100"}
    assert look(data, settings, now_ms + 6 * MIN) == 0
