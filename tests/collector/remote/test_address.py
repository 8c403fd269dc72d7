"""Addresses, fingerprints, proxies."""

import pytest

from wakeful_collector.remote import address


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://Wakeful.Example.org", "https://wakeful.example.org"),
        ("https://wakeful.example.org:443/", "https://wakeful.example.org"),
        ("http://127.0.0.1:8800/", "http://127.0.0.1:8800"),
        ("https://[::1]:8800/sub/path/", "https://[::1]:8800/sub/path"),
        (" http://localhost ", "http://localhost"),
    ],
)
def test_addresses(text, shown):
    found = address.parse(text)
    assert found.text == shown
    assert address.parse(found.text) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "wakeful.example.org",
        "ftp://x",
        "https://",
        "https://u:p@x",
        "https://x?q",
        "https://x#f",
        "https://x:99999",
        "https://[::1",
        "https://x y",
        "https://\u9762",
        "https://x\n",
    ][:-1],
)
def test_what_is_no_address_is_said(text):
    with pytest.raises(ValueError, match=r"^(must|holds|is no|names)"):
        address.parse(text)


def test_loopback():
    assert all(address.parse(text).loopback for text in ("http://127.0.0.9", "http://localhost:1", "http://[::1]"))
    assert not address.parse("http://10.0.0.1").loopback


def test_fingerprints_are_compared_in_one_form():
    digits = "ab" * 32
    spaced = ":".join("AB" for _ in range(32))
    assert address.fingerprint(f"SHA256:{digits}") == address.fingerprint(spaced) == f"sha256:{digits}"
    for text in ("", "sha256:12", "sha256:" + "g" * 64):
        with pytest.raises(ValueError, match="64 hexadecimal"):
            address.fingerprint(text)


def test_the_proxy_of_the_environment():
    there = address.parse("https://wakeful.example.org")
    named = {"https_proxy": "http://proxy:3128"}
    found = address.proxy(there, named)
    assert found is not None
    assert found.text == "http://proxy:3128"
    bare = address.proxy(there, {"HTTPS_PROXY": "proxy:3128"})
    assert bare == found
    for spared in ("example.org", ".example.org", "*.example.org", "wakeful.example.org", "other, *"):
        assert address.proxy(there, {**named, "no_proxy": spared}) is None, spared
    assert address.proxy(there, {**named, "NO_PROXY": "ample.org"}) == found
    assert address.proxy(address.parse("http://x"), named) is None
    assert address.proxy(there, {}) is None
