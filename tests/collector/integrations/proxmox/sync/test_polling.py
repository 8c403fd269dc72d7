"""One poll: resources, tasks, and how each was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.link import opening
from wakeful_collector.integrations.proxmox.link.errors import PveError
from wakeful_collector.integrations.proxmox.sync import polling
from wakeful_collector.model.estate import Task

from .test_listing import ANYTHING

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks


def test_tasks_as_they_are_listed() -> None:
    rows = [
        {
            "upid": "UPID:pve1:1:",
            "node": "pve1",
            "type": "qmstart",
            "id": "100",
            "user": "ann@pve",
            "tokenid": "ci",
            "starttime": 5,
        },
        {"upid": "UPID:pve1:2:", "starttime": "5", "endtime": 9, "status": "WARNINGS: 2", "user": "root@pam!w"},
        {"upid": 7},
    ]

    assert polling.tasks_of(rows) == [
        Task("UPID:pve1:1:", "pve1", "qmstart", "100", "ann@pve!ci", 5_000),
        Task("UPID:pve1:2:", "", "", "", "root@pam!w", 5_000, 9_000, "WARNINGS: 2"),
    ]
    assert [one.is_running for one in polling.tasks_of(rows)] == [True, False]
    assert not polling.tasks_of(rows)[1].is_failed


def test_tasks_that_cannot_be_had_cost_the_rest_nothing(looks: Looks, pve: FakeCluster) -> None:
    pve.vm(100, "web")
    pve.fail("GET", "/cluster/tasks", 500, "ipcc_send_rec failed")

    found = polling.poll(opening.client(looks.data, "home"), "home", {}, 7)

    assert list(found.listing.guests) == ["qemu/100"]
    assert found.tasks == []
    areas = {one.name: one for one in found.areas}
    assert (areas["tasks"].state, areas["tasks"].reason, areas["tasks"].seen_ms) == (
        "failed",
        "ipcc_send_rec failed",
        0,
    )
    assert areas["guests"].seen_ms == 7


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        ("forbidden", "not_permitted"),
        ("unsupported", "absent"),
        ("node_unreachable", "stale"),
        ("garbled", "failed"),
        ("server", "failed"),
    ],
)
def test_how_an_area_was_missed(kind: str, state: str) -> None:
    assert polling.missed("ha", PveError(kind, "why"), 7).state == state


def test_resources_that_cannot_be_had_are_no_empty_list(looks: Looks, pve: FakeCluster) -> None:
    for answer in (None, {"a": 1}, "text", [1]):
        pve.answer("GET /cluster/resources", answer)
        with pytest.raises(PveError) as raised:
            polling.poll(opening.client(looks.data, "home"), "home", {}, 7)
        assert raised.value.kind == "garbled"


@given(
    st.lists(st.dictionaries(st.sampled_from(["upid", "endtime", "status", "user", "tokenid"]), ANYTHING) | ANYTHING)
)
def test_no_row_breaks_it(rows: list[Any]) -> None:
    polling.tasks_of(rows)
