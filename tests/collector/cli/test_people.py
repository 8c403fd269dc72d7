"""user and signin."""

import io
import json

import pytest

from wakeful_collector.cli import people

GOOD = "correct horse battery 9"


def test_a_person_is_added_listed_and_removed(run):
    assert run("user", "add", "anna", "--scope", "admin", stdin=GOOD + "\n").out == "anna may sign in now (admin).\n"
    run("user", "add", "bert", "--json", stdin=GOOD + "\n")
    listed = json.loads(run("user", "list", "--json").out)["users"]
    assert [(one["name"], one["scope"]) for one in listed] == [("anna", "admin"), ("bert", "read")]
    assert "anna" in run("user", "list").out
    assert run("user", "remove", "bert").code == 0
    assert "bert" not in run("user", "list").out


def test_the_last_administrator_stays(run):
    run("user", "add", "anna", "--scope", "admin", stdin=GOOD + "\n")
    ran = run("user", "remove", "anna")
    assert ran.code == 1
    assert "somebody must be left" in ran.err


def test_nobody_yet(run):
    ran = run("user", "list")
    assert ran.out == ""
    assert "signin" in ran.err


def test_passwords_come_from_a_file(run, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text(GOOD + "\n")
    assert run("user", "add", "anna", "--password-file", str(secret)).code == 0
    assert run("user", "passwd", "anna", "--password-file", "-", stdin="another horse battery 7\n").code == 0
    secret.write_text("")
    ran = run("user", "passwd", "anna", "--password-file", str(secret))
    assert ran.code == 2
    assert "no password" in ran.err
    assert run("user", "passwd", "anna", "--password-file", str(tmp_path / "none")).code == 2


def test_a_weak_or_empty_password_is_refused(run):
    assert run("user", "add", "anna", stdin="\n").code == 2
    weak = run("user", "add", "anna", stdin="anna\n")
    assert weak.code == 2
    assert "anna" not in run("user", "list").out


def test_at_a_terminal_the_password_is_asked_for_twice(run, monkeypatch):
    class Terminal:
        def isatty(self):
            return True

    monkeypatch.setattr(people.sys, "stdin", Terminal())
    answers = iter([GOOD, GOOD, GOOD, "something else"])
    monkeypatch.setattr(people.getpass, "getpass", lambda _: next(answers))
    assert run("user", "add", "anna").code == 0
    ran = run("user", "passwd", "anna")
    assert ran.code == 2
    assert "differ" in ran.err


def test_a_password_is_never_an_argument(run):
    assert run("user", "add", "anna", "--password", GOOD).code == 2


def test_a_sign_in_link_is_printed(run):
    ran = run("signin")
    assert ran.out.startswith("http://127.0.0.1:8800/sign-in/link/wk_lnk_")
    assert "once" in ran.err
    found = json.loads(run("signin", "--json").out)
    assert found["minutes"] == 60
    assert found["url"] not in ran.out


@pytest.mark.parametrize("words", [("signin", "--user", "nobody"), ("user", "remove", "nobody")])
def test_nobody_of_that_name(run, words):
    ran = run(*words)
    assert ran.code == 1
    assert "nobody" in ran.err


def test_a_password_that_is_no_text_is_a_sentence(run, monkeypatch):
    monkeypatch.setattr(people.sys, "stdin", io.TextIOWrapper(io.BytesIO(b"hush\xe4hush\n"), "utf-8"))
    ran = run("user", "add", "anna")
    assert (ran.code, "hush" in ran.err) == (2, False)
    assert "standard input is no text in UTF-8" in ran.err
