"""A host's series by metric and family."""

from __future__ import annotations

import json

from wakeful_collector.model.sample import LatestSample
from wakeful_collector.web import pages_gathered
from wakeful_collector.web.pages_gathered import cards, families, family_of, offered


def sample(name: str, value: float = 1.0, /, **labels: str) -> LatestSample:
    return LatestSample(name, labels, value, 0)


SAMPLES = [
    sample("system.disk.io", device="sda", direction="read"),
    sample("system.disk.io", device="sdb", direction="read"),
    sample("system.cpu.utilization"),
    sample("backup_last_run_seconds", job="nightly"),
    sample("redis.up", target="cache"),
]


def test_families() -> None:
    names = ("system.disk.io", "system.uptime", "redis.clients.connected", "node_load1", "job:errors:rate5m", "plain")
    assert [family_of(name) for name in names] == ["system.disk", "system", "redis", "node", "job", "plain"]


def test_what_scripts_bring_comes_first_and_then_the_catalogues_order() -> None:
    found = families(cards(SAMPLES, [], []))
    assert [(one.title, one.known) for one in found] == [
        ("Backup", False),
        ("Processor", True),
        ("Disks", True),
        ("Redis", True),
    ]


def test_words_are_found_in_name_meaning_and_labels() -> None:
    def names(*words: str) -> list[str]:
        return [card.name for card in cards(SAMPLES, words, [])]

    assert names("disk") == ["system.disk.io"]
    assert names("written") == ["system.disk.io"]
    assert names("nightly") == ["backup_last_run_seconds"]
    assert names("disk", "sdb") == ["system.disk.io"]
    assert names("disk", "nightly") == []


def test_a_label_keeps_the_series_that_have_it_and_is_asked_for() -> None:
    (card,) = cards(SAMPLES, [], ["device:sda"])
    assert [one.labels["device"] for one in card.samples] == ["sda"]
    assert json.loads(card.draw)["label"] == "device:sda"
    assert card.labels == ("device", "direction")


def test_a_name_that_no_chart_can_ask_for_has_none() -> None:
    (card,) = cards([sample("a b*")], [], [])
    assert card.draw == ""
    assert json.loads(pages_gathered.draw("a.b", [], 5, "device"))["by"] == ["device"]


def test_labels_are_offered_once_and_bounded() -> None:
    assert offered(SAMPLES)[:3] == ["device:sda", "device:sdb", "direction:read"]
    many = [sample("x", name=str(number)) for number in range(1_000)]
    assert len(offered(many)) == pages_gathered.LABELS_OFFERED


def test_headings() -> None:
    assert pages_gathered.title_of("php_fpm") == "Php fpm"
    assert pages_gathered.title_of("_") == "_"
