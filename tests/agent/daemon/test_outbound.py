"""What the keeper tells: an event, a line of the log, and a call that there is something."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from wakeful_agent import decision
from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.daemon import outbound
from wakeful_agent.daemon.kept import Kept
from wakeful_agent.daemon.outbound import Outbound
from wakeful_agent.decision import Tell
from wakeful_agent.host.log import Log
from wakeful_agent.watch import DOWN, Sight, Watch

KINDS = [value for name, value in vars(decision).items() if name.isupper() and isinstance(value, str)]
DATA: dict[str, Any] = {
    "incident": "ab",
    "detail": "exit code 1",
    "trouble": "",
    "attempt": 1,
    "of": 5,
    "attempts": 2,
    "summary": "started",
    "why": "no",
    "falls": 5,
    "seconds": 600,
    "seconds_down": 7,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_its_line_and_its_event(kind: str) -> None:
    text, woken = io.StringIO(), []
    out = Outbound(lambda: woken.append(1), Log(stream=text))
    kept = Kept(Watch("web", {}), WatchSetting("web", "unit"))
    kept.sight = Sight(DOWN, "exit code 1", {"console": ["oops"], "incident": "forged"})
    out.tell(kept, Tell(kind, DATA), 42)
    assert out.take() == []
    out.hand_on()
    (event,) = out.take()
    assert (event["kind"], event["subject"], event["at"]) == (kind, "web", 42)
    assert event["data"]["incident"] == "ab"
    assert event["data"]["kind"] == "unit"
    assert ("console" in event["data"]) == (kind in (decision.WATCH_DOWN, decision.RECOVERY_GIVEN_UP))
    json.dumps(event)
    assert woken == [1]
    assert "watch web " in text.getvalue()
    assert out.take() == []
    out.hand_on()
    assert woken == [1]


def test_what_is_told_of_one_decision_is_taken_together() -> None:
    woken: list[int] = []
    out = Outbound(lambda: woken.append(len(out.take())), Log("error", io.StringIO()))
    kept = Kept(Watch("web", {}), WatchSetting("web", "unit"))
    for kind in (decision.SUCCEEDED, decision.WATCH_UP):
        out.tell(kept, Tell(kind, DATA), 42)
    out.hand_on()
    assert woken == [2]


def test_of_very_many_events_the_oldest_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    out = Outbound(lambda: None, Log("error", io.StringIO()))
    kept = Kept(Watch("web", {}), WatchSetting("web", "unit"))
    for number in range(outbound.EVENTS_MAX + 1):
        out.tell(kept, Tell(decision.WATCH_RESUMED, {"incident": "", "number": number}), 0)
    out.hand_on()
    found = out.take()
    assert len(found) == outbound.EVENTS_MAX
    assert found[0]["data"]["number"] == 1
