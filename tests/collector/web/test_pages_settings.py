"""Machines to add, keys, people, invites, audit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import hosts, people

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person()


def test_an_invite_is_shown_as_the_line_to_paste(ada: Any, data: Path) -> None:
    text = ada.post("/machines/add", hours="168", uses="3", tags="web, prod").text
    assert re.search(r"wakeful-agent enroll http://\S+ --invite wk_inv_[\w-]{32,}", text)
    assert "Good for 3 machines" in text
    (kept,) = hosts.invites(data)
    assert (kept.uses, kept.tags) == (3, ("prod", "web"))
    assert "wk_inv_" not in ada.get("/machines/add").text


def test_an_invite_that_is_refused_says_why(ada: Any, data: Path) -> None:
    text = ada.post("/machines/add", hours="24", uses="99999999").text
    assert "The invite was not made." in text
    assert hosts.invites(data) == []


def test_readers_cannot_invite(person: Callable[..., Any]) -> None:
    bob = person("bob", "read")
    assert "An administrator makes invites." in bob.get("/machines/add").text
    assert bob.post("/machines/add", hours="1", uses="1").status_code == 403
    assert bob.get("/settings/keys").status_code == 403


def test_new_machines_appear_by_themselves(ada: Any, machine: Callable[..., Any]) -> None:
    assert "None yet." in ada.get("/machines/add", headers={"HX-Request": "true"}).text
    machine("web-9", ["prod"])
    part = ada.get("/machines/add", headers={"HX-Request": "true"}).text
    assert "web-9" in part
    assert "<html" not in part


def test_settings_lead_to_keys(ada: Any) -> None:
    assert ada.get("/settings").headers["Location"] == "/settings/keys"


def test_a_key_is_shown_once_and_can_be_revoked(ada: Any, data: Path) -> None:
    text = ada.post("/settings/keys", do="create", name="grafana", scope="read", days="30").text
    assert re.search(r"wk_key_[\w-]{32,}", text)
    (kept,) = people.keys(data)
    assert (kept.name, kept.scopes, kept.expires_ms is not None) == ("grafana", ("read",), True)
    assert "wk_key_" not in ada.get("/settings/keys").text
    assert ada.post("/settings/keys", do="revoke", id=kept.id).status_code == 303
    assert "revoked" in ada.get("/settings/keys").text
    assert "no such key" in ada.post("/settings/keys", do="revoke", id="none").text


def test_a_key_must_be_for_something(ada: Any, data: Path) -> None:
    assert "Choose what the key may do." in ada.post("/settings/keys", do="create", name="x").text
    assert people.keys(data) == []


def test_people_are_added_changed_locked_out_and_removed(ada: Any, data: Path) -> None:
    path = "/settings/people"
    assert ada.post(path, do="add", name="bob", password="correct horse battery", scope="read").status_code == 303
    ada.post(path, do="scope", name="bob", scope="operate")
    ada.post(path, do="disable", name="bob")
    bob = next(user for user in people.users(data) if user.name == "bob")
    assert (bob.scope, bob.disabled_ms is not None) == ("operate", True)
    assert "locked out" in ada.get(path).text
    ada.post(path, do="enable", name="bob")
    ada.post(path, do="remove", name="bob")
    assert [user.name for user in people.users(data)] == ["ada"]


def test_what_cannot_be_done_to_people_is_said(ada: Any) -> None:
    assert "somebody must be left" in ada.post("/settings/people", do="remove", name="ada").text.lower()
    assert ada.post("/settings/people", do="nonsense").status_code == 400


def test_invites_are_listed_and_revoked(ada: Any, data: Path) -> None:
    assert "No invite was made yet." in ada.get("/settings/invites").text
    ada.post("/machines/add", hours="1", uses="1")
    (kept,) = hosts.invites(data)
    assert "0 of 1" in ada.get("/settings/invites").text
    assert ada.post("/settings/invites", id=kept.id).status_code == 303
    assert "revoked" in ada.get("/settings/invites").text
    assert "no such invite" in ada.post("/settings/invites", id="none").text


def test_the_audit_trail_names_who_did_what(ada: Any) -> None:
    ada.post("/machines/add", hours="1", uses="1")
    text = ada.get("/settings/audit").text
    assert "The trail is whole." in text
    assert "invite.create" in text
    assert "user:ada" in text
    assert "Nothing was done yet." in ada.get("/settings/audit?before=1").text


def test_a_long_trail_comes_in_pages(ada: Any) -> None:
    for _ in range(101):
        ada.post("/settings/keys", do="create", name="k", scope="read", days="0")
    text = ada.get("/settings/audit").text
    (before,) = re.findall(r'href="\?before=(\d+)"', text)
    assert "invite.create" not in text
    assert ada.get(f"/settings/audit?before={before}").status_code == 200
