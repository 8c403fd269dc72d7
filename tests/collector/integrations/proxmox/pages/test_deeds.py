"""Deeds asked for by buttons, followed to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.pages import OFFERS, deeds
from wakeful_collector.read import proxmox_deeds
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.store import proxmox_deeds as table
from wakeful_collector.store.changes import changing

from .conftest import PART
from .estate_data import NOW_MS, PATH, deed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_every_button_has_its_operation() -> None:
    for offer in OFFERS:
        assert REGISTRY.get(offer.operation)


def test_a_button_asks_for_a_deed_and_its_note_follows_it(
    ada: Any, data: Path, pve: Any, kept: Callable[..., Any], press: Callable[..., Any], words: Callable[[str], str]
) -> None:
    pve.vm(100, "web", status="stopped")
    kept(pve)
    answer = press(ada, "proxmox.guest.start", cluster="home", vmid="100")
    (asked,) = proxmox_deeds.deeds(data).deeds
    assert (asked.deed, asked.vmid, asked.principal) == ("start", 100, "user:ada")
    said = words(answer.text)
    assert "Start" in said
    assert "waits for its turn" in said
    path = f"/integrations/proxmox/_/deeds/{asked.id}"
    assert f'hx-get="{path}?seen={asked.revision}"' in answer.text
    assert ada.get(f"{path}?seen={asked.revision}").status_code == 204
    with changing(data) as connection:
        table.begin(connection, asked.id, NOW_MS)
        table.change(connection, asked.id, "running", progress=0.5, note="half of it")
    moved = ada.get(f"{path}?seen={asked.revision}")
    assert "under way, 50 %" in words(moved.text)
    assert "HX-Trigger" not in moved.headers
    with changing(data) as connection:
        table.change(connection, asked.id, "running", state="ok", summary="it runs")
    ended = ada.get(f"{path}?seen=2")
    assert "It runs." in words(ended.text)
    assert "hx-get" not in ended.text
    assert ended.headers["HX-Trigger"] == "wakeful:changed"


def test_a_dry_run_shows_what_would_be_sent_and_nothing_is_asked(
    ada: Any, data: Path, pve: Any, kept: Callable[..., Any], press: Callable[..., Any], words: Callable[[str], str]
) -> None:
    pve.vm(100, "web", status="stopped")
    kept(pve)
    since = len(pve.writes())
    said = words(press(ada, "proxmox.guest.start", cluster="home", vmid="100", dry_run="yes").text)
    assert "This is what would be sent. Nothing was." in said
    assert "POST /nodes/pve1/qemu/100/status/start" in said
    assert proxmox_deeds.deeds(data).deeds == []
    assert pve.writes(since) == []


def test_what_destroys_wants_the_name_typed_but_for_a_dry_run(
    root: Any, home: Path, press: Callable[..., Any], words: Callable[[str], str]
) -> None:
    fields = {"cluster": "home", "vmid": "103", "snapshot": "clean"}
    assert "type &#34;mail&#34;" in press(root, "proxmox.guest.rollback", **fields).text.lower()
    refused = words(press(root, "proxmox.guest.rollback", **fields, confirm="mail").text)
    assert "type" not in refused, "it was named, and the cluster does not answer"
    assert deeds.typed({"cluster": "home", "vmid": 103, "dry_run": True}) == ""


def test_a_deed_that_is_forgotten_says_so(ada: Any, home: Path) -> None:
    assert "There is no such deed any more." in ada.get("/integrations/proxmox/_/deeds/none").text
    assert ada.get(f"{PATH}/deeds/none").status_code == 404


def test_the_page_of_a_deed_is_live_while_it_runs(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    requests = ({"method": "POST", "path": "/nodes/pve1/vzdump", "form": {"vmid": "101"}},)
    running = deed(home, "backup", "running", progress=0.25, log_tail=["INFO: 25%"], requests=requests, upid="UPID:x")
    text = ada.get(f"{PATH}/deeds/{running}").text
    said = words(text)
    for part in (
        "Under way",
        "25 %",
        "INFO: 25%",
        "POST /nodes/pve1/vzdump",
        "vmid 101",
        "Stop it",
        "ada asked for it",
    ):
        assert part in said
    assert 'hx-trigger="every 1s"' in text
    ended = deed(
        home,
        "clone",
        "failed",
        vmid=102,
        summary="no space",
        exitstatus="job errors",
        finished_ms=NOW_MS,
        stopped_by="user:mira",
    )
    part = ada.get(f"{PATH}/deeds/{ended}", headers=PART).text
    assert "<html" not in part
    assert "every 1s" not in part
    said = words(part)
    for word in ("Failed", "No space.", "job errors", "mira", "it took 50 s", "Proxmox wrote none."):
        assert word in said


def test_titles_of_deeds() -> None:
    assert deeds.title("snapshot_delete") == "Delete a snapshot"
    assert deeds.title("some_thing") == "Some thing"
