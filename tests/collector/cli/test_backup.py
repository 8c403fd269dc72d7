"""backup and restore."""

import json
import os

from wakeful_collector.serving import place


def test_what_was_backed_up_comes_back(run, tmp_path):
    made = json.loads(run("key", "create", "--name", "n", "--json").out)
    file = tmp_path / "backup.wakeful"
    ran = run("backup", str(file))
    assert ran.code == 0, ran.err
    assert str(file) in ran.out
    other = tmp_path / "other"
    ran = run("restore", str(file), "--data", str(other), "--json")
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["data"] == str(other)
    listed = json.loads(run("key", "list", "--json", "--data", str(other)).out)["keys"]
    assert [key["id"] for key in listed] == [made["id"]]


def test_a_backup_never_overwrites(run, tmp_path):
    file = tmp_path / "backup"
    file.write_text("mine")
    ran = run("backup", str(file))
    assert ran.code == 1
    assert file.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_said(run, tmp_path):
    ran = run("backup", str(tmp_path / "none" / "backup"))
    assert ran.code == 1
    assert "no backup was made" in ran.err


def test_only_an_empty_folder_is_restored_into(run, tmp_path):
    file = tmp_path / "backup"
    run("backup", str(file))
    ran = run("restore", str(file))
    assert ran.code == 1
    assert "nothing was restored" in ran.err


def test_what_is_no_backup_is_refused(run, tmp_path):
    file = tmp_path / "backup"
    file.write_text("nonsense")
    ran = run("restore", str(file), "--data", str(tmp_path / "other"))
    assert ran.code == 1
    assert "nothing was restored" in ran.err


def test_nothing_is_restored_under_a_running_collector(run, data, tmp_path):
    data.mkdir()
    place.write(data, place.Place(os.getpid(), "127.0.0.1:8800", None))
    ran = run("restore", str(tmp_path / "backup"))
    assert ran.code == 1
    assert "stop it first" in ran.err
