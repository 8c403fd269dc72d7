"""Names of tasks."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.acting.upids import parsed

UPID = "UPID:pve1:0000C530:001C9BEC:6920F3C4:qmstart:101:wakeful@pve!wakeful:"


def test_what_the_name_of_a_task_says() -> None:
    found = parsed(UPID)
    assert found == (UPID, "pve1", 0x6920F3C4 * 1000, "qmstart", "101", "wakeful@pve!wakeful")
    assert parsed("UPID:pve-2.lan:0000C530:1001C9BEC:6920F3C4:vzdump::root@pam:") is not None


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        None,
        7,
        UPID[:-1],
        UPID.replace("pve1", "../x"),
        UPID.replace("C530", "c53z"),
        f"{UPID}x",
        UPID.replace("101", "1 1"),
    ],
)
def test_what_is_no_name_of_a_task(wrong: object) -> None:
    assert parsed(wrong) is None
