"""The pages of one guest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .conftest import PART
from .estate_data import AREAS, HOME, PATH, VOLUMES, deed, guest, join, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

GUEST = f"{PATH}/guests/101"


def test_a_guest_as_it_is_now(ada: Any, home: Path, words: Callable[[str], str], machine: Callable[..., Any]) -> None:
    host = machine("web")
    join(home, "qemu/101", host.id, "its network card BC:24:11:00:00:01")
    deed(home, "backup", "running", progress=0.5, note="half of it")
    text = ada.get(GUEST).text
    said = words(text)
    for part in ("Running", "63 %", "1.26 of 2 cores", "3 GiB of 4 GiB", "page cache included", "shop", "10.0.0.11"):
        assert part in said
    assert f'href="/hosts/{host.id}"' in text
    assert "known by its network card" in said
    assert "Back up web: under way 50 %" in said
    assert "Starts with its node yes" in said
    part = ada.get(f"{GUEST}?part=now", headers=PART).text
    assert "<html" not in part
    assert "Shut down</button>" in part


def test_there_is_no_such_guest(ada: Any, home: Path) -> None:
    assert ada.get(f"{PATH}/guests/4711").status_code == 404
    assert ada.get(f"{PATH}/guests/web").status_code == 404


def test_a_guest_that_is_gone_says_since_when_and_cannot_be_acted_on(ada: Any, home: Path) -> None:
    text = ada.get(f"{PATH}/guests/107").text
    assert "Gone since" in text
    assert "Shut down</button>" not in text
    assert "Take a snapshot" not in text


def test_a_guest_of_which_nobody_knows_says_what_it_did_before(
    ada: Any, home: Path, words: Callable[[str], str]
) -> None:
    said = words(ada.get(f"{PATH}/guests/202").text)
    assert "Nobody knows what it does now: its node pve2 tells nothing. Before that it was running." in said
    assert "container 202" in said


def test_its_configuration_with_what_is_pending(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(f"{GUEST}/config").text)
    assert "2 changes pending." in said
    assert "memory 4096 became 8192 pending" in said
    assert "net1 virtio=BC:24:11:00:00:02,bridge=vmbr1 became not set pending" in said
    assert "cipassword set, and not shown" in said
    assert "ssh-ed25519 AAAA" in said
    assert f"digest {'f' * 12}" in said
    assert "Not permitted" in ada.get(f"{PATH}/guests/105/config").text
    assert "VM.Audit" in ada.get(f"{PATH}/guests/105/config").text


def test_a_configuration_that_was_not_read_lately_says_so(ada: Any, data: Path) -> None:
    keep(data, guests=(guest(101, "web", config_state="failed", config_reason="no answer", config={}),))
    text = ada.get(f"{GUEST}/config").text
    assert "It was not read lately." in text
    assert "No answer." in text
    assert "Nothing is set." in text


def test_its_snapshots_and_backups(ada: Any, root: Any, home: Path, words: Callable[[str], str]) -> None:
    text = root.get(f"{GUEST}/snapshots").text
    said = words(text)
    assert re.search(r"before-upgrade with memory you are after this one", said)
    assert said.index("before-upgrade") < said.index("clean")
    assert "9 GiB" in said
    assert "verified: ok" in said
    assert text.count('name="snapshot" value="clean"') == 2
    assert "and it is stopped for it" in said
    assert text.count('action="/ask/proxmox.guest.rollback"') == 2
    assert "This needs the scope admin" in ada.get(f"{GUEST}/snapshots").text
    assert "It has to be stopped before a backup takes its place." in text


def test_a_guest_without_snapshots_and_backups(ada: Any, home: Path, data: Path) -> None:
    text = ada.get(f"{PATH}/guests/103/snapshots").text
    assert "There is none." in text
    assert "It was never backed up" in text
    assert "Not permitted: the token lacks" in ada.get(f"{PATH}/guests/105/snapshots").text


def test_never_backed_up_is_not_said_where_nobody_could_look(ada: Any, data: Path) -> None:
    areas = [one for one in AREAS if not one.name.startswith("content/")]
    keep(data, areas=areas, volumes={})
    assert "so there may be some" in ada.get(f"{PATH}/guests/103/snapshots").text


def test_many_backups_are_counted(ada: Any, data: Path) -> None:
    (first, *_) = VOLUMES["content/backup"]
    keep(data, volumes={"content/backup": (first,) * 103})
    assert "and 3 older" in ada.get(f"{GUEST}/snapshots").text


def test_what_changed_of_it(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(f"{GUEST}/history").text)
    assert "status stopped became running ops@pve task" in said
    assert "old-wiki" not in said
    assert "Nothing changed since it is in view, which is 30 days ago." in words(
        ada.get(f"{PATH}/guests/102/history").text
    )
    assert "Nothing older" in ada.get(f"{GUEST}/history?before=1").text


def test_what_was_done_to_it(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    deed(home, "start", "failed", summary="it did not start", exitstatus="start failed")
    said = words(ada.get(f"{GUEST}/tasks").text)
    assert "Start web: failed" in said
    assert "it did not start" in said
    assert "root@pam" in said
    nothing = words(ada.get(f"{PATH}/guests/106/tasks").text)
    assert "Nobody asked Wakeful for anything." in nothing
    assert "No task of it was seen." in nothing


def test_a_container_shows_how_full_its_disk_is(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    said = words(ada.get(f"{PATH}/guests/201").text)
    assert "2 GiB of 8 GiB" in said
    assert "control group" in said
    assert HOME in said
