"""The table of rules itself: of a metric's rules the weightier stands first, and nothing is said of what is well."""

from __future__ import annotations

import pytest

from wakeful_collector.model.trouble_rules import RULES


def test_each_rule_has_a_bound_and_words_of_its_own() -> None:
    assert len({(rule.metric, rule.one, rule.where, rule.below) for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.least is not None or rule.below is not None, rule
        assert rule.one[:1].isupper() or rule.one.startswith(("nginx", "fail2ban", "libvirt", "{number}")), rule.one
        assert not rule.one.endswith(".")


@pytest.mark.parametrize("metric", sorted({rule.metric for rule in RULES if rule.metric.endswith(".up")}))
def test_what_answers_is_well(metric: str) -> None:
    for rule in RULES:
        if rule.metric == metric:
            assert rule.below is not None
            assert not rule.below > 1.0


def test_of_rules_that_may_hold_at_once_the_weightier_comes_first() -> None:
    days = [rule.below for rule in RULES if rule.metric == "tls.certificate.expires"]
    assert days == sorted(days, key=lambda below: below or 0.0)
    severities = [rule.severity for rule in RULES if rule.metric == "tls.certificate.expires"]
    assert severities == ["bad", "bad", "warn"]
