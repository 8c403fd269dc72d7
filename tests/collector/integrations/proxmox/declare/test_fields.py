"""The table of what can be declared."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import fields, forms
from wakeful_collector.integrations.proxmox.declare.wished import CONTAINER, VM


def test_a_key_finds_its_field() -> None:
    assert fields.field_of(VM, "net31").form is forms.NIC
    assert fields.field_of(CONTAINER, "net0").form is forms.CT_NIC
    assert fields.field_of(VM, "memory").plugs == "memory"
    assert fields.field_of(CONTAINER, "memory").effect == "live"


def test_a_key_beyond_what_there_is_finds_none() -> None:
    known = [(VM, one) for one in ("net32", "net", "net01", "hostname", "rootfs", "ide4", "lock", "args")]
    known += [(CONTAINER, one) for one in ("scsi0", "name", "mp256", "cipassword")]
    assert [one for one in known if fields.field_of(*one) is not None] == []


def test_every_name_is_there_once_a_kind() -> None:
    for kind in fields.BOTH:
        names = fields.names_of(kind)
        assert len(names) == len(set(names)) >= 25
        assert "net[n]" in names


def test_defaults_are_in_normal_form() -> None:
    odd = [
        one.name for one in fields.FIELDS if one.default and one.kind and one.kind.normal(one.default) != one.default
    ]
    assert odd == []


def test_what_no_guest_can_be_without_is_marked() -> None:
    needed = {(one.name, one.guests) for one in fields.FIELDS if one.is_needed}
    assert {name for name, _ in needed} == {"memory", "rootfs", "ostype", "arch", "unprivileged"}
    assert ("ostype", (VM,)) not in needed


def test_what_runs_code_on_the_node_or_is_secret_is_not_offered() -> None:
    for key in ("args", "hookscript", "cipassword", "password"):
        assert key in fields.NOT_OFFERED
        assert all(fields.field_of(kind, key) is None for kind in fields.BOTH)
