"""The command line as a whole: help, version, exit codes."""

import argparse
import subprocess
import sys
from contextlib import closing

import pytest

from wakeful_collector import __version__, cli
from wakeful_collector.store import database


def test_version(run):
    assert run("--version") == (0, f"wakeful-collector {__version__}\n", "")


def commands(parser, before=()):
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield from commands(inner, (*before, name))
            return
    yield before


@pytest.mark.parametrize("words", list(commands(cli.parser())), ids=" ".join)
def test_every_command_explains_itself(run, words):
    ran = run(*words, "--help")
    assert ran.code == 0
    assert "usage: wakeful-collector" in ran.out
    assert "\n\nexamples:\n  " in ran.out
    examples = ran.out.partition("examples:\n")[2].partition("\n\n")[0]
    assert f"wakeful-collector {' '.join(words)}" in examples


def test_without_words_the_help_comes_on_standard_error(run):
    ran = run()
    assert (ran.code, ran.out) == (2, "")
    assert "print one line to paste" in ran.err


@pytest.mark.parametrize(
    "words", [(), ("nonsense",), ("key",), ("invite", "--expires", "soon"), ("invite", "--uses", "x")]
)
def test_wrong_usage_ends_with_2(run, words):
    ran = run(*words)
    assert ran.code == 2
    assert "usage:" in ran.err


def test_wrong_settings_end_with_2_and_are_all_named(run, data):
    data.mkdir()
    (data / "collector.toml").write_text('listen = "x"\nweb_worker = 1\n')
    ran = run("key", "list")
    assert ran.code == 2
    assert ran.err.count("error: ") == 2
    assert "line 1" in ran.err
    assert "did you mean web_workers?" in ran.err


def test_a_newer_database_ends_with_2_and_names_the_way_out(run, data):
    database.create(data)
    with database.writer(data, "state") as connection:
        connection.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('state', '999', '')"
        )
    ran = run("key", "list")
    assert ran.code == 2
    assert "newer version" in ran.err


def test_data_and_config_can_be_named(run, tmp_path):
    named = tmp_path / "own.toml"
    named.write_text("web_threads = 33\n")
    ran = run("check-config", "--config", str(named), "--data", str(tmp_path / "other"))
    assert "web_threads = 33" in ran.out
    assert f'data = "{tmp_path / "other"}"' in ran.out


def test_ctrl_c_is_not_a_traceback(run, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.settings, "_check", interrupted)
    ran = run("check-config")
    assert ran.code == 1
    assert "interrupted" in ran.err


def test_a_reader_that_went_away_is_not_a_traceback(run, data):
    argv = [sys.executable, "-m", "wakeful_collector", "check-config", "--sample", "--data", str(data)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.close()
        assert child.stderr.read() == ""
    assert child.returncode == 141
    for words in (["check-config", "--sample"], ["user", "remove", "nobody"]):
        argv = [sys.executable, "-m", "wakeful_collector", *words, "--data", str(data)]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            child.stdout.close()
        assert child.returncode == 141, words


def test_a_store_that_cannot_take_it_is_a_sentence(run, data, monkeypatch):
    run("key", "list")
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with closing(database.writer(data, "state")) as connection, database.transaction(connection):
        ran = run("invite")
    assert (ran.code, ran.out) == (1, "")
    assert "error: the database is busy" in ran.err


def test_nothing_entered_is_a_sentence(run, monkeypatch):
    def ended(*_):
        raise EOFError

    monkeypatch.setattr(cli.settings, "_check", ended)
    ran = run("check-config")
    assert (ran.code, ran.err) == (1, "error: nothing was entered\n")
