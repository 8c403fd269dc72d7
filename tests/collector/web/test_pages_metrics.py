"""The page of everything a host measures."""

from __future__ import annotations

import html
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.sample import LatestSample
from wakeful_collector.web import pages_metrics

if TYPE_CHECKING:
    from collections.abc import Callable

NOW_MS = 1_795_000_000_000
HOSTILE = "<img src=x onerror=alert(1)>"
SERIES: list[list[Any]] = [
    ["system.disk.io", {"device": "sda", "direction": "read"}],
    ["system.disk.io", {"device": "sdb", "direction": "read"}],
    ["system.memory.limit", {}],
    ["backup_last_success_seconds", {"job": HOSTILE}],
]


@pytest.fixture
def web(machine: Callable[..., Any]) -> Any:
    made = machine("web-1")
    made.push([[NOW_MS - 20_000, [100, 5, 2.0**34, 7]], [NOW_MS - 5_000, [15_100, 5, 2.0**34, 7]]], NOW_MS, SERIES)
    return made


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person()


def shown(text: str) -> list[str]:
    return re.findall(r'<h3><a [^>]*title="([^"]*)"', text)


def test_every_metric_has_a_chart_that_is_drawn_on_demand(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/metrics").text
    assert shown(text) == ["backup_last_success_seconds", "system.memory.limit", "system.disk.io"]
    assert "3 metrics, 4 series" in text
    assert "from a script, a file or a newer agent" in text
    assert html.unescape(text).count('data-draw="{"names": ["system.disk.io"]') == 1
    assert "<img" not in text


def test_searching_answers_the_cards_alone(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/metrics?q=sdb", headers={"HX-Request": "true"}).text
    assert shown(text) == ["system.disk.io"]
    assert "<html" not in text
    assert "No metric of this machine matches" in ada.get(f"/hosts/{web.id}/metrics?q=nothing+such").text


def test_a_family_and_a_label_narrow_it(ada: Any, web: Any) -> None:
    assert shown(ada.get(f"/hosts/{web.id}/metrics?family=system.disk").text) == ["system.disk.io"]
    text = ada.get(f"/hosts/{web.id}/metrics?label=device:sda&label=nonsense").text
    assert shown(text) == ["system.disk.io"]
    assert "1 metric, 1 series of 4" in text
    assert "Show series without device:sda too" in text


def test_one_metric_shows_all_its_series_the_largest_first(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/metrics?name=system.disk.io").text
    assert "Counter, drawn as a rate" in text
    assert text.index(">sda<") < text.index(">sdb<")
    assert "1 kB/s" in text
    assert "Sum by device" in text
    summed = html.unescape(ada.get(f"/hosts/{web.id}/metrics?name=system.disk.io&by=device").text)
    assert '"by": ["device"]' in summed
    found = ada.get(f"/hosts/{web.id}/metrics?name=system.disk.io&q=sdb", headers={"HX-Request": "true"}).text
    assert ">sda<" not in found
    assert "Nothing matches" in ada.get(f"/hosts/{web.id}/metrics?name=system.disk.io&q=sdz").text


def test_a_metric_that_is_not_measured_now_says_so(ada: Any, web: Any, machine: Callable[..., Any]) -> None:
    assert "Not measured now" in ada.get(f"/hosts/{web.id}/metrics?name=gone.metric").text
    assert "No metrics yet" in ada.get(f"/hosts/{machine('bare').id}/metrics").text
    assert ada.get("/hosts/nobody/metrics").status_code == 404


def test_hostile_labels_are_text(ada: Any, web: Any) -> None:
    text = ada.get(f"/hosts/{web.id}/metrics?name=backup_last_success_seconds").text
    assert "<img" not in text
    assert "&lt;img" in text


def test_thousands_of_series_and_metrics_come_quickly_and_in_pages(ada: Any, machine: Callable[..., Any]) -> None:
    many = [["container.cpu.time", {"engine": "docker", "container": f"c{number}"}] for number in range(2_000)]
    many += [[f"script_metric_{number}", {"job": "a"}] for number in range(2_000)]
    big = machine("big")
    big.push([[NOW_MS - 5_000, [float(number) for number in range(4_000)]]], NOW_MS, many)
    began = time.process_time()
    text = ada.get(f"/hosts/{big.id}/metrics").text
    assert time.process_time() - began < 1.0
    assert len(shown(text)) == pages_metrics.CARDS_A_PAGE
    assert "2001 metrics, 4000 series" in text
    last = ada.get(f"/hosts/{big.id}/metrics?page=99").text
    assert "page 34 of 34" in last
    rows = ada.get(f"/hosts/{big.id}/metrics?name=container.cpu.time&page=2").text
    assert "page 2 of 10" in rows


@pytest.mark.parametrize(
    ("kind", "value", "rate", "text"),
    [
        ("bytes", 2.0**20, None, "1 MiB"),
        ("byterate", 5.0, 1_000.0, "1 kB/s"),
        ("percent", 0.5, None, "50 %"),
        ("percent", 100.0, 0.25, "25 %"),
        ("seconds", 0.25, None, "0.25 s"),
        ("seconds", 7_200.0, None, "2 h"),
        ("seconds", 1_795_000_000.0, None, '<time datetime="2026-11-18T11:06:40Z">2026-11-18 11:06:40 UTC</time>'),
        ("persecond", 5.0, None, "\u2013"),
        ("persecond", 5.0, 12.0, "12/s"),
        ("celsius", 41.0, None, "41 \u00b0C"),
        ("count", 1_234.0, None, "1.23 k"),
    ],
)
def test_newest_values(kind: str, value: float, rate: float | None, text: str) -> None:
    assert pages_metrics.value_text(kind, LatestSample("x", {}, value, 0, rate)) == text
