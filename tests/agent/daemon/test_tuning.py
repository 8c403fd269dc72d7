from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent import meters
from wakeful_agent.config import Config, MeterSetting
from wakeful_agent.daemon.tuned import Tuned
from wakeful_agent.daemon.tuning import (
    FAST_SPAN_MS,
    LIVE_SPAN_MS_MAX,
    MeterPlan,
    interval_seconds,
    make_plan,
    pause_seconds,
)
from wakeful_agent.meter import Meter, NoData, Option, Reading
from wakeful_wire.tuning import NO_TUNING, parse_tuning, tuning_hash

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_agent.host.files import Host


class Quick(Meter):
    name = "quick"
    options = (Option("top", 5, "how many", least=1, most=50), Option("lines", False, "secret", local=True))

    def read(self, host: Host, now_ms: int) -> Reading:
        raise NoData("never read here")


class Slow(Quick):
    name = "slow"
    interval_seconds = 60.0
    options = ()


METERS = {"quick": Quick(), "slow": Slow()}
CONFIG = Config(None, None, 15, [], "info", None, None, 20, True, 256, 7, 20, {})
OFF = CONFIG._replace(meters={"slow": MeterSetting(False, 30, {}), "quick": MeterSetting(None, None, {"lines": True})})


def test_the_local_file_decides_first() -> None:
    plan, problems = make_plan(OFF, NO_TUNING, METERS)
    assert problems == []
    assert plan.meters == {
        "quick": MeterPlan(True, 0.0, {"lines": True}),
        "slow": MeterPlan(False, 30, {}),
    }
    assert (plan.enabled, plan.interval_seconds, plan.request_timeout_seconds) == (True, 15, 20)


def test_the_collector_tunes_within_it() -> None:
    document = {
        "interval": 7,
        "request": {"timeout": 9},
        "meters": {"quick": {"interval": 3, "options": {"top": 9}}, "slow": {"enabled": False}},
    }
    plan, problems = make_plan(OFF, parse_tuning(document), METERS)
    assert problems == []
    assert plan.meters["quick"] == MeterPlan(True, 3, {"lines": True, "top": 9})
    assert (plan.interval_seconds, plan.request_timeout_seconds) == (7, 9)


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"meters": {"slow": {"enabled": True}}}, "slow is switched off in this machine's agent.toml"),
        ({"meters": {"nosuch": {}}}, "nosuch is not a meter"),
        ({"meters": {"quick": {"options": {"lines": True}}}}, "only be set in the machine's own agent.toml"),
        ({"meters": {"quick": {"options": {"top": 99}}}}, "at most 50"),
    ],
)
def test_what_is_not_permitted_is_a_problem(document: Any, words: str) -> None:
    assert words in "".join(make_plan(OFF, parse_tuning(document), METERS)[1])


def test_tuning_can_be_forbidden_altogether() -> None:
    config = CONFIG._replace(allow_collector_tuning=False)
    assert make_plan(config, NO_TUNING, METERS)[1] == []
    assert "allow_collector_tuning" in make_plan(config, parse_tuning({"interval": 5}), METERS)[1][0]


def test_a_new_agent_is_quick_and_a_watched_one_quicker() -> None:
    plan = make_plan(CONFIG, NO_TUNING, METERS)[0]
    now = 10 * FAST_SPAN_MS
    assert interval_seconds(plan, now, 0, 0) == 15
    assert interval_seconds(plan, now, now - FAST_SPAN_MS + 1, 0) == 5
    assert interval_seconds(plan._replace(interval_seconds=2), now, now, 0) == 2
    assert interval_seconds(plan._replace(tuned_interval_seconds=15), now, now, 0) == 15
    assert interval_seconds(plan, now, 0, now + 1) == 1
    assert interval_seconds(plan, now, 0, now) == 15
    assert interval_seconds(plan, now, 0, now + LIVE_SPAN_MS_MAX + 1) == 15


@pytest.fixture
def tuned(tmp_path: Path) -> Tuned:
    return Tuned(str(tmp_path / "tuning.json"), OFF, METERS)


GOOD = {"interval": 7}
BAD = {"meters": {"slow": {"enabled": True}}}


def test_a_good_tuning_is_in_force_and_over_restarts(tuned: Tuned, tmp_path: Path) -> None:
    assert tuned.restore() == []
    assert tuned.ask(GOOD) == []
    assert tuned.document() == {"hash": tuning_hash(GOOD), "refused": None}
    assert tuned.ask(GOOD) is None
    again = Tuned(str(tmp_path / "tuning.json"), OFF, METERS)
    assert again.restore() == []
    assert again.plan.interval_seconds == 7
    assert again.hash == tuning_hash(GOOD)


@pytest.mark.parametrize("bad", [BAD, {"interval": "often"}, {"meters": 5}])
def test_a_bad_tuning_is_refused_as_a_whole_and_the_old_one_stays(tuned: Tuned, tmp_path: Path, bad: Any) -> None:
    tuned.ask(GOOD)
    problems = tuned.ask({**bad, "request": {"timeout": 3}})
    assert problems
    assert tuned.plan.interval_seconds == 7
    assert tuned.plan.request_timeout_seconds == 20
    document = tuned.document()
    assert document["hash"] == tuning_hash(GOOD)
    assert document["refused"]["hash"] == tuning_hash({**bad, "request": {"timeout": 3}})
    assert document["refused"]["error"]
    assert tuned.ask({**bad, "request": {"timeout": 3}}) is None
    assert json.loads((tmp_path / "tuning.json").read_text()) == GOOD


def test_a_local_file_that_forbids_what_was_tuned_wins(tuned: Tuned) -> None:
    tuned.ask(GOOD)
    problems = tuned.take_config(OFF._replace(allow_collector_tuning=False))
    assert problems
    assert tuned.plan.interval_seconds == 15
    assert tuned.hash is None
    assert tuned.document()["refused"]["hash"] == tuning_hash(GOOD)
    assert tuned.take_config(OFF) == []
    assert tuned.refused is None
    assert tuned.ask(GOOD) == []


@pytest.mark.parametrize("content", ["{", '{"interval": NaN}', '{"interval": -1}', "5", json.dumps(BAD)])
def test_a_spoiled_file_of_the_last_tuning_is_said_and_not_used(tuned: Tuned, tmp_path: Path, content: str) -> None:
    (tmp_path / "tuning.json").write_text(content)
    assert tuned.restore()
    assert tuned.plan.interval_seconds == 15


def test_a_disk_that_is_full_does_not_keep_a_tuning_from_being_in_force(tmp_path: Path) -> None:
    tuned = Tuned(str(tmp_path / "nosuch" / "tuning.json"), OFF, METERS)
    assert tuned.ask(GOOD) == []
    assert tuned.plan.interval_seconds == 7


class Asks(Quick):
    name = "asks"
    collector_targets = True
    collector_words = ("status",)
    options = (
        Option("targets", [], "where", local=True),
        Option("password_file", "", "a file", local=True),
        Option("top", 5, "how many"),
    )


def planned(config: Config, *targets: str) -> list[str]:
    tuning = parse_tuning({"meters": {"asks": {"options": {"targets": list(targets)}}}})
    plan, problems = make_plan(config, tuning, {"asks": Asks()})
    assert problems or plan.meters["asks"].options["targets"] == list(targets)
    return problems


def test_targets_are_the_collectors_only_where_agent_toml_says_so() -> None:
    allowed = CONFIG._replace(allow_collector_targets=["asks"])
    assert planned(allowed, "a=h:1", "h:2 status=200") == []
    assert "own agent.toml" in planned(CONFIG, "h:1")[0]
    assert "own agent.toml" in planned(CONFIG._replace(allow_collector_targets=["quick"]), "h:1")[0]
    assert planned(allowed._replace(meters={"asks": MeterSetting(None, None, {"top": 3})}), "h:1") == []


def test_a_password_never_goes_where_the_collector_says() -> None:
    allowed = CONFIG._replace(allow_collector_targets=["asks"])
    local = {"asks": MeterSetting(None, None, {"password_file": "/x"})}
    assert "own agent.toml" in planned(allowed._replace(meters=local), "h:1")[0]
    assert planned(allowed, "h:1 user=root") == ["asks.targets may not say user= unless in agent.toml"]
    assert planned(allowed, "h:1 password_file=/etc/wakeful/TOKEN ca_file=/x") == [
        "asks.targets may not say password_file= unless in agent.toml",
        "asks.targets may not say ca_file= unless in agent.toml",
    ]
    [problem] = make_plan(
        allowed, parse_tuning({"meters": {"asks": {"options": {"password_file": "/x"}}}}), {"asks": Asks()}
    )[1]
    assert "own agent.toml" in problem


def test_what_costs_and_finds_nothing_is_left_alone_for_a_while() -> None:
    plan = MeterPlan(True, 15, {})
    assert pause_seconds(plan, "nothing", True, False) == 300
    assert pause_seconds(plan._replace(interval_seconds=600), "nothing", True, False) == 600
    assert pause_seconds(plan, "nothing", True, True) == 15, "somebody waits for it"
    assert pause_seconds(plan, "nothing", False, False) == 15, "it costs nothing"
    for outcome in ("ok", "failed", "refused", "timeout", ""):
        assert pause_seconds(plan, outcome, True, False) == 15


def test_where_somebody_logs_in_targets_are_never_the_collectors() -> None:
    class LogsIn(Asks):
        collector_targets = False

    config = CONFIG._replace(allow_collector_targets=["asks"])
    tuning = parse_tuning({"meters": {"asks": {"options": {"targets": ["h:1"]}}}})
    [problem] = make_plan(config, tuning, {"asks": LogsIn()})[1]
    assert "own agent.toml" in problem


def test_no_meter_with_a_login_leaves_its_targets_to_the_collector() -> None:
    login = {"user", "password", "password_file", "passfile", "token_file", "service_file", "defaults_file"}
    for meter in meters.classes():
        if meter.collector_targets:
            assert not login & {option.name for option in meter.options}, meter.name
            assert "targets" in {option.name for option in meter.options}, meter.name
