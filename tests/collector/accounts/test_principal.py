"""Scopes hold each other as documented, and nothing more."""

from __future__ import annotations

import pytest

from wakeful_collector.accounts.principal import Principal, implied, local_principal


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (("read",), {"read"}),
        (("operate",), {"read", "operate", "gateway"}),
        (("gateway",), {"gateway"}),
        (("read", "gateway"), {"read", "gateway"}),
        (("admin",), {"read", "operate", "gateway", "admin"}),
        (("nonsense",), set()),
        ((), set()),
    ],
)
def test_scopes_imply(given: tuple[str, ...], held: set[str]) -> None:
    assert implied(given) == held


def test_the_shell_may_do_everything_and_says_who_it_is() -> None:
    principal = local_principal("root")
    assert principal.name == "local:root"
    assert principal.label == "root"
    assert principal.face == "cli"
    assert principal.may("admin")


def test_a_principal_may_only_what_it_holds() -> None:
    principal = Principal("key:k", implied(("read",)), "192.0.2.1", "api")
    assert principal.may("read")
    assert not principal.may("operate")
