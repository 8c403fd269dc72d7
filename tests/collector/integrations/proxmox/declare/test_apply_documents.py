"""An apply as it is shown."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare.apply_documents import document
from wakeful_collector.store.proxmox_applies import ApplyRow, StepRow


def test_an_apply_tells_how_far_it_is() -> None:
    row = ApplyRow("a1", "user:ada", 0, "d", "", ("reboot",), (("a", "secret"),), {}, begun_ms=1000)
    steps = [
        StepRow("a1", 1, {"kind": "change", "number": 1}, "ok", finished_ms=2000),
        StepRow("a1", 2, {"kind": "start", "number": 2}, "skipped", detail="no"),
        StepRow("a1", 3, {"kind": "start", "number": 3}, "running", upid="UPID:x", progress=0.5, log_tail=("x",)),
    ]
    told = document(row, steps)
    assert (told["done"], told["skipped"], told["count"], told["allowed"]) == (1, 1, 3, ["reboot"])
    assert (told["asked_at"], told["begun_at"], told["finished_at"]) == (
        *("1970-01-01T00:00:00Z", "1970-01-01T00:00:01Z", None),
    )
    assert told["steps"][2]["log"] == ["x"]
    assert told["steps"][2]["kind"] == "start"
    assert "secret" not in str(told)
