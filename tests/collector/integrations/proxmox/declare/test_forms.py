"""The table of property strings."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import forms

ALL = [one for one in vars(forms).values() if isinstance(one, forms.Form)]


def test_what_stands_bare_and_what_is_the_same_are_parts() -> None:
    assert len(ALL) > 15
    for form in ALL:
        assert not form.bare or form.bare in form.parts, form.name
        assert set(form.same.values()) <= set(form.parts), form.name


def test_defaults_are_in_normal_form() -> None:
    parts = [(form.name, name, part) for form in ALL for name, part in form.parts.items() if part.default is not None]
    assert len(parts) > 40
    assert not [(form, name) for form, name, part in parts if part.kind.normal(part.default) != part.default]


def test_volumes_know_their_storage_and_size() -> None:
    volumes = [form for form in ALL if form.is_volume]
    assert {form.name for form in volumes} >= {"efidisk0", "rootfs"}
    assert all({"storage", "size"} <= set(form.parts) for form in volumes)
