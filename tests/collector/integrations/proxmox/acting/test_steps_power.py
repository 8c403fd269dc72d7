"""What starts and stops a guest, by how it stands."""

from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.acting.deeds import Refusal, Target
from wakeful_collector.integrations.proxmox.acting.steps import plan

from .guests import ct, deed, vm


def asked(kind: str, target: Target, **arguments: Any) -> list[tuple[str, dict[str, str]]]:
    """Return verbs and forms of a deed's requests."""
    found = plan(deed(kind, **arguments), target).requests
    assert all(one.method == "POST" for one in found)
    return [(one.path.rpartition("/")[2], one.form) for one in found]


@pytest.mark.parametrize(
    ("kind", "target", "arguments", "expected"),
    [
        ("start", vm(), {}, [("start", {})]),
        ("start", vm(status="running"), {}, []),
        ("start", vm(status="paused"), {}, [("resume", {})]),
        ("start", vm(lock="suspended"), {}, [("start", {})]),
        ("resume", vm(status="paused"), {}, [("resume", {})]),
        ("resume", vm(lock="suspended"), {}, [("start", {})]),
        ("resume", vm(status="running"), {}, []),
        ("suspend", vm(status="running"), {}, [("suspend", {})]),
        ("suspend", vm(status="running"), {"to_disk": True}, [("suspend", {"todisk": "1"})]),
        ("suspend", vm(status="paused"), {}, []),
        ("suspend", ct(status="running"), {}, [("suspend", {})]),
        ("shutdown", vm(), {}, []),
        ("shutdown", vm(status="running"), {}, [("shutdown", {"timeout": "180"})]),
        (
            "shutdown",
            ct(status="running"),
            {"timeout_seconds": 30, "force": True},
            [("shutdown", {"timeout": "30", "forceStop": "1"})],
        ),
        ("reboot", vm(status="running"), {"timeout_seconds": 900}, [("reboot", {"timeout": "900"})]),
        ("stop", vm(status="running"), {}, [("stop", {})]),
        ("stop", vm(status="paused"), {"overrule_shutdown": True}, [("stop", {"overrule-shutdown": "1"})]),
        ("stop", ct(), {}, []),
    ],
)
def test_what_is_asked_for(
    kind: str, target: Target, arguments: dict[str, Any], expected: list[tuple[str, dict[str, str]]]
) -> None:
    assert asked(kind, target, **arguments) == expected
    if not expected:
        assert "already" in plan(deed(kind, **arguments), target).notes[0]


@pytest.mark.parametrize(
    ("kind", "target", "arguments", "code"),
    [
        ("reboot", vm(), {}, "not_running"),
        ("suspend", vm(), {}, "not_running"),
        ("suspend", ct(status="running"), {"to_disk": True}, "not_for_containers"),
        ("suspend", vm(status="paused"), {"to_disk": True}, "not_running"),
        ("resume", vm(), {}, "not_suspended"),
        ("shutdown", vm(status="paused"), {}, "paused"),
    ],
)
def test_what_is_refused(kind: str, target: Target, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        asked(kind, target, **arguments)
    assert caught.value.code == code


def test_a_task_has_longer_than_its_guest() -> None:
    request = plan(deed("shutdown", timeout_seconds=3_600), vm(status="running")).requests[0]
    assert request.seconds > 3_600
