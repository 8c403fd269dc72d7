"""invite: one line to paste."""

import json
import os
import shlex

from wakeful_collector.read import hosts
from wakeful_collector.serving import certificate, place


def test_the_line_is_one_shell_command(run, data):
    ran = run("invite", "--tag", "edge", "--uses", "3", "--expires", "2h")
    words = shlex.split(ran.out)
    assert words[:3] == ["wakeful-agent", "enroll", "http://127.0.0.1:8800"]
    assert words[3] == "--invite"
    assert words[4].startswith("wk_inv_")
    assert words[5:] == ["--run"]
    (kept,) = hosts.invites(data)
    assert kept.tags == ("edge",)
    assert kept.uses == 3
    assert kept.expires_ms - kept.created_ms == 2 * 3_600_000


def test_a_loopback_address_comes_with_a_warning(run, monkeypatch):
    assert "from this machine only" in run("invite").err
    monkeypatch.setenv("WAKEFUL_PUBLIC_URL", "https://wakeful.example.org")
    ran = run("invite")
    assert ran.err == ""
    assert "https://wakeful.example.org" in ran.out


def test_the_warnings_name_the_way_out(run, data):
    ran = run("invite")
    assert f'{data / "collector.toml"}: listen = "0.0.0.0:8800"' in ran.err
    assert "no collector runs with this data folder now" in ran.err
    place.write(data, place.Place(os.getpid(), "127.0.0.1:9100", None))
    ran = run("invite")
    assert 'listen = "0.0.0.0:9100"' in ran.err
    assert "no collector runs" not in ran.err


def test_a_tag_that_is_none_is_refused_in_words(run):
    for odd in ("a b", "!!bad", "a,b", "<b>", "x;y"):
        assert "tags[0] must be a word that begins with a letter or digit" in run("invite", f"--tag={odd}").err
    assert run("invite", "--tag", "env=prod", "--tag", "rack-3", "--tag", "b\u00fcro", "--tag", "10.0.0.0/8").code == 0


def test_a_certificate_of_its_own_is_pinned(run, data):
    run("invite")
    path, _ = certificate.self_signed(data / "tls", ["localhost"], 1_763_719_200_000)
    place.write(data, place.Place(os.getpid(), "192.0.2.7:8800", str(path)))
    words = shlex.split(run("invite").out)
    assert words[2] == "https://192.0.2.7:8800"
    assert words[words.index("--fingerprint") + 1] == certificate.fingerprint(path)


def test_json_holds_the_line_and_its_parts(run):
    found = json.loads(run("invite", "--json").out)
    assert found["invite"] in found["line"]
    assert found["url"] in found["line"]
    assert found["fingerprint"] is None


def test_a_number_of_uses_that_makes_no_sense_is_refused(run):
    ran = run("invite", "--uses", "0")
    assert ran.code == 2
    assert "uses" in ran.err
