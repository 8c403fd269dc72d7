from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.network.place import Place, Url, join, parse_place, parse_url


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("unix:/run/x.sock", Place("unix", path="/run/x.sock")),
        ("unix:///run/x.sock", Place("unix", path="/run/x.sock")),
        ("127.0.0.1:6379", Place("tcp", "127.0.0.1", 6379)),
        ("tcp://Redis.local:1", Place("tcp", "redis.local", 1)),
        ("udp://[::1]:161", Place("udp", "::1", 161)),
        ("[::1]:9", Place("tcp", "::1", 9)),
    ],
)
def test_places(text: str, place: Place) -> None:
    assert parse_place(text) == place
    assert place.text in {"/run/x.sock", "127.0.0.1:6379", "redis.local:1", "[::1]:161", "[::1]:9"}


def test_a_place_without_a_port_has_the_usual_one() -> None:
    assert parse_place("localhost", 11211).port == 11211
    assert parse_place("localhost:1", 11211).port == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        ":1",
        "x:0",
        "x:65536",
        "x:0000001234567",
        "x:1234567890123",
        "x:a",
        "http://x:1",
        "unix:x",
        "unix:",
        "unix:/a\0b",
        "[::1",
        "[::1]x",
        "a b:1",
        "u@h:1",
        "h/p:1",
        "\u00fc:1",
        "x:\u0661",
    ],
)
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(Malformed):
        parse_place(text)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("http://h", Url("http", "h", 80, "/")),
        ("HTTPS://H:8443/a/b?c=d#e", Url("https", "h", 8443, "/a/b?c=d")),
        ("http://[::1]:80?auto", Url("http", "::1", 80, "/?auto")),
        ("http://h/\u00fc", Url("http", "h", 80, "/%C3%BC")),
    ],
)
def test_urls(text: str, url: Url) -> None:
    assert parse_url(text) == url
    assert parse_url(url.text) == url


@pytest.mark.parametrize("text", ["", "h", "ftp://h", "http://", "http://h:x", "http://h/a b", "http://h/\x1b", "//h"])
def test_what_is_no_url(text: str) -> None:
    with pytest.raises(Malformed):
        parse_url(text)


def test_a_password_in_a_url_is_refused_and_not_repeated() -> None:
    for parse, text in ((parse_url, "http://me:hunter2@h/"), (parse_place, "tcp://me:hunter2@h:1")):
        with pytest.raises(Malformed) as told:
            parse(text)
        assert "hunter2" not in str(told.value)


@pytest.mark.parametrize(
    ("location", "text"),
    [
        ("/x", "http://h:1/x"),
        ("x?y", "http://h:1/a/x?y"),
        ("?z", "http://h:1/a/b?z"),
        ("//other/x", "http://other/x"),
        ("https://other/", "https://other/"),
    ],
)
def test_where_a_redirect_leads(location: str, text: str) -> None:
    assert join(parse_url("http://h:1/a/b?c"), location).text == text


@pytest.mark.parametrize("location", ["ftp://x/", "file:/etc/passwd", "/a b", "https://u:p@h/"])
def test_where_no_redirect_leads(location: str) -> None:
    with pytest.raises(Malformed):
        join(parse_url("http://h:1/a/b?c"), location)


@given(st.text(max_size=40))
def test_no_text_breaks_a_parser(text: str) -> None:
    for parse in (parse_place, parse_url, lambda one: join(parse_url("http://h/"), one)):
        try:
            found = parse(text)
        except Malformed:
            continue
        assert found.text.isprintable()
