"""Which step of a plan made anew is the one that was approved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from wakeful_collector.integrations.proxmox.declare.matching import match
from wakeful_collector.integrations.proxmox.declare.steps import Step

ONE = Step("change", "home", 101, "VM 101", {"a": "1", "b": "1"}, {"a": "2", "b": "2"}, "", "reboot", ())
PART = replace(ONE, old={"b": "1"}, new={"b": "2"})
THEIRS = replace(ONE, old={"a": "9", "b": "1"})
BOOT = replace(ONE, kind="reboot", old={"a": "1"}, new={"a": "2"})
START = replace(ONE, kind="start", old={"state": "stopped"}, new={"state": "running"}, effect="live")
MADE = replace(ONE, kind="create", old={"cores": None}, new={"cores": "1"}, effect="live")


@pytest.mark.parametrize(
    ("approved", "anew", "made_here", "found", "said"),
    [
        (ONE, [ONE], False, ONE, ""),
        (ONE, [], False, None, ""),
        (ONE, [replace(ONE, guest=102)], False, None, ""),
        (ONE, [THEIRS], False, None, "a is 9"),
        (ONE, [THEIRS], True, THEIRS, ""),
        (ONE, [PART], False, PART, ""),
        (ONE, [replace(PART, old={"b": "9"})], False, None, "b is 9"),
        (ONE, [replace(PART, new={"b": "3"})], False, None, "another change"),
        (ONE, [BOOT], False, BOOT, ""),
        (replace(ONE, effect="live"), [BOOT], False, None, ""),
        (ONE, [replace(BOOT, new={"z": "1"})], False, None, ""),
        (START, [replace(START, old={"state": "paused"})], False, replace(START, old={"state": "paused"}), ""),
        (MADE, [MADE], False, MADE, ""),
        (MADE, [START], False, None, ""),
    ],
)
def test_a_step_is_found_again(approved: Step, anew: list[Step], made_here: bool, found: Any, said: str) -> None:
    answer = match(approved.document(), anew, made_here)
    assert answer.step == found
    assert said in answer.why
    assert bool(answer.why) == bool(said)
