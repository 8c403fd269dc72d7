"""What can be done to a guest: buttons that fit its state, forms, and why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.acting.schemas import OWN
from wakeful_collector.integrations.proxmox.pages import deed_forms

from .estate_data import GONE, GUESTS, NODES, STORAGES, guest

if TYPE_CHECKING:
    from wakeful_collector.model.estate import Guest

NOTHING = {"lacking": "", "lacking_admin": ""}


def names(one: Guest) -> list[str]:
    return [button.kind for button in deed_forms.buttons(one, (), NOTHING)]


@pytest.mark.parametrize(
    ("status", "kind", "found"),
    [
        ("running", "qemu", ["shutdown", "reboot", "suspend", "stop"]),
        ("running", "lxc", ["shutdown", "reboot", "stop"]),
        ("stopped", "qemu", ["start"]),
        ("paused", "qemu", ["resume", "stop"]),
        ("suspended", "qemu", ["start"]),
        ("io-error", "qemu", ["resume", "stop"]),
        ("unknown", "qemu", ["start", "shutdown", "stop"]),
    ],
)
def test_buttons_fit_what_it_does(status: str, kind: str, found: list[str]) -> None:
    assert names(guest(101, "web", status=status, kind=kind)) == found


def test_templates_and_what_is_gone_have_no_buttons() -> None:
    assert names(GUESTS[6]) == []
    assert names(GONE) == []
    assert deed_forms.forms(GONE, (), NOTHING, NODES, STORAGES) == []


def test_a_button_says_what_is_asked_and_how_dangerous_it_is() -> None:
    stop = deed_forms.buttons(guest(101, "web"), (), NOTHING)[-1]
    assert (stop.operation, stop.danger, stop.label) == ("proxmox.guest.stop", KINDS["stop"].danger, "Stop")
    assert stop.sure.startswith("Pull the plug of web (VM 101)?")
    (start,) = deed_forms.buttons(guest(202, "", kind="lxc", status="stopped"), (), NOTHING)
    assert start.sure == "Start container 202?"
    assert start.style == "primary"


@pytest.mark.parametrize(
    ("one", "protected", "kind", "said"),
    [
        (guest(101, "web"), (), "stop", ""),
        (guest(101, "web"), ("101",), "stop", "It is protected:"),
        (guest(101, "web", tags=("db",)), ("db",), "shutdown", "It is protected:"),
        (guest(101, "web", config={"protection": "1"}), (), "delete", "It is protected:"),
        (guest(101, "web", config={"protection": "1"}), (), "start", ""),
        (guest(101, "web", lock="backup"), (), "start", "It is locked (backup)"),
        (guest(101, "web", lock="suspended"), (), "start", ""),
        (guest(101, "web"), (), "restore", "It has to be stopped"),
        (guest(101, "web", status="stopped"), (), "restore", ""),
    ],
)
def test_why_something_cannot_be_done(one: Guest, protected: tuple[str, ...], kind: str, said: str) -> None:
    found = deed_forms.why_not(KINDS[kind], one, protected, NOTHING)
    assert found.startswith(said)
    assert bool(found) is bool(said)


def test_what_somebody_may_not_is_said_first() -> None:
    lacking = {"lacking": "needs operate", "lacking_admin": "needs admin"}
    assert deed_forms.why_not(KINDS["start"], guest(1, "a", lock="x"), (), lacking) == "needs operate"
    assert deed_forms.why_not(KINDS["delete"], guest(1, "a"), (), lacking) == "needs admin"


def forms(one: Guest) -> dict[str, deed_forms.Form]:
    return {form.kind: form for form in deed_forms.forms(one, (), NOTHING, NODES, STORAGES)}


def test_every_field_of_a_form_is_an_argument_of_its_operation() -> None:
    for one in GUESTS:
        for kind, form in forms(one).items():
            assert {field.name for field in form.fields} <= set(OWN[kind]), kind


def test_forms_fit_the_guest() -> None:
    web, stopped, template, container = GUESTS[0], GUESTS[2], GUESTS[6], GUESTS[7]
    assert list(forms(web)) == ["snapshot", "backup", "migrate", "clone", "resize"]
    assert [field.name for field in forms(web)["snapshot"].fields] == ["snapshot", "description", "with_memory"]
    assert forms(web)["migrate"].fields[0].choices == (("pve2", "pve2"),)
    assert forms(web)["resize"].fields[0].choices == (("scsi0", "scsi0"),)
    assert forms(stopped)["delete"].danger == "destroys"
    assert "snapshot" not in forms(template)
    assert "full" in [field.name for field in forms(template)["clone"].fields]
    assert [field.name for field in forms(container)["migrate"].fields] == ["target"]
    assert [field.name for field in forms(container)["snapshot"].fields] == ["snapshot", "description"]
    alone = {form.kind for form in deed_forms.forms(web, (), NOTHING, NODES[:1], ())}
    assert alone == {"snapshot", "clone", "resize"}, "nowhere to go, nowhere to back up"
    assert "resize" not in forms(guest(101, "web", config={}))


def test_what_is_typed_is_its_name_or_its_number() -> None:
    assert deed_forms.typed(guest(101, "web"), 101) == "web"
    assert deed_forms.typed(guest(101, ""), 101) == "101"
    assert deed_forms.typed(None, 101) == "101"
