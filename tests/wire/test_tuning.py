"""Tests of wakeful_wire.tuning: taken as a whole or refused as a whole."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_wire.errors import WireError
from wakeful_wire.tuning import NO_TUNING, MeterTuning, Tuning, parse_tuning, tuning_hash


def test_nothing_tuned() -> None:
    assert parse_tuning({}) == NO_TUNING == Tuning(True, None, None, {})


def test_everything_tuned() -> None:
    tuning = parse_tuning(
        {
            "enabled": False,
            "interval": 30,
            "request": {"timeout": 5, "later": 1},
            "meters": {"processes": {"enabled": True, "interval": 60.5, "options": {"top": 5}}, "cpu": {}},
            "later": [],
        }
    )
    meters = {"processes": MeterTuning(True, 60.5, {"top": 5}), "cpu": MeterTuning(None, None, {})}
    assert tuning == Tuning(False, 30.0, 5.0, meters)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ([], "config: must be an object"),
        ({str(n): n for n in range(65)}, "config: has 65 entries"),
        ({"enabled": 1}, "config.enabled: must be true or false"),
        ({"enabled": None}, "config.enabled: must be true or false"),
        ({"interval": "15"}, "config.interval: must be a number"),
        ({"interval": 0.5}, "config.interval: must be from 1 to 3600 seconds"),
        ({"interval": 3601}, "config.interval: must be from 1 to 3600 seconds"),
        ({"interval": float("nan")}, "config.interval: must be finite"),
        ({"request": []}, "config.request: must be an object"),
        ({"request": {"timeout": 121}}, "config.request.timeout: must be from 1 to 120 seconds"),
        ({"meters": []}, "config.meters: must be an object"),
        ({"meters": {f"m{n}": {} for n in range(257)}}, "config.meters: has 257 entries"),
        ({"meters": {"cpu": None}}, "config.meters.cpu: must be an object"),
        ({"meters": {"cpu": {"enabled": "yes"}}}, "config.meters.cpu.enabled: must be true or false"),
        ({"meters": {"cpu": {"interval": 86_401}}}, "config.meters.cpu.interval: must be from 1 to 86400 seconds"),
        ({"meters": {"cpu": {"options": []}}}, "config.meters.cpu.options: must be an object"),
        ({"meters": {"cpu": {"options": {"a": [[[[]]]]}}}}, "config.meters.cpu.options: nests deeper than 4 levels"),
    ],
)
def test_a_bad_configuration_is_refused_naming_the_field(config: Any, message: str) -> None:
    with pytest.raises(WireError, match=message):
        parse_tuning(config)


def test_the_hash_is_of_the_content_not_of_the_order() -> None:
    assert tuning_hash({"a": 1, "b": 2}) == tuning_hash({"b": 2, "a": 1})
    assert tuning_hash({"a": 1}) != tuning_hash({"a": 2})
    assert tuning_hash({}) == "44136fa355b3678a"
    assert len(tuning_hash({"\u00e4": "\ud800"})) == 16
