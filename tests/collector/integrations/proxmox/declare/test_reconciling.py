"""Clusters compared with the declared state that is kept, on a schedule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.declare import reconciling
from wakeful_collector.integrations.proxmox.declare.steps import Plan, Step
from wakeful_collector.read import events, proxmox_applies, proxmox_wishes
from wakeful_collector.store.changes import changing

from .conftest import files

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Desk

WEB = """
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {vmid: 101}
spec: {name: front, cores: 4}
---
apiVersion: wakeful/v1
kind: SnapshotPolicy
metadata: {name: nightly}
spec: {guests: [101], schedule: monthly 1 03:00, keep: {last: 1}}
"""
HOUR_MS = 3_600_000


@pytest.fixture
def declared(desk: Desk, kept: Callable[..., Any]) -> Callable[[str], None]:
    """Set how the cluster is reconciled, with WEB as its declared state."""

    def declare(mode: str) -> None:
        kept(desk.pve, reconcile=mode)
        desk.look()
        desk.ask("proxmox.wishes.keep", files=files(WEB))

    return declare


def look(desk: Desk, later_ms: int = 0) -> int:
    return reconciling.look(desk.data, desk.settings, clock.now_ms() + later_ms)


def kinds_of(desk: Desk) -> list[str]:
    page = events.events(desk.data, limit=50)
    return [one.kind for one in page.events if one.kind.startswith("proxmox.drift")]


def test_a_report_tells_what_drifted_once_and_writes_nothing(desk: Desk, declared: Callable[[str], None]) -> None:
    declared("report")
    before = len(desk.pve.requests())
    assert look(desk) == 1
    row = proxmox_wishes.drift(desk.data, "home")
    assert [one["new"] for one in row.steps] == [{"name": "front"}, {"cores": "4"}]
    assert look(desk) == 0
    assert look(desk, 2 * HOUR_MS) == 1
    kinds = kinds_of(desk)
    assert kinds == ["proxmox.drift", "proxmox.drift"]
    assert desk.pve.writes(before) == []
    assert proxmox_applies.applies(desk.data) == []
    assert desk.ask("proxmox.drift")["since"] is not None


def test_what_is_harmless_is_applied_and_the_rest_stays_drift(desk: Desk, declared: Callable[[str], None]) -> None:
    declared("apply")
    look(desk)
    [row] = proxmox_applies.applies(desk.data)
    assert (row.principal, row.allowed) == ("local:reconcile", ("prunes",))
    ended = desk.ended(row.id)
    assert ended["state"] == "ok", ended["summary"]
    assert [one["kind"] for one in ended["steps"]] == ["change", "snapshot"]
    guest = desk.look().guest(101)
    assert (guest.wanted["name"], guest.wanted["cores"], len(guest.snapshots)) == ("front", "2", 1)
    look(desk, 2 * HOUR_MS)
    assert [one["new"] for one in proxmox_wishes.drift(desk.data, "home").steps] == [{"cores": "4"}]
    again = [step.document["kind"] for one in proxmox_applies.applies(desk.data)[:-1] for step in _steps(desk, one.id)]
    assert "change" not in again


def _steps(desk: Desk, apply_id: str) -> list[Any]:
    return proxmox_applies.steps(desk.data, apply_id)


def test_the_end_of_drift_is_told(desk: Desk, declared: Callable[[str], None]) -> None:
    declared("report")
    look(desk)
    desk.pve.merge("config", {"name": "front", "cores": 4}, guest=101)
    desk.look()
    look(desk, 2 * HOUR_MS)
    assert proxmox_wishes.drift(desk.data, "home").since_ms is None
    assert kinds_of(desk).count("proxmox.drift_ended") == 1


def test_a_cluster_that_is_not_reconciled_any_more_is_forgotten(
    desk: Desk, declared: Callable[[str], None], kept: Callable[..., Any]
) -> None:
    declared("report")
    look(desk)
    kept(desk.pve, reconcile="off")
    assert look(desk) == 0
    assert proxmox_wishes.drift(desk.data, "home") is None


def test_nothing_is_told_by_what_was_seen_before_it_went_away(desk: Desk, declared: Callable[[str], None]) -> None:
    declared("apply")
    desk.pve.stop()
    desk.look()
    assert look(desk) == 0
    assert proxmox_applies.applies(desk.data) == []
    desk.pve.start()


def test_what_cannot_be_read_any_more_is_noted(desk: Desk, kept: Callable[..., Any]) -> None:
    kept(desk.pve, reconcile="report")
    desk.look()
    desk.ask("proxmox.wishes.keep", files=files(WEB))
    kept(desk.pve, name="lab", reconcile="off")
    look(desk)
    assert "metadata.cluster" in proxmox_wishes.drift(desk.data, "home").error


def test_a_cluster_that_cannot_be_compared_keeps_no_other_from_it(
    desk: Desk, kept: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("home", "attic"):
        kept(desk.pve, name=name, reconcile="report")
        desk.look(name)
    own = [WEB.replace("metadata: {", f"metadata: {{cluster: {name}, ") for name in ("home", "attic")]
    desk.ask("proxmox.wishes.keep", files=files(*own))
    with changing(desk.data) as connection:
        connection.execute("UPDATE proxmox_things SET body = x'00' WHERE cluster = 'attic'")
    assert look(desk) == 2
    assert "attic could not be compared" in caplog.text
    assert "the collector's log says more" in proxmox_wishes.drift(desk.data, "attic").error
    drift = proxmox_wishes.drift(desk.data, "home")
    assert (len(drift.steps), drift.error) == (2, "")
    caplog.clear()
    assert look(desk) == 0
    assert caplog.text == "", "it is tried again when it is due again"


def test_what_would_need_something_else_first_is_not_harmless() -> None:
    def step(kind: str, effect: str, guest: int = 101, blocked: str = "") -> Step:
        return Step(kind, "home", guest, "", {}, {}, "", effect, (), blocked=blocked)

    steps = (
        step("change", "live"),
        step("change", "live", blocked="it is locked"),
        step("change", "reboot"),
        step("move_disk", "live"),
        step("start", "live"),
        step("shutdown", "stop", 102),
        step("change", "live", 102),
        step("create", "live", 103),
        step("start", "live", 103),
        step("pool.change", "live", 0),
        step("snapshot.delete", "destroys", 104),
        step("delete", "destroys", 105),
    )
    found = [(one.kind, one.guest) for one in reconciling.harmless(Plan(steps))]
    assert found == [("change", 101), ("start", 101), ("pool.change", 0), ("snapshot.delete", 104)]
