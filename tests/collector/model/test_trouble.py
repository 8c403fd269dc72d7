"""What of the newest readings is a trouble, and how people read it."""

from __future__ import annotations

import pytest

from wakeful_collector.model.trouble import METRICS, Reading, troubles
from wakeful_collector.model.trouble_rules import RULES
from wakeful_wire.names import METRICS as CATALOGUE

NOW_MS = 1_795_000_000_000
NOW = NOW_MS / 1000
DAY = 86_400.0


def said(*readings: Reading) -> list[tuple[str, str]]:
    return [(one.severity, one.text) for one in troubles(readings, NOW_MS)]


def state(kind: str, name: str, word: str, value: float = 1.0) -> Reading:
    return Reading("hw.status", {"type": kind, "name": name, "state": word}, value)


def test_rules_speak_of_metrics_and_labels_that_there_are() -> None:
    assert set(CATALOGUE) >= METRICS
    for rule in RULES:
        labels = set(CATALOGUE[rule.metric].labels)
        assert set(rule.subject) <= labels, rule
        assert {name for name, _ in rule.where} <= labels, rule
        assert rule.severity in {"bad", "warn"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.metric} {rule.one}")
def test_every_rule_can_hold_and_reads_as_a_sentence(rule) -> None:
    labels = dict.fromkeys(rule.subject, "it") | {name: min(values) for name, values in rule.where}
    figure = rule.least if rule.least is not None else rule.below - 0.4
    (found,) = troubles([Reading(rule.metric, labels, figure + (NOW if rule.epoch else 0.0))], NOW_MS)
    assert (found.kind, found.severity, found.metric) == (rule.kind, rule.severity, rule.metric)
    assert "{" not in found.text
    assert "  " not in found.text
    assert "{subject}" not in rule.one or not rule.subject or "it" in found.text


def test_a_state_counts_only_while_it_holds() -> None:
    assert said(state("physical_disk", "sda", "failed")) == [("bad", "Disk sda fails its health check")]
    assert said(state("physical_disk", "sda", "failed", 0.0), state("physical_disk", "sda", "ok")) == []
    assert said(state("vdev", "sda", "failed")) == []


def test_several_things_in_the_same_trouble_are_one() -> None:
    many = [state("physical_disk", f"sd{letter}", "failed") for letter in "abcde"]
    assert said(*many) == [("bad", "5 disks fail: sda, sdb, sdc, ...")]
    assert said(*many[:2]) == [("bad", "2 disks fail: sda, sdb")]


def test_the_bad_comes_first() -> None:
    found = said(state("physical_disk", "sda", "degraded"), state("pool", "tank", "degraded"))
    assert found == [("bad", "Pool tank is degraded"), ("warn", "Disk sda is wearing out")]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-1.0, [("bad", "The certificate of shop has expired")]),
        (2.5, [("bad", "The certificate of shop ends in 2 days")]),
        (13.5, [("warn", "The certificate of shop ends in 13 days")]),
        (14.5, []),
    ],
)
def test_certificates_are_judged_by_the_time_that_is_left(days: float, expected: list[tuple[str, str]]) -> None:
    assert said(Reading("tls.certificate.expires", {"target": "shop"}, NOW + days * DAY)) == expected


def test_missing_slots_are_counted() -> None:
    missing = {"array": "md0", "state": "missing"}
    assert said(Reading("hw.raid.disks", missing, 1.0)) == [("bad", "Array md0 misses 1 disk")]
    assert said(Reading("hw.raid.disks", missing, 2.0)) == [("bad", "Array md0 misses 2 disks")]
    assert said(Reading("hw.raid.disks", {**missing, "state": "active"}, 2.0)) == []


def test_what_no_rule_speaks_of_is_no_trouble() -> None:
    assert said(Reading("system.uptime", {}, 0.0), Reading("redis.up", {"target": "a"}, 1.0)) == []
    assert said(Reading("redis.up", {}, 0.0)) == [("bad", "Redis is down")]


def test_hardware_is_named_once_and_what_is_down_each_time() -> None:
    missing = Reading("hw.raid.disks", {"array": "md0", "state": "missing"}, 1.0)
    found = said(missing, state("array", "md0", "degraded"), state("array", "md1", "degraded"))
    assert found == [("bad", "Array md0 misses 1 disk"), ("bad", "Array md1 is degraded")]
    both = said(Reading("http.up", {"target": "shop"}, 0.0), Reading("port.up", {"target": "shop"}, 0.0))
    assert both == [("bad", "Page shop is down"), ("bad", "Port shop is down")]
