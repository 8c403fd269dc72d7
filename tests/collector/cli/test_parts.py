"""What the commands share: durations, sizes, the data folder, audited operations."""

import argparse
import os
import re

import pytest

from wakeful_collector import accounts
from wakeful_collector.cli import parts
from wakeful_collector.cli.output import CommandError
from wakeful_collector.read import audit


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1_800), ("24h", 86_400), ("7d", 604_800), ("2w", 1_209_600)]
)
def test_durations(text, seconds):
    assert parts.duration_seconds(text) == seconds


@pytest.mark.parametrize("text", ["5", "h", "0h", "-1h", "1.5h", "1y"])
def test_what_is_no_duration(text):
    with pytest.raises(argparse.ArgumentTypeError, match=f"{re.escape(text)}' is no length of time"):
        parts.duration_seconds(text)


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1_500, "1.5 kB"), (2.5e6, "2.5 MB"), (3e9, "3.0 GB"), (4e15, "4000.0 TB")],
)
def test_sizes(size, text):
    assert parts.size_text(size) == text


def test_a_folder_that_cannot_be_made_is_said(run, data):
    data.parent.mkdir(exist_ok=True)
    data.write_text("in the way")
    ran = run("key", "list")
    assert ran.code == 2
    assert "data folder" in ran.err
    assert "it is no folder" in ran.err


def test_a_folder_that_held_no_collector_is_said_once(run, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("key", "list")
    assert ran.err.startswith(f"note: {data} held no collector until now. If another one is meant: --data DIR")
    assert "note:" not in run("key", "list").err
    (tmp_path / "var").mkdir()
    run("key", "list", "--data", str(tmp_path / "var"))
    ran = run("key", "list", "--data", str(tmp_path / "mistyped"))
    assert f"--data {tmp_path / 'var'}, which holds one" in ran.err


def test_what_does_not_fit_is_usage(run):
    assert run("invite", "--uses", "0").code == 2
    assert run("invite", "--tag", "a b").code == 2
    assert run("user", "remove", "nobody").code == 1


def test_operations_are_audited_with_who_ran_them(run, data):
    run("key", "create", "--name", "n")
    (row,) = audit.rows(data, 10, operation="key.create")
    assert row.entry.principal.startswith("local:")
    assert row.entry.face == "cli"


def test_what_policy_refuses_ends_with_4(run, monkeypatch):
    chosen = parts.settings_with_data()
    nobody = accounts.Principal("local:x", frozenset(), "local", "cli")
    monkeypatch.setattr(parts.accounts, "local_principal", lambda _: nobody)
    with pytest.raises(CommandError) as caught:
        parts.operate(chosen, "key.create", {"name": "n", "scopes": ["read"]})
    assert caught.value.exit_code == 4


def test_whoever_has_no_name_here_is_audited_by_number(run, data, monkeypatch):
    """In a container the user may be a number that no file names."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)

    def nobody(number):
        raise KeyError(f"getpwuid(): uid not found: {number}")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert run("key", "create", "--name", "n").code == 0
    (row,) = audit.rows(data, 10, operation="key.create")
    assert row.entry.principal == f"local:uid-{os.getuid()}"
