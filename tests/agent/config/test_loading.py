from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.config import Config, ConfigErrors, Folders, KnownMeter, MeterSetting, load
from wakeful_agent.config.document import lines_of, parse_ahead, parse_document
from wakeful_agent.config.sample import in_force, sample
from wakeful_agent.config.settings import SETTINGS
from wakeful_agent.meter import Option
from wakeful_agent.options import check_options

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_agent.config.loading import Loaded


OPTIONS = (
    Option("top", 3, "how many", least=1, most=50),
    Option("ratio", 0.5, "how much"),
    Option("targets", [], "where", local=True),
    Option("password", "", "the password", local=True, secret=True),
    Option("password_file", "", "a file with it", local=True),
    Option("commands", {}, "what to run", local=True),
    Option("quiet", False, "whether"),
)


def known(*options: Option) -> KnownMeter:
    return KnownMeter(lambda given: check_options(options, given, local=True)[1], lambda: options)


METERS = {"cpu": known(), "processes": known(OPTIONS[0]), "web": known(*OPTIONS), "web_door": known(*OPTIONS)}


def loaded(tmp_path: Path, text: str = "", **environ: str) -> Loaded:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    file.chmod(0o644)
    return load(Folders(str(tmp_path), str(tmp_path)), environ, METERS)


def problems(tmp_path: Path, text: str = "", **environ: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        loaded(tmp_path, text, **environ)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    config = load(Folders(str(tmp_path), str(tmp_path)), {}, METERS).config
    assert config == Config(
        None, None, 15, [], "info", None, None, 20, True, 256, 7, 20, {}, allow_collector_targets=[]
    )


def test_the_file_is_read_and_every_value_knows_its_line(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'name = "a"\n[spool]\nsize_mb = 5\n[meters.processes]\nenabled = false\ntop = 3\n')
    assert found.config.name == "a"
    assert found.config.spool_size_mb == 5
    assert found.config.meters == {"processes": MeterSetting(False, None, {"top": 3})}
    assert {key: source.rpartition("/")[2] for key, source in found.sources.items()} == {
        "name": "agent.toml:1",
        "spool.size_mb": "agent.toml:3",
        "meters.processes.enabled": "agent.toml:5",
        "meters.processes.top": "agent.toml:6",
    }


def test_everything_wrong_is_said_at_once_with_line_and_hint(tmp_path: Path) -> None:
    text = """
intervall_seconds = 5
name = ""
url = "nonsense"
interval_seconds = 0
tags = [1]
log_level = "loud"
proxy = "https://u:p@h"
allow_collector_tuning = 1
request_timeout_seconds = nan
[spool]
size_mb = 1.5
age_days = "x"
[meters.nosuch]
[meters.cpu]
enabled = "yes"
interval_seconds = 1e9
colour = 1
"""
    found = problems(tmp_path, text)
    expected = [
        ("agent.toml:2: intervall_seconds is not a setting", "did you mean interval_seconds?"),
        ("agent.toml:3: name must be text", ""),
        ("agent.toml:4: url must start with https://", ""),
        ("agent.toml:5: interval_seconds is 0, must be from 1 to 3600", "How often"),
        ("agent.toml:6: tags must be a list", ""),
        ("agent.toml:7: log_level must be one of debug", ""),
        ("agent.toml:8: proxy must start with http://", ""),
        ("agent.toml:9: allow_collector_tuning must be true or false", ""),
        ("agent.toml:10: request_timeout_seconds must be a number from 1 to 120", ""),
        ("agent.toml:12: spool.size_mb must be a whole number", ""),
        ("agent.toml:13: spool.age_days must be a number", ""),
        ("agent.toml:14: meters.nosuch is not a meter", "known are: cpu, processes, web, web_door"),
        ("agent.toml:16: meters.cpu.enabled must be true or false", ""),
        ("agent.toml:17: meters.cpu.interval_seconds is 1e+09", ""),
        ("agent.toml:18: meters.cpu.colour is not an option", ""),
    ]
    assert len(found) == len(expected)
    for (start, hint), problem in zip(expected, found):
        assert problem.startswith(start)
        assert hint in problem


def test_tables_that_are_none_are_refused(tmp_path: Path) -> None:
    assert "meters must be a table" in problems(tmp_path, "meters = 5")[0]
    assert "meters.cpu must be a table" in problems(tmp_path, "[meters]\ncpu = 5")[0]
    assert "spool is not a setting" in problems(tmp_path, "spool = 5")[0]
    assert "url must be an address" in problems(tmp_path, "url = 5")[0]
    assert "must not hold a user" in problems(tmp_path, 'url = "https://u:p@h"')[0]


def test_what_is_no_toml_is_said_with_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "\nname = web\n")[0].startswith("agent.toml:2: is not TOML")
    assert problems(tmp_path, 'name = "')[0].startswith("agent.toml:1: is not TOML")


def test_a_file_others_may_change_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("")
    file.chmod(0o666)
    with pytest.raises(ConfigErrors, match=f"chmod go-w {file}"):
        load(Folders(str(tmp_path), str(tmp_path)), {}, METERS)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "agent.toml").write_bytes(b"\xff")
    with pytest.raises(ConfigErrors, match="cannot be read"):
        load(Folders(str(tmp_path), str(tmp_path)), {}, METERS)


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "interval_seconds = 20",
        WAKEFUL_AGENT_INTERVAL_SECONDS="2.5",
        WAKEFUL_AGENT_TAGS="a, b",
        WAKEFUL_AGENT_ALLOW_COLLECTOR_TUNING="false",
        WAKEFUL_AGENT_SPOOL_SIZE_MB="9",
        WAKEFUL_AGENT_NAME="",
        WAKEFUL_AGENT_TOKEN_FILE="/x",
        OTHER="5",
    )
    config = found.config
    assert (config.interval_seconds, config.tags, config.allow_collector_tuning) == (2.5, ["a", "b"], False)
    assert config.spool_size_mb == 9
    assert found.sources["interval_seconds"] == "WAKEFUL_AGENT_INTERVAL_SECONDS"


def test_a_wrong_variable_is_refused(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        WAKEFUL_AGENT_INTERVAL_SECONDS="x",
        WAKEFUL_AGENT_ALLOW_COLLECTOR_TUNING="maybe",
        WAKEFUL_AGENT_NAME_FILE="/x",
        WAKEFUL_AGENT_INTERVALL="5",
    )
    assert [line.partition("\n")[0] for line in found] == [
        "WAKEFUL_AGENT_ALLOW_COLLECTOR_TUNING: allow_collector_tuning must be true or false",
        "WAKEFUL_AGENT_INTERVALL: is not a setting",
        "WAKEFUL_AGENT_INTERVAL_SECONDS: interval_seconds must be a number, not 'x'",
        "WAKEFUL_AGENT_NAME_FILE: is not a setting",
    ]


def test_a_secret_is_read_from_a_file_and_not_shown(tmp_path: Path) -> None:
    secret = tmp_path / "proxy"
    secret.write_text("http://u:hush@h:1\n")
    secret.chmod(0o600)
    found = loaded(tmp_path, "", WAKEFUL_AGENT_PROXY_FILE=str(secret))
    assert found.config.proxy == "http://u:hush@h:1"
    assert ("proxy", "(set)", "WAKEFUL_AGENT_PROXY_FILE") in in_force(found)
    assert "hush" not in str(in_force(found))
    secret.chmod(0o640)
    assert "chmod 600" in problems(tmp_path, "", WAKEFUL_AGENT_PROXY_FILE=str(secret))[0]


def test_a_ca_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read" in problems(tmp_path, f'ca_file = "{tmp_path}/nowhere.pem"')[0]


def test_the_sample_holds_every_setting_and_is_right_with_all_of_it_in_force(tmp_path: Path) -> None:
    text = sample(METERS)
    for setting in SETTINGS:
        assert f"# {setting.key.rpartition('.')[2]} = " in text
        assert setting.help in text
    assert "# how many (1 to 50).\n# top = 3\n" in text
    assert "# where (local).\n# targets = []\n" in text
    assert "Never here: set WAKEFUL_AGENT_METERS_WEB_DOOR_PASSWORD, or password_file." in text
    assert "# password =" not in text
    lines = [line[2:] if line.startswith("# ") and " = " in line else line for line in text.splitlines()]
    lines = [line.replace("# [", "[") for line in lines if not line.startswith(("agent.toml:", "ca_file"))]
    lines = [line for line in lines if not line.startswith("allow_collector_targets")]
    found = loaded(tmp_path, "\n".join(lines))
    assert found.config.interval_seconds == 15
    assert found.config.meters["processes"] == MeterSetting(True, None, {"top": 3})
    shown = [row[:2] for row in in_force(found)]
    assert ("meters.processes.top", 3) in shown
    assert ("policy.allow", ["restart-web"]) in shown
    assert ("action restart-web", ["/usr/bin/systemctl", "restart", "{unit}"]) in shown
    assert found.config.orders.actions[0].as_root


def test_a_file_of_comments_says_nothing() -> None:
    assert parse_document("# a\n\n  # b\n", "f") == ({}, [])


def test_a_file_that_is_parsed_ahead_says_the_same_and_only_while_it_is_the_same(tmp_path: Path) -> None:
    file = tmp_path / "agent.toml"
    for text in ("interval_seconds = 5\n", "not toml\n", ""):
        file.write_text(text)
        told = parse_document(text, str(file))
        parse_ahead(str(file))
        assert parse_document("a = 2\n", str(file)) == ({"a": 2}, [])
        assert parse_document(text, str(file)) == parse_document(text, str(file)) == told
    file.write_bytes(b"\xff")
    parse_ahead(str(file))
    parse_ahead(str(tmp_path / "missing"))


def test_lines_know_tables_and_quoted_keys() -> None:
    assert lines_of('a = 1\n# b = 2\n["x".y]\n"c" = 3\n[[z]]\n') == {
        "a": 1,
        "x.y": 3,
        "x.y.c": 4,
        "z": 5,
        "z.0": 5,
    }


def test_metrics_are_shown_to_others_only_where_the_file_says_so_plainly(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'metrics_listen = "127.0.0.1:9100"').config.metrics_listen == "127.0.0.1:9100"
    (problem,) = problems(tmp_path, 'metrics_listen = "0.0.0.0:9100"')
    assert "can be reached from other machines" in problem
    assert "metrics_allow_others = true" in problem
    shown = loaded(tmp_path, 'metrics_listen = "[::]:9100"\nmetrics_allow_others = true')
    assert shown.config.metrics_listen == "[::]:9100"
    (problem,) = problems(tmp_path, 'metrics_listen = "everywhere"')
    assert "must be an address and a port" in problem
    assert len(problems(tmp_path, "metrics_listen = 9100")) == 1
    assert "reached from other machines" in problems(tmp_path, WAKEFUL_AGENT_METRICS_LISTEN="0.0.0.0:1")[0]
