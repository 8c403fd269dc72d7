"""A machine that does not wake or sleep is an incident: told once people have waited enough, closed when it is well."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import incidents, troubles
from wakeful_collector.model.channel import Wishes
from wakeful_collector.model.message import render
from wakeful_collector.outbox import posting
from wakeful_collector.outbox.watching import Lookout
from wakeful_collector.read import deliveries, events
from wakeful_collector.read import incidents as read
from wakeful_collector.store import (
    absences,
    channels,
    database,
    gateway_host_keys,
    gateway_machines,
    gateway_states,
    outbox,
    vault,
)
from wakeful_collector.store.absences import Absence
from wakeful_collector.store.changes import changing, changing_gateway
from wakeful_collector.store.channels import Channel
from wakeful_collector.store.gateway_host_keys import HostKey

from . import machines

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.config import Settings

REASON = "no answer within 180 s; it was called 18 times"


class Ground:
    """A gateway with one machine, a channel for messages, and time that goes by."""

    def __init__(self, settings: Settings, now_ms: int) -> None:
        self.settings = settings
        self.data = settings.data
        self.now_ms = now_ms
        self.lookout = Lookout()
        secrets = json.dumps({"url": "http://127.0.0.1:1/", "secret": "x", "fingerprint": ""})
        wishes = Wishes(moments=("opened", "closed", "healed"))
        one = Channel("ch", "x", "webhook", "x", "x", vault.seal(self.data, secrets), 1, "x", True, True, wishes)
        with changing(self.data) as connection:
            channels.keep(connection, one)

    def stand(self, state: str, reason: str = "why", name: str = "box", **memory: Any) -> None:
        with changing_gateway(self.data) as connection:
            gateway_states.keep(connection, name, state, self.now_ms, reason, {"probed_ms": self.now_ms, **memory})

    def look(self, seconds: float = 5) -> int:
        self.now_ms += round(seconds * 1000)
        changed = incidents.look(self.data, self.settings, self.now_ms)
        self.lookout(self.data, self.settings, self.now_ms)
        return changed

    @property
    def moments(self) -> list[str]:
        return [one.moment for one in reversed(deliveries.deliveries(self.data).deliveries)]

    @property
    def kinds(self) -> list[str]:
        return [one.kind for one in reversed(events.events(self.data).events)]

    def going_on(self) -> list[tuple[str, str]]:
        return [(one.incident.state, one.title) for one in read.incidents(self.data, "open").incidents]


@pytest.fixture
def ground(settings: Settings, now_ms: int) -> Ground:
    machines.add(settings.data)
    return Ground(settings, now_ms)


def test_a_machine_that_does_not_wake_is_told_and_its_return_too(ground: Ground) -> None:
    ground.stand("asleep")
    assert ground.look() == 0
    ground.stand("unreachable", REASON, tries=1)
    assert ground.look() == 1
    assert ground.look() == 0
    assert ground.going_on() == [("open", f"box does not wake up: {REASON}")]
    assert ground.moments == []
    ground.look(ground.settings.notify_patience_seconds)
    assert ground.moments == ["opened"]
    ground.stand("waking", tries=1)
    assert ground.look() == 0
    ground.stand("awake")
    assert ground.look() == 1
    ground.look(ground.settings.notify_settle_seconds + 5)
    assert ground.moments == ["opened", "closed"]
    assert ground.going_on() == []
    (over,) = read.incidents(ground.data, "closed").incidents
    assert "box is well again after" in over.title
    assert ground.kinds == [troubles.UNREACHABLE, troubles.WELL]
    (told, _) = events.events(ground.data).events
    assert (told.host_key, told.subject, told.data["incident"]) == (0, "box", over.incident.id)


def test_what_heals_in_time_calls_nobody(ground: Ground) -> None:
    ground.stand("unreachable", REASON, tries=1)
    ground.look()
    ground.stand("awake")
    ground.look()
    ground.look(ground.settings.notify_settle_seconds + 5)
    assert ground.moments == ["healed"]


def test_what_fails_again_while_it_settles_is_the_same_incident(ground: Ground) -> None:
    ground.stand("awake", failures=1, failed="it could not be put to sleep: refused")
    ground.look()
    ground.stand("asleep")
    ground.look()
    ground.stand("awake", failures=1, failed="it could not be put to sleep: refused")
    assert ground.look() == 1
    assert ground.look() == 0
    ground.stand("awake", failures=2, failed="it could not be put to sleep: no route")
    assert ground.look() == 1
    (one,) = read.incidents(ground.data, "open").incidents
    assert one.incident.falls == 2
    assert [line.kind for line in one.incident.story] == [
        troubles.SLEEP_FAILED,
        troubles.WELL,
        troubles.SLEEP_FAILED,
        troubles.SLEEP_FAILED,
    ]


def test_a_story_has_an_end(ground: Ground) -> None:
    for at in range(80):
        ground.stand("awake", failures=1, failed=f"reason {at}")
        ground.look(1)
    (one,) = read.incidents(ground.data, "open").incidents
    assert len(one.incident.story) == 60
    assert one.incident.story[0].text.endswith("reason 0")
    assert one.incident.story[-1].text.endswith("reason 79")


def test_a_changed_host_key_ends_when_it_is_trusted(ground: Ground) -> None:
    said = "it could not be put to sleep: box:22 shows another host key than the one that was pinned"
    ground.stand("awake", failures=1, failed=said, failed_ms=ground.now_ms)
    ground.look()
    assert ground.kinds == [troubles.HOST_KEY_CHANGED]
    with changing_gateway(ground.data) as connection:
        gateway_host_keys.pin(connection, HostKey("box", "ssh-ed25519", "A", "SHA256:a", ground.now_ms))
    ground.look()
    assert ground.kinds == [troubles.HOST_KEY_CHANGED, troubles.WELL]


def test_a_machine_that_is_removed_ends_its_incident(ground: Ground) -> None:
    ground.stand("unreachable", REASON, tries=1)
    ground.look()
    with changing_gateway(ground.data) as connection:
        gateway_machines.remove(connection, "box")
    ground.look()
    ground.look(ground.settings.notify_settle_seconds + 5)
    (over,) = read.incidents(ground.data, "closed").incidents
    assert over.incident.ending == "was removed from the gateway"
    assert ground.look() == 0


def test_that_a_host_sleeps_keeps_nobody_from_being_told_that_it_does_not_wake(
    ground: Ground, machine: Callable[..., Any]
) -> None:
    host = machine("gpu-1")
    machines.add(ground.data, name="gpu", host=host.id)
    with changing(ground.data) as connection:
        absences.keep(connection, Absence(host.key, "sleeping", 1, None, False, "x", "x"))
    ground.stand("unreachable", REASON, name="gpu", tries=1)
    ground.look()
    ground.look(ground.settings.notify_patience_seconds + 5)
    assert "opened" in ground.moments
    (one,) = (one for one in read.incidents(ground.data, "open").incidents if one.incident.kind == "gateway")
    assert (one.host_id, one.host_name) == (host.id, "gpu-1")


def test_the_message_leads_to_the_machine(ground: Ground) -> None:
    ground.stand("unreachable", REASON, tries=1)
    ground.look()
    ground.look(ground.settings.notify_patience_seconds)
    connection = database.reader(ground.data, "state")
    document = outbox.document(connection, deliveries.deliveries(ground.data).deliveries[0].message)
    assert document is not None
    link = posting.page_link(ground.settings, document)
    assert link.endswith("/integrations/ollama/box")
    text = render(document, link).text
    assert "Machine of the gateway: box" in text
    assert "Host:" not in text
    assert REASON in text


def test_the_page_of_incidents_leads_to_the_machine(ground: Ground, person: Callable[..., Any]) -> None:
    ground.stand("unreachable", REASON, tries=1)
    ground.look()
    page = person().client.get("/timeline").get_data(as_text=True)
    assert '<a href="/integrations/ollama/box">box does not wake up' in page
