"""What makes, changes, enlarges and deletes guests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.acting.deeds import Refusal, Request, Target
from wakeful_collector.integrations.proxmox.acting.steps import plan
from wakeful_collector.integrations.proxmox.acting.steps_settings import SETTINGS_MAX, SHUT, disk_bytes, settings

from .guests import DIGEST, ct, deed, vm


def only(kind: str, target: Target, **arguments: Any) -> Request:
    found = plan(deed(kind, **arguments), target).requests
    assert len(found) == 1
    return found[0]


def refused(kind: str, target: Target, **arguments: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        plan(deed(kind, **arguments), target)
    return caught.value


def test_a_change_is_bound_to_what_was_looked_at() -> None:
    request = only("change", vm(), settings={"cores": 4, "onboot": True}, delete=["tags", "tags"], revert=["memory"])
    assert (request.method, request.path) == ("POST", "/nodes/pve1/qemu/101/config")
    assert request.form == {
        "cores": "4", "onboot": "1", "delete": "tags", "revert": "memory", "digest": DIGEST,
    }  # fmt: skip
    assert only("change", ct(), settings={"cores": 1}, digest=DIGEST).method == "PUT"
    assert refused("change", vm(), settings={"cores": 1}, digest="f" * 40).code == "changed"
    assert "digest" not in only("change", replace(vm(), digest=""), settings={"cores": 1}).form


def test_what_a_change_cannot_be() -> None:
    assert refused("change", vm()).code == "nothing"
    assert refused("change", vm(), settings={"cores": 1}, delete=["cores"]).code == "contradiction"
    assert refused("change", vm(), delete=["skiplock"]).code == "invalid"
    for key in SHUT:
        assert refused("change", vm(), settings={key: 1}).code == "invalid"
    assert "give it as password" in str(refused("change", vm(), settings={"cipassword": "x"}))


@pytest.mark.parametrize(
    "given",
    [{"Cores": 1}, {"a b": 1}, {"cores": [1]}, {"cores": None}, {"description": "a\x00b"}, {"args": "x" * 20_000}],
)
def test_what_is_no_setting(given: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        settings(given)


def test_settings_are_bounded_and_keys_for_ssh_are_encoded_once() -> None:
    with pytest.raises(Refusal):
        settings({f"net{at}": "x" for at in range(SETTINGS_MAX + 1)})
    with pytest.raises(Refusal, match="together"):
        settings({f"net{at}": "x" * 16_000 for at in range(9)})
    assert settings({"sshkeys": "ssh-ed25519 AAAA+/= me\n"}) == {"sshkeys": "ssh-ed25519%20AAAA%2B%2F%3D%20me"}


def test_passwords_go_where_the_kind_of_guest_takes_them() -> None:
    assert only("change", vm(), password="sesame").secret == ("cipassword",)
    assert refused("change", ct(), password="sesame").code == "invalid"
    made = only("create", replace(ct(), status="absent"), password="sesame", settings={"ostemplate": "local:vztmpl/x"})
    assert (made.form["password"], made.secret) == ("sesame", ("password",))


def test_disks_grow_and_never_shrink() -> None:
    assert only("resize", vm(), disk="scsi0", size="+5G").form == {"disk": "scsi0", "size": "+5G", "digest": DIGEST}
    assert only("resize", vm(), disk="scsi0", size="64G").form["size"] == "64G"
    assert plan(deed("resize", disk="scsi0", size="32G"), vm()).requests == ()
    assert refused("resize", vm(), disk="scsi0", size="16G").code == "shrinks"
    assert refused("resize", vm(), disk="scsi1", size="16G").code == "unknown_disk"
    unsized = vm(config={"scsi1": "nas:101/vm-101-disk-1.raw"})
    assert only("resize", unsized, disk="scsi1", size="1G").form["disk"] == "scsi1"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a:b,size=32G", 32 * 2**30),
        ("a:b,size=512M,ssd=1", 2**29),
        ("a:b,size=1T", 2**40),
        ("a:b,size=7", 7),
        ("a:b", 0),
    ],
)
def test_sizes_of_disks(value: str, expected: int) -> None:
    assert disk_bytes(value) == expected


def test_guests_are_made() -> None:
    absent = replace(vm(), status="absent")
    request = only("create", absent, settings={"name": "new", "scsi0": "local-lvm:8"}, pool="p", start=True)
    assert request == Request(
        "POST",
        "/nodes/pve1/qemu",
        {"vmid": "101", "name": "new", "scsi0": "local-lvm:8", "pool": "p", "start": "1"},
        request.seconds,
    )
    assert refused("create", vm()).code == "exists"
    assert refused("create", replace(ct(), status="absent")).code == "no_template"
    assert refused("create", absent, settings={"ostemplate": "local:vztmpl/x"}).code == "no_template"


def test_guests_are_deleted_when_they_are_stopped() -> None:
    assert only("delete", vm()).form == {}
    assert only("delete", ct(), purge=True, destroy_unreferenced_disks=True).form == {
        "purge": "1",
        "destroy-unreferenced-disks": "1",
    }
    assert refused("delete", vm(status="running")).code == "running"
    both = plan(deed("delete", stop=True), vm(status="running")).requests
    assert [(one.method, one.path) for one in both] == [
        ("POST", "/nodes/pve1/qemu/101/status/stop"),
        ("DELETE", "/nodes/pve1/qemu/101"),
    ]
    assert refused("delete", vm(ha="started")).code == "ha"
    assert only("delete", vm(ha="started"), purge=True).form == {"purge": "1"}
    assert only("delete", vm(template=True, status="stopped")).method == "DELETE"
