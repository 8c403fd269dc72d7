"""Tasks of a cluster and the log of one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.link.client import Client

from .conftest import PART
from .estate_data import PATH, TASKS, keep, task

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TASKS_PATH = f"{PATH}/tasks"


def kinds(text: str) -> list[str]:
    """Return the tasks that a page lists, in its order."""
    return re.findall(r"<strong>([^<]+)</strong>", text.split("<tbody>", 1)[1]) if "<tbody>" in text else []


def test_what_runs_comes_first_then_the_newest(ada: Any, home: Path, words: Callable[[str], str]) -> None:
    text = ada.get(TASKS_PATH).text
    assert kinds(text) == ["Migrate", "Start", "Back up", "Clone", "Stop"]
    said = words(text)
    assert "Migrate db 102 pve1" in said
    assert "2 min so far" in said
    assert "done with 2 warnings" in said


def test_running_failed_and_of_a_node(ada: Any, home: Path) -> None:
    assert kinds(ada.get(f"{TASKS_PATH}?state=running", headers=PART).text) == ["Migrate"]
    assert kinds(ada.get(f"{TASKS_PATH}?state=failed", headers=PART).text) == ["Back up", "Stop"]
    assert "No task was seen." in ada.get(f"{TASKS_PATH}?node=pve2", headers=PART).text
    assert "No task runs." in ada.get(f"{TASKS_PATH}?state=running&node=pve2", headers=PART).text
    assert kinds(ada.get(f"{TASKS_PATH}?state=nonsense", headers=PART).text)


def test_many_tasks_come_page_by_page(ada: Any, data: Path) -> None:
    keep(data, tasks=[task(number, minutes=number) for number in range(1, 80)])
    text = ada.get(TASKS_PATH).text
    assert len(kinds(text)) == 60
    older = re.search(r'href="([^"]+before=\d+)"', text)
    assert older
    assert len(kinds(ada.get(older[1].replace("&amp;", "&")).text)) == 19


def test_a_task_whose_cluster_does_not_answer_says_what_is_known(
    ada: Any, home: Path, words: Callable[[str], str]
) -> None:
    said = words(ada.get(f"{TASKS_PATH}/{TASKS[1].upid}").text)
    assert "Job errors" in said
    assert "root@pam began it" in said
    assert "it took 10 s" in said
    unknown = words(ada.get(f"{TASKS_PATH}/{task(77).upid}").text)
    assert "Nobody knows how it ended" in unknown
    assert ada.get(f"{TASKS_PATH}/nonsense").status_code == 404


def test_a_log_is_read_of_the_cluster(
    ada: Any, pve: Any, kept: Callable[..., Any], words: Callable[[str], str]
) -> None:
    pve.vm(100, "web", status="stopped")
    client = Client(kept(pve), pve.secret)
    upid = client.post("/nodes/pve1/qemu/100/status/start")
    text = ada.get(f"{TASKS_PATH}/{upid}", headers=PART).text
    assert "<html" not in text
    assert "TASK OK" in text
    assert "Done" in words(text)
    assert "every 2s" not in text, "it has ended"


def test_a_task_that_runs_is_followed(ada: Any, pve: Any, kept: Callable[..., Any]) -> None:
    pve.vm(100, "web", status="running")
    pve.pace(60)
    pve.put("shutdown_secs", 600, guest=100)
    upid = Client(kept(pve), pve.secret).post("/nodes/pve1/qemu/100/status/shutdown")
    assert "every 2s" in ada.get(f"{TASKS_PATH}/{upid}").text
