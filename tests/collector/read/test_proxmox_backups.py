"""The backups of guests, and when "never" may be said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from wakeful_collector.model.estate import Area, Guest, Volume
from wakeful_collector.read import proxmox, proxmox_backups
from wakeful_collector.read.proxmox_backups import Backups, of_guests
from wakeful_collector.store import proxmox_estate
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

WEB, DB = Guest("home", 100, "qemu", name="web"), Guest("home", 200, "lxc", name="db")
SEEN = {name: Area(name, "seen") for name in ("storages", "content/nas", "not_in_backup")}


def backup(vmid: int, at_ms: int, size: int = 7) -> Volume:
    return Volume("nas", "pve1", f"nas:backup/{vmid}-{at_ms}", "backup", size_bytes=size, vmid=vmid, at_ms=at_ms)


def found(areas: dict[str, Area] = SEEN, left_out: tuple[int, ...] = (200,)) -> dict[int, Backups]:
    volumes = [backup(100, 5), backup(100, 9, 3), backup(300, 4), Volume("nas", "pve1", "nas:iso/a", "iso", vmid=100)]
    return {one.vmid: one for one in of_guests([WEB, DB], volumes, left_out, areas)}


def test_the_newest_counts_and_all_are_summed() -> None:
    web = found()[100]

    assert (web.newest_ms, web.size_bytes, web.count, web.total_bytes) == (9, 3, 2, 10)
    assert (web.volid, web.in_job, web.is_never) == ("nas:backup/100-9", True, False)


def test_one_that_never_was_backed_up_and_that_no_job_takes() -> None:
    db = found()[200]

    assert (db.is_never, db.in_job, db.count) == (True, False, 0)


def test_what_is_left_of_a_guest_that_is_gone() -> None:
    gone = found()[300]

    assert (gone.is_gone, gone.name, gone.in_job, gone.newest_ms) == (True, "", None, 4)


@pytest.mark.parametrize(
    "change",
    [
        {"content/nas": Area("content/nas", "failed")},
        {"content/nas": Area("content/nas", "stale")},
        {"storages": Area("storages", "partial")},
        {"storages": Area("storages", "not_permitted")},
    ],
)
def test_never_is_not_said_where_not_all_could_be_looked_at(change: dict[str, Area]) -> None:
    assert not found({**SEEN, **change})[200].is_never


def test_never_is_not_said_before_anything_was_looked_at() -> None:
    assert not found({})[200].is_never


def test_whether_a_job_takes_it_is_not_known_where_that_could_not_be_seen() -> None:
    areas = {**SEEN, "not_in_backup": Area("not_in_backup", "not_permitted")}

    assert found(areas)[200].in_job is None


def test_from_the_store(data: Path) -> None:
    with changing(data) as connection:
        contents = proxmox.Contents((backup(100, 5),))
        things = [
            proxmox_estate.Thing("guest", WEB.id, msgspec.msgpack.encode(WEB)),
            proxmox_estate.Thing("contents", "content/nas", msgspec.msgpack.encode(contents)),
        ]
        proxmox_estate.keep(connection, "home", things)

    (one,) = proxmox_backups.backups(data, "home")
    assert (one.vmid, one.newest_ms) == (100, 5)
