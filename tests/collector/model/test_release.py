"""What a manifest may say, and the line that is made of it."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest

from wakeful_collector.model import release

SUM = "a" * 64
GOOD: dict[str, Any] = {
    "version": "9.8.7",
    "made": 1_795_000_000,
    "files": [{"name": "wakeful-agent-9.8.7-linux-x86_64.tar.xz", "arch": "x86_64", "size": 3, "sha256": SUM}],
}
KEY = "A" * 43 + "="


def test_a_manifest_is_read() -> None:
    found = release.parse(json.dumps(GOOD))
    assert (found.version, found.made) == ("9.8.7", 1_795_000_000)
    assert found.files["wakeful-agent-9.8.7-linux-x86_64.tar.xz"].size_bytes == 3


def with_file(**change: Any) -> dict[str, Any]:
    return {**GOOD, "files": [{**GOOD["files"][0], **change}]}


@pytest.mark.parametrize(
    "document",
    [
        [],
        {**GOOD, "version": "../1"},
        {**GOOD, "version": 3},
        {**GOOD, "made": "today"},
        {**GOOD, "files": []},
        {**GOOD, "files": GOOD["files"] * 65},
        {**GOOD, "files": ["a"]},
        with_file(name="../state.db"),
        with_file(name="a/b"),
        with_file(name=".hidden"),
        with_file(name="manifest.json"),
        with_file(size=-1),
        with_file(size="3"),
        with_file(sha256="A" * 64),
        with_file(sha256=None),
    ],
)
def test_what_is_no_manifest_is_refused(document: Any) -> None:
    with pytest.raises(ValueError, match=r"names no|lists|does not say"):
        release.parse(json.dumps(document))


def test_a_key_is_44_characters() -> None:
    assert release.parse_key(f"{KEY}\n") == KEY
    assert release.parse_key("short") is None


def test_the_installer_is_led_to_plain_addresses_only() -> None:
    assert release.served("served_by='' # x", "http://[::1]:8800") == "served_by='http://[::1]:8800' # x"
    for url in ("http://a'; rm -rf /; '", "ftp://a", "http://a/b"):
        with pytest.raises(ValueError, match="://"):
            release.served("served_by=''", url)
    with pytest.raises(ValueError, match="http"):
        release.served("nothing of it", "http://a")


@pytest.mark.parametrize("key", [KEY, None])
def test_where_the_connection_is_vouched_for_the_script_is_piped(key: str | None) -> None:
    line = release.install_line(release.Offer("9.8.7", key, SUM, "b" * 64), "https://w.example", "wk_inv_x", None)
    head, _, tail = line.partition(" | ")
    assert head == "curl -fsSL https://w.example/install.sh"
    given = ["--key", KEY] if key else []
    assert shlex.split(tail) == ["sudo", "sh", "-s", "--", "--invite", "wk_inv_x", *given, "--sha256", SUM]


@pytest.mark.parametrize(("url", "pin"), [("http://10.0.0.1:8800", None), ("https://10.0.0.1:8800", "sha256:ff")])
def test_where_nobody_vouches_the_script_is_held_to_its_sum(url: str, pin: str | None) -> None:
    line = release.install_line(release.Offer("9.8.7", KEY, SUM, "b" * 64), url, "wk_inv_x", pin)
    fetch, check, run = line.split(" && ")
    assert fetch == f"curl -fsS{'k' if pin else ''}L {url}/install.sh -o wakeful-install.sh"
    assert check == f"echo '{'b' * 64}  wakeful-install.sh' | sha256sum -c -"
    assert run.startswith("sudo sh wakeful-install.sh --invite wk_inv_x")
    assert (f"--fingerprint {pin}" in run) == (pin is not None)
