"""Each kind of setting takes what fits and says what does not."""

import pytest

from wakeful_collector import settings_kinds as kinds
from wakeful_collector.settings_kinds import Unfit


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:8800", ("127.0.0.1", 8800)),
        ("0.0.0.0:0", ("0.0.0.0", 0)),
        ("[::1]:443", ("::1", 443)),
        ("wakeful.lan:80", ("wakeful.lan", 80)),
    ],
)
def test_addresses_are_split(text, found):
    assert kinds.split_address(text) == found
    assert kinds.ADDRESS.check(text) == text


@pytest.mark.parametrize("text", ["8800", "127.0.0.1", "::1:8800", "a:b", ":80", "host:65536", "host:-1", "", 7, None])
def test_addresses_that_are_none_are_refused(text):
    with pytest.raises(Unfit):
        kinds.ADDRESS.check(text)


@pytest.mark.parametrize("raw", [0, 65, True, "8", 1.5, None])
def test_whole_numbers_have_bounds(raw):
    kind = kinds.whole(1, 64)
    with pytest.raises(Unfit) as caught:
        kind.check(raw)
    assert caught.value.hint == "give a number from 1 to 64"


def test_whole_numbers_come_from_text_too():
    kind = kinds.whole(1, 64)
    assert kind.check(kind.from_text("64")) == 64
    assert kind.from_text("many") == "many"


def test_a_choice_names_the_choices():
    kind = kinds.one_of("debug", "info")
    assert kind.check("info") == "info"
    with pytest.raises(Unfit) as caught:
        kind.check("loud")
    assert "debug, info" in caught.value.hint


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("TRUE", True), ("1", True), ("no", False), ("0", False)])
def test_flags_come_from_text(text, value):
    assert kinds.FLAG.check(kinds.FLAG.from_text(text)) is value


@pytest.mark.parametrize("raw", ["maybe", 1, None])
def test_flags_are_true_or_false(raw):
    with pytest.raises(Unfit):
        kinds.FLAG.check(raw)


def test_urls_lose_their_last_slash():
    assert kinds.URL.check(" https://wakeful.example.org/ ") == "https://wakeful.example.org"
    assert kinds.URL.check("http://[::1]:8800") == "http://[::1]:8800"


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "wakeful",
        "ftp://a",
        "https://",
        "https://a/b",
        "https://a?b",
        "https://u:p@a",
        "https://:p@a",
        "http://a:99999",
        "http://[",
        5,
    ],
)
def test_urls_are_scheme_host_and_port_only(raw):
    with pytest.raises(Unfit):
        kinds.URL.check(raw)


def test_host_names_are_lower_case_and_without_port():
    assert kinds.HOST_NAMES.check(["Wakeful.LAN", "10.0.0.5", "::1"]) == ("wakeful.lan", "10.0.0.5", "::1")
    assert kinds.HOST_NAMES.from_text("a, b c") == ["a", "b", "c"]
    for raw in (["a:80"], ["https://a"], "a", [""], ["-a"]):
        with pytest.raises(Unfit):
            kinds.HOST_NAMES.check(raw)


def test_networks_are_addresses_or_networks():
    assert kinds.NETWORKS.check(["127.0.0.1", "10.0.0.0/8", "fd00::/8"]) == ("127.0.0.1", "10.0.0.0/8", "fd00::/8")
    for raw in (["localhost"], ["10.0.0.0/40"], ["*"]):
        with pytest.raises(Unfit):
            kinds.NETWORKS.check(raw)


def test_folders_are_absolute():
    assert str(kinds.FOLDER.check("/srv/wakeful")) == "/srv/wakeful"
    with pytest.raises(Unfit):
        kinds.FOLDER.check("var")


def test_a_secret_file_that_everybody_may_read_is_refused_with_the_command_to_run(tmp_path):
    key = tmp_path / "key"
    key.write_text("x")
    key.chmod(0o644)
    with pytest.raises(Unfit) as caught:
        kinds.SECRET_FILE.check(str(key))
    assert caught.value.hint == f"run: chmod 600 {key}"
    key.chmod(0o640)
    assert kinds.SECRET_FILE.check(str(key)) == key
    with pytest.raises(Unfit):
        kinds.PUBLIC_FILE.check(str(tmp_path / "missing"))


def test_values_are_shown_as_toml():
    assert kinds.toml(("a", "b")) == '["a", "b"]'
    assert kinds.toml(True) == "true"
    assert kinds.toml(7) == "7"
