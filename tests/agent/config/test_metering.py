from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wakeful_agent.config import ConfigErrors, Folders, KnownMeter, MeterSetting, load
from wakeful_agent.config.sample import in_force
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
    Option("ca_file", "", "authorities", local=True),
    Option("commands", {}, "what to run", local=True),
    Option("quiet", False, "whether"),
)
TOKEN = (Option("token", "", "t", local=True, secret=True),)


def known(*options: Option) -> KnownMeter:
    return KnownMeter(
        lambda given: check_options(options, given, local=True)[1], lambda: options, lambda: bool(options)
    )


METERS = {"cpu": known(), "web": known(*OPTIONS), "web_door": known(*OPTIONS), "api": known(*TOKEN)}


def loaded(tmp_path: Path, text: str = "", **environ: str) -> Loaded:
    file = tmp_path / "agent.toml"
    file.write_text(text)
    file.chmod(0o644)
    variables = {f"WAKEFUL_AGENT_METERS_{name}": value for name, value in environ.items()}
    return load(Folders(str(tmp_path), str(tmp_path)), variables, METERS)


def problems(tmp_path: Path, text: str = "", **environ: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        loaded(tmp_path, text, **environ)
    return [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]


def test_the_environment_says_options_before_the_file(tmp_path: Path) -> None:
    found = loaded(
        tmp_path,
        "[meters.web]\ntop = 4\nratio = 2\n",
        WEB_TOP="5",
        WEB_TARGETS="a=x:1, b=y:2",
        WEB_QUIET="TRUE",
        WEB_PASSWORD="hush",
        WEB_DOOR_ENABLED="false",
        WEB_DOOR_INTERVAL_SECONDS="30",
        WEB_DOOR_TARGETS="http://h/?a,b\nhttp://h/\n",
        WEB_DOOR_RATIO="0.25",
    )
    web = {"top": 5, "ratio": 2, "targets": ["a=x:1", "b=y:2"], "quiet": True, "password": "hush"}
    door = {"targets": ["http://h/?a,b", "http://h/"], "ratio": 0.25}
    assert found.config.meters == {"web": MeterSetting(None, None, web), "web_door": MeterSetting(False, 30, door)}
    assert found.sources["meters.web.top"] == "WAKEFUL_AGENT_METERS_WEB_TOP"
    assert found.sources["meters.web.ratio"].endswith("agent.toml:3")
    assert ("meters.web.password", "(set)", "WAKEFUL_AGENT_METERS_WEB_PASSWORD") in in_force(found)
    assert "hush" not in str(in_force(found))


def test_what_a_variable_says_wrong_is_told_with_its_name(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        WEB_TOP="x",
        WEB_RATIO="y",
        WEB_QUIET="maybe",
        WEB_COMMANDS="{}",
        WEB_COLOUR="red",
        NOSUCH_TOP="1",
        WEB_DOOR_TOP="99",
        WEB_DOOR_ENABLED="1",
        WEB_DOOR_INTERVAL_SECONDS="0",
    )
    assert [line.partition("\n")[0].removeprefix("WAKEFUL_AGENT_METERS_") for line in found] == [
        "NOSUCH_TOP: names no meter",
        "WEB_COLOUR: is not an option of the meter web",
        "WEB_COMMANDS: meters.web.commands can only stand in agent.toml",
        "WEB_DOOR_ENABLED: meters.web_door.enabled must be true or false",
        "WEB_QUIET: meters.web.quiet must be true or false",
        "WEB_RATIO: meters.web.ratio must be a number, not 'y'",
        "WEB_TOP: meters.web.top must be a number, not 'x'",
        "WEB_DOOR_INTERVAL_SECONDS: meters.web_door.interval_seconds is 0, must be from 1 to 86400",
        "WEB_DOOR_TOP: meters.web_door.top must be at most 50",
    ]
    assert any("WAKEFUL_AGENT_METERS_WEB_PASSWORD_FILE" in line for line in found)


def test_a_secret_never_stands_in_the_file(tmp_path: Path) -> None:
    [line] = problems(tmp_path, '[meters.web]\ntop = 3\npassword = "hush"\n')
    assert line.startswith("agent.toml:3: meters.web.password is a secret and must not stand in agent.toml\n")
    assert "set WAKEFUL_AGENT_METERS_WEB_PASSWORD" in line
    assert "hush" not in line


def test_a_secret_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    secret.chmod(0o600)
    found = loaded(tmp_path, WEB_PASSWORD_FILE=str(secret), API_TOKEN_FILE=str(secret))
    assert found.config.meters["web"].options == {"password_file": str(secret)}, "the meter reads it when it asks"
    assert found.config.meters["api"].options == {"token": "hush"}
    assert "hush" not in str(in_force(found))
    secret.chmod(0o644)
    [line] = problems(tmp_path, API_TOKEN_FILE=str(secret))[:1]
    assert "may be read by others (mode 0644)" in line
    assert "hush" not in line


def test_files_of_secrets_that_are_open_or_missing_are_to_be_minded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hush\n")
    text = f"""
[meters.web]
password_file = "{secret}"
ca_file = "{secret}"
targets = ["x=h:1 password_file={tmp_path}/nobody user=me", "h:2"]
"""
    for mode, open_to_others in ((0o600, False), (0o640, False), (0o644, True), (0o660, True)):
        os.chmod(secret, mode)
        warnings = [str(one).replace(f"{tmp_path}/", "") for one in loaded(tmp_path, text).warnings]
        *first, last = [line.partition("\n")[0] for line in warnings]
        said = f"secret, which holds a secret and is open to others (mode {mode:04o})"
        assert first == ([f"agent.toml:3: meters.web.password_file names {said}"] if open_to_others else [])
        assert last == "agent.toml:5: meters.web.targets names nobody, which cannot be read: No such file or directory"


def test_targets_can_be_left_to_the_collector_for_meters_that_there_are(tmp_path: Path) -> None:
    assert loaded(tmp_path, 'allow_collector_targets = ["web"]').config.allow_collector_targets == ["web"]
    [line] = problems(tmp_path, 'allow_collector_targets = ["cpu"]')
    assert "names 'cpu', whose targets the collector may never set" in line
    [line] = problems(tmp_path, 'allow_collector_targets = ["webb"]')
    assert line == "agent.toml:1: allow_collector_targets names 'webb', which is not a meter\n    did you mean web?"
