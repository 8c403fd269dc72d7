"""Cookies: kept as a page keeps them, dropped when told to, bounded."""

from __future__ import annotations

from wakeful_agent.network.cookies import COOKIES_MAX, Cookies


def test_cookies_are_told_back_as_they_came() -> None:
    cookies = Cookies()
    cookies.take(
        "XSRF-TOKEN=abc%3D; expires=Sat, 21 Nov 2026 20:00:00 GMT; path=/; samesite=lax\nsession=one; httponly"
    )
    assert cookies.value("XSRF-TOKEN") == "abc%3D"
    assert cookies.header() == "XSRF-TOKEN=abc%3D; session=one"
    cookies.take("session=two; Max-Age=43200")
    assert cookies.header() == "XSRF-TOKEN=abc%3D; session=two"
    assert cookies.values() == ["abc%3D", "two"]


def test_a_cookie_that_is_taken_back_is_dropped() -> None:
    cookies = Cookies()
    cookies.take("a=1\nb=2\nc=3")
    cookies.take("a=gone; Max-Age=0\nb=gone; max-age=-5")
    assert cookies.header() == "c=3"


def test_what_is_no_cookie_is_left_out() -> None:
    cookies = Cookies()
    cookies.take("no sign\n=empty\nlong=" + "x" * 9000 + "\nbad=a\rb\nfine=1\numlaut=\xfc")
    assert cookies.header() == "fine=1"
    assert cookies.value("bad") == ""


def test_only_so_many_are_kept() -> None:
    cookies = Cookies()
    cookies.take("\n".join(f"name{number}=1" for number in range(COOKIES_MAX + 20)))
    assert cookies.header().count("=") == COOKIES_MAX
    cookies.take("name3=2\nanother=1")
    assert cookies.value("name3") == "2"
    assert not cookies.value("another")


def test_some_can_be_forgotten_or_kept_by_the_beginning_of_their_names() -> None:
    cookies = Cookies()
    cookies.take("remember_web_1=r\nsession=s\nXSRF-TOKEN=x")
    cookies.forget("XSRF")
    assert cookies.header() == "remember_web_1=r; session=s"
    assert cookies.only("remember_")
    assert cookies.header() == "remember_web_1=r"
    cookies.forget()
    assert not cookies.only("remember_")
