"""Which collector is meant, and the file that says so."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.remote import profiles
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.profiles import Book, Profile

KEY = "wk_key_" + "a" * 32
HOME = Profile("home", "https://home.example", KEY)
LAB = Profile("lab", "https://10.0.0.5:8800", KEY[:-1] + "b", "sha256:" + "ab" * 32)


@pytest.fixture
def environ(tmp_path):
    return {"XDG_CONFIG_HOME": str(tmp_path)}


@pytest.fixture
def kept(environ):
    def keep(*found, default=""):
        profiles.save(profiles.place(environ), Book({one.name: one for one in found}, default))

    return keep


def refused(environ, named=None, url=None):
    with pytest.raises(Failure) as caught:
        profiles.choose(environ, named, url)
    assert KEY not in caught.value.message + caught.value.hint
    return caught.value


def test_the_place_follows_the_standard():
    assert profiles.place({"XDG_CONFIG_HOME": "/x"}) == Path("/x/wakeful/cli.toml")
    assert profiles.place({"XDG_CONFIG_HOME": "x", "HOME": "/h"}) == Path("/h/.config/wakeful/cli.toml")
    with pytest.raises(Failure):
        profiles.place({})


def test_what_is_kept_is_read_again_and_shut(environ, kept):
    kept(HOME, LAB, default="lab")
    file = profiles.place(environ)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert profiles.load(file) == Book({"home": HOME, "lab": LAB}, "lab")
    assert os.listdir(file.parent) == ["cli.toml"]
    assert profiles.load(file.with_name("none")) == Book({})


NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.text(st.characters(codec="utf-8"), max_size=30), max_size=3))
def test_whatever_is_written_is_read_again(urls):
    book = Book({name: Profile(name, url, "", "", "") for name, url in urls.items() if url})
    assert profiles.parse(profiles.written(book), "f") == book


@pytest.mark.parametrize("mode", [0o644, 0o640 | 0o004, 0o622, 0o620])
def test_a_file_that_is_open_to_others_is_refused_with_the_line_that_shuts_it(environ, kept, mode):
    kept(HOME)
    file = profiles.place(environ)
    file.chmod(mode)
    problem = refused(environ)
    assert problem.exit_code == 2
    assert f"chmod 600 {file}" in problem.hint
    file.chmod(0o600)
    assert profiles.choose(environ, None, None) == HOME


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x", "not TOML"),
        ("colour = 1", "'colour' is not known"),
        ("profile = 1", "must be tables"),
        ("[profile.a]", "has no url"),
        ("[profile]\na = 1", "has no url"),
        ("[profile.a]\nurl = 1", "has no url"),
        ('[profile.a]\nurl = "x"\nkey = "y"', "key must be one of"),
        ('[profile.a]\nurl = "x"\nca_file = 1', "ca_file must be one of"),
        ('default = "b"\n[profile.a]\nurl = "x"', "default names 'b'"),
        ('[profile.a]\nurl = "x"\napi_key = "secret\\nHost: evil"', "no API key"),
    ],
)
def test_a_file_that_makes_no_sense_is_said(text, said):
    with pytest.raises(Failure) as caught:
        profiles.parse(text, "cli.toml")
    assert said in caught.value.message
    assert "evil" not in caught.value.message


def test_a_file_that_cannot_be_read_or_written(environ, kept, tmp_path):
    kept(HOME)
    file = profiles.place(environ)
    file.write_bytes(b"\xff\xfe")
    assert "cannot be read" in refused(environ).message
    with pytest.raises(Failure) as caught:
        profiles.save(file / "below" / "cli.toml", Book({}))
    assert "cannot be written" in caught.value.message


def test_options_come_before_the_environment_and_that_before_the_file(environ, kept):
    kept(HOME, LAB, default="home")
    choose = profiles.choose
    assert choose(environ, None, None) == HOME
    assert choose(environ, "lab", None) == LAB
    assert choose({**environ, "WAKEFUL_PROFILE": "lab"}, None, None) == LAB
    assert choose({**environ, "WAKEFUL_PROFILE": "lab"}, "home", None) == HOME
    other = KEY + "c"
    assert choose({**environ, "WAKEFUL_API_KEY": other}, None, None) == HOME._replace(api_key=other)
    assert choose({**environ, "WAKEFUL_URL": "https://home.example/"}, None, None) == HOME
    said = {"WAKEFUL_FINGERPRINT": "sha256:x", "WAKEFUL_CA_FILE": "/ca"}
    assert choose({**environ, **said}, None, None) == HOME._replace(fingerprint="sha256:x", ca_file="/ca")


def test_where_everything_is_said_no_file_is_looked_at():
    found = profiles.choose({"WAKEFUL_URL": "https://x.example", "WAKEFUL_API_KEY": KEY}, None, None)
    assert found == Profile("", "https://x.example", KEY)


def test_a_stored_key_never_goes_to_another_address(environ, kept):
    kept(HOME, LAB, default="lab")
    for named in (None, "lab"):
        problem = refused(environ, named, "https://elsewhere.example")
        assert (problem.exit_code, problem.code) == (2, "no_key")
    found = profiles.choose({**environ, "WAKEFUL_API_KEY": KEY}, "lab", "https://elsewhere.example")
    assert found == Profile("", "https://elsewhere.example", KEY)


def test_what_is_missing_is_said_with_the_way_out(environ, kept):
    assert "wakeful login" in refused(environ).hint
    kept(HOME._replace(api_key=""))
    assert "there is no key" in refused(environ).message
    kept(HOME, LAB)
    assert "--profile NAME" in refused(environ).hint
    problem = refused(environ, "hme")
    assert (problem.exit_code, "did you mean home?" in problem.message) == (5, True)
    assert "WAKEFUL_URL: 'nonsense' must start" in refused({**environ, "WAKEFUL_URL": "nonsense"}).message
    assert "--url" in refused(environ, None, "nonsense").message


def test_a_key_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    environ = {"WAKEFUL_URL": "https://x.example", "WAKEFUL_API_KEY_FILE": str(file)}
    file.chmod(0o600)
    assert profiles.choose(environ, None, None).api_key == KEY
    file.chmod(0o644)
    assert "chmod 600" in refused(environ).hint
    assert "cannot be read" in refused({**environ, "WAKEFUL_API_KEY_FILE": "/none"}).message


@pytest.mark.parametrize("text", ["", "secret", "wk_key_a b", "wk_key_\x1b", "wk_key_\u9762", "wk_key_" + "a" * 300])
def test_what_is_no_key_is_refused_and_never_repeated(text):
    with pytest.raises(Failure) as caught:
        profiles.checked_key(text)
    assert not text or text not in caught.value.message + caught.value.hint


def test_names_of_profiles():
    assert profiles.check_name("home-2.lab_x") == "home-2.lab_x"
    for name in ("", "a b", "../x", "x" * 65, "\u9762"):
        with pytest.raises(Failure):
            profiles.check_name(name)
