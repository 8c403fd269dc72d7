"""What stands against a deed."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.acting.checking import check, check_protection, lock_words
from wakeful_collector.integrations.proxmox.acting.deeds import Refusal
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS

from .guests import ct, deed, vm

HURTS = [name for name, kind in KINDS.items() if kind.hurts]


def refusal(kind: str, target: Any, protected: tuple[str, ...] = (), **arguments: Any) -> str:
    """Return the code of why a deed is refused, empty when it is not."""
    try:
        check(deed(kind, **arguments), target, protected)
    except Refusal as found:
        return found.code
    return ""


@pytest.mark.parametrize("kind", KINDS)
def test_a_protected_guest_refuses_what_hurts(kind: str) -> None:
    for target, listed in (
        (vm(config={"protection": "1"}), ()),
        (vm(tags=("web", "protected")), ()),
        (vm(tags=("prod",)), ("prod",)),
        (vm(), ("101",)),
    ):
        assert refusal(kind, target, listed) == ("protected" if kind in HURTS else "")
    assert refusal(kind, vm(tags=("prod",)), ("102", "test")) == ""


def test_a_backup_that_interrupts_is_refused_too() -> None:
    assert refusal("backup", ct(), ("200",), mode="stop") == "protected"
    assert refusal("backup", ct(), ("200",), mode="snapshot") == ""
    with pytest.raises(Refusal, match="its id is on the cluster's list"):
        check_protection(ct(), ("200",))


@pytest.mark.parametrize("kind", KINDS)
def test_a_locked_guest_refuses_everything(kind: str) -> None:
    assert refusal(kind, vm(lock="backup")) == "locked"
    assert refusal(kind, vm(lock="suspended")) == ("" if kind in {"start", "resume"} else "locked")


def test_locks_are_explained() -> None:
    with pytest.raises(Refusal, match=r"VM 101 \(web\) is locked \(backup\): a backup is under way"):
        check(deed("stop"), vm(lock="backup"), ())
    assert lock_words("something-new") == "something is under way with it"


def test_templates_are_not_started_but_cloned_and_deleted() -> None:
    assert refusal("start", vm(template=True)) == "template"
    assert refusal("clone", vm(template=True)) == refusal("delete", vm(template=True)) == ""


def test_a_guest_of_another_name_is_not_deleted() -> None:
    assert refusal("delete", vm(), name="web") == ""
    assert refusal("delete", vm(), name="web-2") == "another_name"
