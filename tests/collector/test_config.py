"""Settings come from one table; everything wrong is said at once, with line and hint."""

import dataclasses
from pathlib import Path

import pytest
import tomllib

from wakeful_collector import config


def refused(environ, data=None):
    with pytest.raises(config.ConfigErrors) as caught:
        config.load(environ, data)
    return caught.value.problems


def test_without_anything_the_defaults_are_in_force(tmp_path):
    settings = config.load({"WAKEFUL_DATA": str(tmp_path)})
    assert settings.data == tmp_path
    assert settings.listen == "127.0.0.1:8800"
    assert settings.listen_host() == "127.0.0.1"
    assert settings.port() == 8800
    assert settings.hosts_allowed == ()
    assert settings.public_url is None


def test_settings_cannot_be_changed(tmp_path):
    settings = config.load({}, tmp_path)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.listen = "0.0.0.0:80"


def test_the_file_in_the_data_folder_is_read_and_the_environment_wins(tmp_path):
    (tmp_path / "collector.toml").write_text('listen = "127.0.0.1:9000"\nweb_threads = 20\nhosts_allowed = ["A.lan"]\n')
    settings = config.load({"WAKEFUL_WEB_THREADS": "30", "WAKEFUL_TRUSTED_PROXIES": "10.0.0.1, 10.0.0.2"}, tmp_path)
    assert settings.listen == "127.0.0.1:9000"
    assert settings.web_threads == 30
    assert settings.hosts_allowed == ("a.lan",)
    assert settings.trusted_proxies == ("10.0.0.1", "10.0.0.2")


def test_the_argument_wins_over_the_environment_for_the_data_folder(tmp_path):
    assert config.load({"WAKEFUL_DATA": "/nowhere"}, tmp_path).data == tmp_path


def test_a_named_file_may_name_the_data_folder(tmp_path):
    named = tmp_path / "own.toml"
    named.write_text('data = "/srv/wakeful"\n')
    assert config.load({"WAKEFUL_CONFIG": str(named)}).data == Path("/srv/wakeful")
    assert config.load({"WAKEFUL_CONFIG": str(named), "WAKEFUL_DATA": "/var/other"}).data == Path("/var/other")


def test_a_named_file_that_is_missing_is_an_error(tmp_path):
    (problem,) = refused({"WAKEFUL_CONFIG": str(tmp_path / "none.toml")}, tmp_path)
    assert problem.where == "WAKEFUL_CONFIG"
    assert "does not exist" in problem.message


def test_values_may_come_from_files(tmp_path):
    secret = tmp_path / "url"
    secret.write_text("https://wakeful.example.org\n")
    settings = config.load({"WAKEFUL_PUBLIC_URL_FILE": str(secret)}, tmp_path)
    assert settings.public_url == "https://wakeful.example.org"
    (problem,) = refused({"WAKEFUL_PUBLIC_URL_FILE": str(tmp_path / "none")}, tmp_path)
    assert problem.where == "WAKEFUL_PUBLIC_URL_FILE"


def test_everything_wrong_is_said_at_once_with_its_line(tmp_path):
    (tmp_path / "collector.toml").write_text(
        '# mine\nlisten = "8800"\n\nweb_thread = 4\nretention_raw_days = "two"\n[tls]\nkey = 1\n'
    )
    problems = refused({"WAKEFUL_LOG_LEVEL": "loud"}, tmp_path)
    lines = {problem.where.rpartition("collector.toml ")[2]: problem for problem in problems}
    assert set(lines) == {"line 2", "line 4", "line 5", "line 6", "WAKEFUL_LOG_LEVEL"}
    assert lines["line 4"].hint == "did you mean web_threads?"
    assert "127.0.0.1:8800" in lines["line 2"].hint
    assert "choose one of" in lines["WAKEFUL_LOG_LEVEL"].hint
    with pytest.raises(config.ConfigErrors, match=r"line 2: listen is '8800'.*\n.*line 4"):
        config.load({}, tmp_path)


def test_a_file_that_is_not_toml_is_named_with_the_line(tmp_path):
    (tmp_path / "collector.toml").write_text("listen: 8800\n")
    (problem,) = refused({}, tmp_path)
    assert "line 1" in problem.message


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "collector.toml").mkdir()
    (problem,) = refused({}, tmp_path)
    assert "cannot be read" in problem.message


def test_certificate_and_key_belong_together(tmp_path):
    (tmp_path / "c.crt").write_text("x")
    (problem,) = refused({"WAKEFUL_TLS_CERTIFICATE": str(tmp_path / "c.crt")}, tmp_path)
    assert "belong together" in problem.message


def test_coarser_tiers_are_kept_at_least_as_long(tmp_path):
    problems = refused({"WAKEFUL_RETENTION_RAW_DAYS": "30", "WAKEFUL_RETENTION_1H_DAYS": "60"}, tmp_path)
    assert [problem.message for problem in problems] == [
        "retention_raw_days (30) is longer than retention_1m_days (14)",
        "retention_10m_days (90) is longer than retention_1h_days (60)",
    ]


def test_mistyped_variables_are_found():
    found = config.unknown_variables(
        {"WAKEFUL_LISTN": "x", "WAKEFUL_DATA": "/d", "WAKEFUL_LISTEN_FILE": "f", "HOME": "/"}
    )
    assert [(problem.where, problem.hint) for problem in found] == [("WAKEFUL_LISTN", "did you mean WAKEFUL_LISTEN?")]
    assert not config.unknown_variables({"WAKEFUL_URL": "x", "WAKEFUL_API_KEY_FILE": "x", "WAKEFUL_PROFILE": "x"})
    (strange,) = config.unknown_variables({"WAKEFUL_QQQQQQ": "x"})
    assert "docs/collector.md" in strange.hint


def test_the_sample_holds_every_setting_and_is_right_when_switched_on(tmp_path):
    text = config.sample()
    switched = "\n".join(
        line[1:] if line.startswith("#") and line[1:2].isalpha() else line for line in text.splitlines()
    )
    document = tomllib.loads(switched)
    assert set(document) == {item.name for item in config.table()} - {"data"}
    for name in ("tls_certificate", "tls_key", "gateway_env"):
        document.pop(name)
    for item in config.table():
        if item.name in document:
            item.metadata["kind"].check(document[item.name])


def test_every_setting_says_what_it_is_for():
    for item in config.table():
        assert item.metadata["help"].endswith("."), item.name
        assert config.default_text(item)
        assert config.variable(item) == "WAKEFUL_" + item.name.upper()


def test_the_data_folder_by_default(monkeypatch):
    monkeypatch.setattr(config.os, "geteuid", lambda: 0)
    assert config.load({}).data == Path("/var/lib/wakeful")
    monkeypatch.setattr(config.os, "geteuid", lambda: 1000)
    assert config.default_data({"XDG_STATE_HOME": "/s"}) == Path("/s/wakeful")
    assert config.default_data({"HOME": "/home/x"}) == Path("/home/x/.local/state/wakeful")
