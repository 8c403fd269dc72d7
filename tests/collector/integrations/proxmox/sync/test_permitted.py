"""What the login may see: all, a part, nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from wakeful_collector.integrations.proxmox.sync import permitted

from .test_listing import ANYTHING


@pytest.mark.parametrize(
    ("area", "held", "state", "told"),
    [
        ("guests", {"/": {"VM.Audit": 1}}, "seen", ""),
        ("guests", {"/vms": {"VM.Audit": 1}}, "seen", ""),
        ("guests", {"/": {"Sys.Audit": 1}}, "not_permitted", "the login lacks VM.Audit on /vms"),
        ("guests", {}, "not_permitted", "the login lacks VM.Audit on /vms"),
        ("guests", {"/": {"VM.Audit": 0}}, "not_permitted", "VM.Audit"),
        ("guests", {"/vms/100": {"VM.Audit": 1}}, "partial", "only on /vms/100"),
        ("guests", {"/pool/prod": {"VM.Audit": 1}}, "partial", "only on /pool/prod"),
        ("guests", {"/vms": {"VM.Audit": 1}, "/vms/100": {"VM.Monitor": 1}}, "partial", "lacks VM.Audit on /vms/100"),
        ("storages", {"/storage/nas": {"Datastore.AllocateSpace": 1}}, "partial", "/storage/nas"),
        ("nodes", {"/nodes": {"Sys.Audit": 1}}, "seen", ""),
        ("pools", {"/pool/a": {"Pool.Audit": 1}}, "partial", "/pool/a"),
        ("tasks", {}, "not_permitted", "Sys.Audit"),
    ],
)
def test_how_much_of_an_area(area: str, held: dict[str, dict[str, int]], state: str, told: str) -> None:
    found = permitted.verdict(area, held)

    assert found.state == state
    assert told in found.reason


def test_long_lists_are_counted() -> None:
    held = {f"/vms/{vmid}": {"VM.Audit": 1} for vmid in range(100, 120)}

    assert permitted.verdict("guests", held).reason.endswith("/vms/105 and 14 more")


def test_a_privilege_is_handed_on_from_above_until_an_entry_says_otherwise() -> None:
    held = {"/": {"VM.Audit": 1}, "/vms/100": {"VM.Monitor": 1}, "/pool": {"Pool.Audit": 0}}

    assert permitted.may(held, "/vms/101", "VM.Audit")
    assert not permitted.may(held, "/vms/100", "VM.Audit")
    assert permitted.may(held, "/pool", "Pool.Audit")
    assert not permitted.may(held, "/pool/a", "Pool.Audit")
    assert not permitted.may({}, "/vms/1", "VM.Audit")


def test_the_answer_as_it_is() -> None:
    assert permitted.permissions({"/": {"VM.Audit": 1, "Sys.Audit": "0"}}) == {"/": {"VM.Audit": 1, "Sys.Audit": 0}}


@given(ANYTHING)
def test_no_answer_breaks_it(answer: Any) -> None:
    permitted.permissions(answer)
