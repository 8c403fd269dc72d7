"""Charts of nodes and guests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.pages import charts
from wakeful_collector.store import proxmox_subjects
from wakeful_collector.store.changes import changing
from wakeful_wire.names import METRICS

from .estate_data import HOME, NOW_MS, PATH, keep

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def measured(home: Path) -> Path:
    """Something was measured of a guest, a container and a node."""
    with changing(home) as connection:
        for subject in ("qemu/101", "lxc/201", "node/pve1"):
            proxmox_subjects.add(connection, HOME, subject, "mark", NOW_MS)
    return home


def test_a_guest_and_a_node_have_charts(ada: Any, measured: Path) -> None:
    text = ada.get(f"{PATH}/guests/101?span=7d").text
    assert f'data-series="{PATH}/guests/101/series"' in text
    assert 'data-span="7d"' in text
    assert text.count("data-panel=") == 4
    assert "data-live" not in text
    node = ada.get(f"{PATH}/nodes/pve1?span=nonsense").text
    assert 'data-span="1h"' in node
    assert 'data-panel="space"' in node
    assert "Nothing was measured yet." in ada.get(f"{PATH}/guests/102").text


def test_series_are_answered_of_what_was_measured(ada: Any, measured: Path) -> None:
    for path in ("guests/101", "guests/201", "nodes/pve1"):
        answer = ada.get(f"{PATH}/{path}/series?name=proxmox.subject.*")
        assert answer.status_code == 200
        assert answer.get_json()["columns"] == []
    assert ada.get(f"{PATH}/guests/102/series?name=x").status_code == 404
    assert ada.get(f"{PATH}/nodes/pve2/series?name=x").status_code == 404


def test_charts_that_are_switched_off_say_so(ada: Any, data: Path) -> None:
    keep(data, settings={"charts": False})
    assert "Charts are switched off for this cluster." in ada.get(f"{PATH}/guests/101").text


def test_every_chart_draws_metrics_that_there_are() -> None:
    for panel in (*charts.PANELS, charts.SPACE):
        assert panel.draw is not None
        assert set(panel.draw.names) <= set(METRICS)
