"""Links of shared terminals: found in every form, kept whole, masked for everybody else."""

from __future__ import annotations

import pytest

from wakeful_agent.watches.pterodactyl.links import PLAIN, READ_ONLY, WRITABLE, Links, find, mask

KEY, WORD = "KeyKeyKey12345", "WriteWord12345"
URL = f"https://sshx.io/s/AbCdEf0123#{KEY}"


@pytest.mark.parametrize(
    ("line", "kind", "url"),
    [
        (f"  ->  Link:  {URL}", PLAIN, URL),
        (URL, PLAIN, URL),
        (f"Read-only link: {URL}", READ_ONLY, URL),
        (f"Writable link:  {URL},{WORD}", WRITABLE, f"{URL},{WORD}"),
        (f"{URL},{WORD}", WRITABLE, f"{URL},{WORD}"),
        (f"[12:00:00] [Server] {URL}.", PLAIN, URL),
        (f"http://[fd00::1]:8051/s/AbCdEf0123#{KEY}", PLAIN, f"http://[fd00::1]:8051/s/AbCdEf0123#{KEY}"),
    ],
)
def test_a_link_is_found_in_each_of_its_forms(line: str, kind: str, url: str) -> None:
    [link] = find(line)
    assert (link.kind, link.session, link.url) == (kind, "AbCdEf0123", url)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "https://sshx.io/s/AbCdEf0123",
        f"https://sshx.io/s/AbCdEf012#{KEY}",
        f"{URL}6",
        f"{URL},Short",
        f"{URL},{WORD}7",
        f"https://user@evil/s/AbCdEf0123#{KEY}",
        f"ftp://sshx.io/s/AbCdEf0123#{KEY}",
    ],
)
def test_what_is_no_whole_link_is_none(line: str) -> None:
    assert find(line) == []


def test_the_newest_session_replaces_the_one_before() -> None:
    links = Links()
    assert links.hear(f"Read-only link: {URL}")
    assert links.hear(f"Writable link: {URL},{WORD}")
    assert not links.hear(f"Writable link: {URL},{WORD}")
    assert links.rows() == [{"kind": READ_ONLY, "url": URL}, {"kind": WRITABLE, "url": f"{URL},{WORD}"}]
    other = URL.replace("AbCdEf0123", "Zz00000000")
    assert links.hear(f"Link: {other}")
    assert links.rows() == [{"kind": PLAIN, "url": other}]
    assert links.drop()
    assert links.rows() == []
    assert not links.drop()


@pytest.mark.parametrize(
    "text",
    [
        f"Link: {URL}",
        f"see {URL},{WORD} and {URL}",
        f"{URL}x-and-more",
        f"https://host:8051/s/AbCd#{KEY}",
        f"{URL},cut",
        URL.partition("://")[2],
        URL.replace("#", "%23"),
    ],
)
def test_nothing_of_a_key_is_left_when_it_is_masked(text: str) -> None:
    shown = mask(text)
    assert KEY[:5] not in shown
    assert WORD[:5] not in shown
    assert "Ef0123" not in shown
    assert "/s/AbCd..." in shown


def test_other_text_is_left_as_it_is() -> None:
    assert mask("https://example.com/s/page and #7") == "https://example.com/s/page and #7"
    assert mask("nothing") == "nothing"
