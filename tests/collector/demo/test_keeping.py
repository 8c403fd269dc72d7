"""The servers of the sample fleet: announced as agents do, healed, given up, and doing as they are asked."""

from __future__ import annotations

import pytest

from wakeful_collector.demo.fleet import Machine, fleet
from wakeful_collector.demo.keeping import KEEPER, Keeping, events
from wakeful_collector.model import announced
from wakeful_collector.model.watch import servers, watches

END_MS = 1_763_719_200_000


@pytest.fixture
def machine() -> Machine:
    return fleet(12, 1)[KEEPER]


@pytest.fixture
def kept(machine: Machine) -> Keeping:
    return Keeping(machine, END_MS)


def told(kept: Keeping, action: str, **arguments: object) -> str:
    """Ask for an action and return what the machine says of its end."""
    kept.asked.append({"id": "c1", "action": action, "arguments": arguments})
    (result,) = kept.obey(END_MS)["results"]
    assert (result["command"], result["state"]) == ("c1", "done")
    return str(result["data"]["summary"])


def test_one_machine_keeps_three_servers_and_the_others_none(kept: Keeping) -> None:
    inventories = kept.inventories()
    assert [one.state for one in watches(inventories["watches"])] == ["up", "down", "up"]
    assert [one.state for one in servers(inventories["pterodactyl"])] == ["running", "offline", "running"]
    other = Keeping(fleet(1, 1)[0], END_MS)
    assert (other.actions(), other.inventories(), other.obey(END_MS)) == ([], {}, {})
    assert events(fleet(1, 1)[0], END_MS) == []


def test_every_button_is_announced(kept: Keeping) -> None:
    actions = announced.announced({"actions": kept.actions()})
    assert len(actions) == len(kept.actions())
    for name in ("watch.pause", "watch.resume", "watch.repair", "server.kill", "server.start"):
        found = announced.find(actions, name, "survival")
        assert found is not None
        assert announced.unfit(found, {"watch": "survival"}) == ""
    wake = announced.find(actions, "wake")
    assert wake is not None
    assert announced.unfit(wake, {"mac": "52:54:00:00:00:01", "name": "nas", "address": "10.0.0.1/24"}) == ""


def test_what_befell_them_ends_before_the_story_does(machine: Machine) -> None:
    found = events(machine, END_MS)
    assert all(at_ms < END_MS for _, _, at_ms, _ in found)
    kinds = [kind for kind, subject, _, _ in found if subject == "creative"]
    assert (kinds[0], kinds[-1], kinds.count("recovery.attempted")) == ("watch.down", "recovery.given_up", 5)


def test_they_do_as_they_are_asked(kept: Keeping) -> None:
    assert told(kept, "watch.pause", watch="valheim", seconds=60) == "valheim is left alone"
    assert (kept.watches[2]["paused"], kept.watches[2]["until_ms"]) == (True, END_MS + 60_000)
    assert told(kept, "watch.resume", watch="valheim") == "valheim is watched again"
    assert not kept.watches[2]["paused"]
    assert told(kept, "server.stop", watch="survival") == "asked over the socket: stop"
    assert (kept.watches[0]["state"], kept.servers[0]["state"]) == ("stopped", "offline")
    assert "backup-world ended with 0" in told(kept, "backup-world", world="survival")
    assert "answered" in told(kept, "wake", mac="52:54:00:00:00:01")
    assert kept.woke == ["52:54:00:00:00:01"]


def test_what_was_given_up_comes_back_when_a_person_starts_it(kept: Keeping) -> None:
    kept.asked.append({"id": "c2", "action": "server.start", "arguments": {"watch": "creative"}})
    said = kept.obey(END_MS)
    (event,) = said["events"]
    assert (event["kind"], event["subject"], event["data"]["incident"]) == ("watch.up", "creative", "demo-creative")
    assert said["inventories"]["watches"]["body"][1]["state"] == "up"
    assert kept.obey(END_MS) == {}
