from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.link import fields
from wakeful_collector.settings_kinds import Unfit


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("pve1", "pve1"),
        ("PVE1.Example.org:8007", "pve1.example.org:8007"),
        ("https://192.168.1.10:8006/#v1:0", "192.168.1.10:8006"),
        ("[fd00::10]", "[fd00::10]"),
        ("[fd00::10]:443", "[fd00::10]:443"),
    ],
)
def test_hosts_as_people_write_them(given: str, kept: str) -> None:
    assert fields.host(given) == kept


@pytest.mark.parametrize(
    "given", ["http://pve1", "", "a b", "pve1:0", "pve1:x", "pve1:99999", "fd00::10", "-x", None, "[zz]"]
)
def test_what_is_no_host(given: Any) -> None:
    with pytest.raises(Unfit):
        fields.host(given)


def test_where_a_host_is_split() -> None:
    assert fields.split_host("pve1") == ("pve1", 8006)
    assert fields.split_host("[fd00::10]") == ("[fd00::10]", 8006)
    assert fields.split_host("[fd00::10]:443") == ("[fd00::10]", 443)


def test_fingerprints_in_every_notation() -> None:
    digits = "ab" * 32
    wanted = ":".join(["AB"] * 32)
    for given in (digits, digits.upper(), wanted, f"sha256:{digits}", f"SHA256={wanted}", f" {wanted} "):
        assert fields.fingerprint(given) == wanted
    for given in ("", "ab" * 20, "zz" * 32, None):
        with pytest.raises(Unfit):
            fields.fingerprint(given)


def test_logins_of_tokens_and_of_people() -> None:
    for given in ("root@pam", "wakeful@pve!wakeful", "ada@example.org@ldap", "a.b-c@pve!T_1"):
        assert fields.LOGIN.check(given) == given
    assert fields.LOGIN.check(" root@pam\n") == "root@pam"
    for given in ("root", "", "root@pam!", "a b@pam", 3):
        with pytest.raises(Unfit):
            fields.LOGIN.check(given)
    with pytest.raises(Unfit, match="secret too") as caught:
        fields.LOGIN.check("root@pam!x=0a1b2c3d")
    assert "0a1b" not in str(caught.value)


def test_what_is_protected_is_an_id_or_a_tag() -> None:
    assert fields.PROTECTED.check(["100", 101, "database", "100"]) == ("100", "101", "database")
    for given in (["99"], ["a b"], [""], [True], [None]):
        with pytest.raises(Unfit):
            fields.PROTECTED.check(given)


def test_an_authority_is_a_certificate_and_no_key() -> None:
    assert fields.AUTHORITY.check("  ") == ""
    for given in ("hello", "-----BEGIN PRIVATE KEY-----", "x" * 70_000, 3):
        with pytest.raises(Unfit):
            fields.AUTHORITY.check(given)


def test_names_secrets_and_the_rest() -> None:
    assert fields.CLUSTER_NAME.check("home-1") == "home-1"
    for given in ("Home", "-a", "", "a" * 33, 3):
        with pytest.raises(Unfit):
            fields.CLUSTER_NAME.check(given)
    assert fields.SECRET.check(" abc ") == "abc"
    for given in ("a\nb", "x" * 2_000, 3):
        with pytest.raises(Unfit):
            fields.SECRET.check(given)
    assert fields.HOSTS.from_text("a, b;c\nd") == ["a", "b", "c", "d"]
    assert fields.HOSTS.check("a") == ("a",)
    with pytest.raises(Unfit, match="0 hosts"):
        fields.HOSTS.check([])
