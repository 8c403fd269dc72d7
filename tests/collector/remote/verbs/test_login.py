"""login: with and without somebody who sits there."""

import json
import stat
import subprocess

import pytest

from wakeful_collector.remote import profiles

from ..counterparts import PROGRAM, free_port


def book(home):
    return profiles.load(home / "config" / "wakeful" / "cli.toml")


def test_a_script_gives_the_key_on_standard_input(wakeful, shared, shared_keys, home):
    ran = wakeful("login", shared.url, stdin=shared_keys["operate"] + "\n")
    assert (ran.code, ran.err) == (0, "")
    assert "as key:cli-operate, which may: read, operate" in ran.out
    assert shared_keys["operate"] not in ran.out
    file = home / "config" / "wakeful" / "cli.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert book(home).default == "default"
    assert wakeful("hosts", "--json").code == 0
    assert wakeful("login", "--json", stdin=shared_keys["read"]).document["scopes"] == ["read"]
    assert list(book(home).profiles) == ["default"]


def test_another_collector_never_takes_a_profiles_place(wakeful, shared, shared_keys, serve, home):
    other = serve()
    wakeful("login", shared.url, stdin=shared_keys["read"])
    assert wakeful("login", other.url, stdin=other.key("read")).code == 0
    assert {name: one.url for name, one in book(home).profiles.items()} == {
        "default": shared.url,
        "127.0.0.1": other.url,
    }
    assert book(home).default == "default"
    ran = wakeful("login", other.url, "--profile", "lab", "--default", "--json", stdin=other.key("read"))
    assert (ran.document["profile"], ran.document["default"]) == ("lab", True)
    assert wakeful("--profile", "default", "hosts", "--json").code == 0


def test_a_key_that_does_not_work_is_not_kept(wakeful, shared, home):
    ran = wakeful("login", shared.url, stdin="wk_key_" + "a" * 32)
    assert (ran.code, ran.out, book(home).profiles) == (7, "", {})
    assert wakeful("login", shared.url, stdin="hunter2\n").code == 2
    assert wakeful("login", shared.url, stdin="").code == 2
    assert wakeful("login", f"http://127.0.0.1:{free_port()}", stdin="wk_key_" + "a" * 32).code == 4
    assert book(home).profiles == {}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "which collector?"),
        (("nonsense",), "must start with https://"),
        (("https://x.example", "--fingerprint", "sha256:1"), "64 hexadecimal"),
        (("https://x.example", "--profile", "a b"), "no name for a profile"),
    ],
)
def test_what_makes_no_sense_is_said_before_a_key_is_asked_for(wakeful, words, said):
    ran = wakeful("login", *words)
    assert (ran.code, said in ran.err) == (2, True), ran.err


def test_the_key_is_asked_for_without_echo(seat, shared, shared_keys, home):
    sits = seat("login", shared.url, known=False)
    sits.read_until("API key for http://127.0.0.1")
    sits.type(shared_keys["admin"] + "\n")
    assert sits.wait() == 0
    assert shared_keys["admin"] not in sits.seen
    assert book(home).profiles["default"].api_key == shared_keys["admin"]


def test_a_key_of_the_environment_is_kept(wakeful, shared, shared_keys, home):
    assert wakeful("login", shared.url, WAKEFUL_API_KEY=shared_keys["read"]).code == 0
    assert book(home).profiles["default"].api_key == shared_keys["read"]


def test_a_certificate_that_nobody_vouches_for_is_shown_and_pinned(seat, secured, fingerprint, home, wakeful):
    key = secured.key("read")
    sits = seat("login", secured.url, known=False)
    sits.read_until(r"Pin this certificate\? \[y/N\] ")
    assert fingerprint in sits.seen
    sits.type("y\n")
    sits.read_until("API key for https")
    sits.type(key + "\n")
    assert sits.wait() == 0
    assert book(home).profiles["default"].fingerprint == fingerprint
    assert wakeful("hosts", "--json").code == 0
    again = seat("login", known=False)
    again.read_until("Pin this certificate")
    again.type("\n")
    assert again.wait() == 7
    assert "nothing was kept" in again.seen


def test_a_script_names_the_fingerprint(wakeful, secured, fingerprint, home):
    key = secured.key("read")
    ran = wakeful("login", secured.url, stdin=key)
    assert (ran.code, f"--fingerprint {fingerprint}" in ran.err) == (7, True)
    assert book(home).profiles == {}
    assert wakeful("login", secured.url, "--fingerprint", fingerprint, stdin=key).code == 0
    ran = wakeful("hosts", WAKEFUL_FINGERPRINT="sha256:" + "0" * 64)
    assert (ran.code, "another certificate" in ran.err) == (4, True)


def test_authorities_of_a_file(wakeful, secured, home):
    file = secured.more["WAKEFUL_TLS_CERTIFICATE"]
    assert wakeful("login", secured.url, "--ca-file", file, stdin=secured.key("read")).code == 0
    assert wakeful("login", "--json", stdin=secured.key("read")).document["fingerprint"] is None


def test_plain_http_elsewhere_is_warned_of(wakeful):
    ran = wakeful("login", "http://nobody.invalid", stdin="wk_key_" + "a" * 32)
    assert (ran.code, "everybody on the way can read the key" in ran.err) == (4, True)


def test_a_key_never_stands_in_a_command_line(shared, shared_keys, home):
    ran = subprocess.run([*PROGRAM, "login", shared.url, "--key", shared_keys["read"]], capture_output=True, text=True)
    assert ran.returncode == 2
    told = subprocess.run([*PROGRAM, "login", "--help"], capture_output=True, text=True).stdout
    assert "--key" not in told
    assert json.dumps(told)
