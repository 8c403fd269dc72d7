"""check-config."""

import json

import tomllib

from wakeful_collector import config


def test_the_settings_are_shown(run, data):
    ran = run("check-config")
    assert ran.code == 0
    assert f'data = "{data}"' in ran.out
    assert 'listen = "127.0.0.1:8800"' in ran.out
    assert {line.split(" = ")[0] for line in ran.out.splitlines()} == {item.name for item in config.table()}


def test_everything_wrong_is_in_the_json(run, data, monkeypatch):
    data.mkdir()
    (data / "collector.toml").write_text("web_threads = 1\nlog_level = 'x'\n")
    monkeypatch.setenv("WAKEFUL_LISTN", "x")
    ran = run("check-config", "--json")
    assert ran.code == 2
    found = json.loads(ran.out)
    assert found["ok"] is False
    assert found["settings"] is None
    assert len(found["errors"]) == 2
    assert found["errors"][0]["hint"] == "give a number from 2 to 256"
    assert found["warnings"][0]["where"] == "WAKEFUL_LISTN"
    assert run("check-config").err.count("error: ") == 2


def test_right_settings_as_json(run, monkeypatch):
    monkeypatch.setenv("WAKEFUL_HOSTS_ALLOWED", "a.lan")
    found = json.loads(run("check-config", "--json").out)
    assert found["ok"] is True
    assert found["settings"]["hosts_allowed"] == ["a.lan"]
    assert found["settings"]["tls_key"] is None


def test_a_mistyped_variable_is_a_warning(run, monkeypatch):
    monkeypatch.setenv("WAKEFUL_LISTN", "x")
    ran = run("check-config")
    assert ran.code == 0
    assert "did you mean WAKEFUL_LISTEN?" in ran.err


def test_what_describes_a_machine_of_the_gateway_is_looked_at_too(run, monkeypatch, tmp_path):
    file = tmp_path / "gateway.env"
    file.write_text("EQUIPO_IA=gpu\nAPI_KEYS=short\n")
    file.chmod(0o644)
    monkeypatch.setenv("WAKEFUL_GATEWAY_ENV", str(file))
    refused = run("check-config")
    assert (refused.code, "chmod 600" in refused.err) == (2, True)
    file.chmod(0o600)
    ran = run("check-config")
    assert ran.code == 0
    assert "warning: API_KEYS: its key number 1 has 5 characters" in ran.err


def test_the_sample_is_toml(run):
    text = run("check-config", "--sample").out
    assert tomllib.loads(text) == {}
    assert "#listen" in text


def test_help_names_every_setting(run):
    text = run("check-config", "--help").out
    for item in config.table():
        assert item.name in text
