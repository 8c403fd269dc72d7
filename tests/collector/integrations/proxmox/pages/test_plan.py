"""The declared state: what differs, its approval by digest, and what was applied."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.pages import plan
from wakeful_collector.read import proxmox_applies
from wakeful_collector.store import proxmox_applies as table
from wakeful_collector.store import proxmox_wishes
from wakeful_collector.store.changes import changing

from .conftest import PART
from .estate_data import GUESTS, HOME, NOW_MS, PATH, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLAN = f"{PATH}/plan"
WEB = "apiVersion: wakeful/v1\nkind: VirtualMachine\nmetadata: {cluster: home, vmid: 103}\nspec:\n"


def declare(data: Path, text: str) -> None:
    """Keep a file of wishes."""
    with changing(data) as connection:
        proxmox_wishes.keep(connection, [("home/mail.yaml", text)], "user:mira", "the season", 1, NOW_MS)


@pytest.fixture
def mail(data: Path) -> Path:
    """A cluster with one guest that stands still, as it was declared with other tags and without a disk."""
    keep(data, guests=(GUESTS[2],))
    declare(data, f"{WEB}  tags: [mail]\n  cores: 4\n")
    return data


def digest_of(text: str) -> str:
    found = re.search(r'name="digest" value="([0-9a-f]{64})"', text)
    assert found
    return found[1]


def test_nothing_is_declared_yet(root: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(root.get(PLAN).text)
    assert "Nothing is declared yet" in said
    assert "Nothing was applied yet." in said


def test_what_differs_is_a_plan_to_be_approved(root: Any, ada: Any, mail: Path, words: Callable[[str], str]) -> None:
    text = root.get(PLAN).text
    said = words(text)
    assert "step to the declared state" in said or "steps to the declared state" in said
    assert "VM 103 (mail)" in said
    assert "cores 2 became 4" in said
    assert "version 1, by mira" in said
    assert "the season" in said
    assert digest_of(text)[:16] in said
    assert "This needs the scope admin" in ada.get(PLAN).text
    assert 'name="digest"' not in ada.get(PLAN).text


def test_everything_is_as_declared(root: Any, data: Path) -> None:
    keep(data, guests=(GUESTS[2],))
    declare(data, f"{WEB}  cores: 2\n")
    assert "Everything is as declared." in root.get(PLAN).text


def test_files_that_do_not_fit_are_said_with_their_lines(root: Any, data: Path, words: Callable[[str], str]) -> None:
    keep(data, guests=(GUESTS[2],))
    declare(data, f"{WEB}  cores: <img src=x>\n")
    text = root.get(PLAN).text
    assert "The kept files do not fit" in text
    assert "home/mail.yaml:5" in words(text)
    assert "<img" not in text


def test_wishes_that_cannot_be_planned_are_said(root: Any, data: Path, words: Callable[[str], str]) -> None:
    keep(data, guests=(GUESTS[4],))
    declare(data, WEB.replace("103", "105") + "  cores: 4\n")
    assert "Cannot be planned" in words(root.get(PLAN).text)


def test_an_approved_plan_is_followed(
    root: Any, mail: Path, press: Callable[..., Any], words: Callable[[str], str]
) -> None:
    digest = digest_of(root.get(PLAN).text)
    assert "The plan is another one" in press(root, "proxmox.apply", cluster=HOME, digest="0" * 64).text
    dry = words(press(root, "proxmox.apply", cluster=HOME, digest=digest, dry_run="yes").text)
    assert "This is what would be sent." in dry
    assert "/nodes/pve1/qemu/103/config" in dry
    answer = press(root, "proxmox.apply", cluster=HOME, digest=digest)
    (made,) = proxmox_applies.applies(mail, 5)
    assert "The plan: waits for its turn" in words(answer.text)
    path = f"/integrations/proxmox/_/applies/{made.id}"
    assert f'hx-get="{path}"' in answer.text
    assert "HX-Trigger" not in root.get(path).headers
    page = root.get(f"{PATH}/applies/{made.id}").text
    assert "every 1s" in page
    assert "Stop it" in page
    with changing(mail) as connection:
        table.change(connection, made.id, ("asked",), state="failed", summary="step 1 failed: no answer")
        table.change_step(
            connection, made.id, 1, state="failed", detail="no answer", log_tail=("TASK ERROR",), upid="UPID:a:b"
        )
    ended = root.get(path)
    assert ended.headers["HX-Trigger"] == "wakeful:changed"
    assert "0 of" in words(ended.text)
    part = root.get(f"{PATH}/applies/{made.id}", headers=PART).text
    said = words(part)
    for word in ("Failed", "Step 1 failed: no answer.", "TASK ERROR", "Its task", "Go on with it"):
        assert word in said
    assert "every 1s" not in part
    assert "step 1 failed" in words(root.get(PLAN).text)
    again = press(root, "proxmox.apply", resume=made.id)
    assert "waits for its turn" in words(again.text)


def test_an_apply_that_is_forgotten_says_so(root: Any, home: Path) -> None:
    assert root.get(f"{PATH}/applies/none").status_code == 404
    assert "There is no such apply any more." in root.get("/integrations/proxmox/_/applies/none").text


def test_what_is_typed_where_something_is_destroyed() -> None:
    given = {"digest": "abcdef0123", "allow_destroy": True}
    assert plan.typed(given) == "abcdef01"
    assert plan.typed({**given, "dry_run": True}) == ""
    assert plan.typed({"digest": "abcdef0123", "allow_reboot": True}) == ""
