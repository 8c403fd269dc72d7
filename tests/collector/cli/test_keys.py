"""key create, list, revoke."""

import json

from wakeful_collector import clock


def test_a_key_is_printed_once_and_kept_as_a_hash(run, data):
    made = json.loads(run("key", "create", "--name", "n", "--scope", "read", "--json").out)
    assert made["key"].startswith("wk_key_")
    listed = run("key", "list", "--json").out
    assert made["key"] not in listed
    assert json.loads(listed)["keys"][0]["name"] == "n"
    for path in data.iterdir():
        assert made["key"].encode() not in path.read_bytes()


def test_for_people_the_key_alone_is_the_result(run):
    ran = run("key", "create", "--name", "n", "--scope", "read", "--scope", "operate", "--expires", "30d")
    assert ran.out.startswith("wk_key_")
    assert ran.out.count("\n") == 1
    assert "not shown again" in ran.err
    listed = run("key", "list").out
    assert "read,operate" in listed
    assert "active" in listed
    assert "never" in listed


def test_without_keys_the_list_says_how_to_make_one(run):
    ran = run("key", "list")
    assert (ran.code, ran.out) == (0, "")
    assert "key create" in ran.err
    assert json.loads(run("key", "list", "--json").out) == {"keys": []}


def test_a_revoked_key_is_listed_as_that(run):
    made = json.loads(run("key", "create", "--name", "n", "--json").out)
    assert "worthless" in run("key", "revoke", made["id"]).out
    assert json.loads(run("key", "list", "--json").out)["keys"][0]["state"] == "revoked"
    again = run("key", "revoke", made["id"])
    assert again.code == 1
    assert "no such key" in again.err


def test_revoking_answers_json_too(run):
    made = json.loads(run("key", "create", "--name", "n", "--json").out)
    assert json.loads(run("key", "revoke", made["id"], "--json").out)["id"] == made["id"]


def test_an_expired_key_is_listed_as_that(run, monkeypatch):
    run("key", "create", "--name", "n", "--expires", "1h")
    late_ms = clock.now_ms() + 2 * 3_600_000
    monkeypatch.setattr(clock, "now_ms", lambda: late_ms)
    assert json.loads(run("key", "list", "--json").out)["keys"][0]["state"] == "expired"


def test_a_bad_name_is_refused_with_words(run):
    ran = run("key", "create", "--name", "n" * 65)
    assert ran.code == 2
    assert "name" in ran.err
