"""Deeds as answers show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Planned, Request
from wakeful_collector.integrations.proxmox.acting.documents import document, dry
from wakeful_collector.integrations.proxmox.acting.preparing import Prepared

from .guests import vm
from .rows import written

if TYPE_CHECKING:
    from pathlib import Path


def test_a_deed_is_shown_without_what_was_sealed(data: Path) -> None:
    row = written(data, "change", sealed="very secret", arguments={"settings": {"cores": 2}})
    shown = document(row)
    assert "secret" not in str(shown)
    assert (shown["title"], shown["arguments"], shown["vmid"]) == ("Change", {"settings": {"cores": 2}}, 101)
    assert (shown["started"], shown["finished"]) == (None, None)
    assert shown["asked"].endswith("Z")
    ended = document(written(data, "of a newer version", vmid=0, state="ok", begun_ms=1_000, finished_ms=2_000))
    assert (ended["title"], ended["vmid"]) == ("of a newer version", None)
    assert (ended["started"], ended["finished"]) == ("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z")


def test_a_dry_run_says_that_it_is_one() -> None:
    request = Request("POST", "/nodes/pve1/qemu/101/status/stop", {}, 60.0)
    shown = dry(Prepared(Deed("stop", "home", 101), vm(), Planned((request,), ("why",))))
    assert shown == {
        "dry_run": True, "guest": "VM 101 (web)", "node": "pve1",
        "requests": [{"method": "POST", "path": request.path, "form": {}}], "notes": ["why"],
    }  # fmt: skip
