"""incidents and acknowledge."""

import pytest

from wakeful_collector.model.incident import Incident
from wakeful_collector.model.story import Line
from wakeful_collector.remote.verbs import incidents as module
from wakeful_collector.store import incidents
from wakeful_collector.store.changes import changing


@pytest.fixture
def troubled(shared, machine, now_ms):
    host = machine("inc-node")

    def keep(number, state="open", **more):
        one = Incident(
            id=f"inc_{host.id}{number}",
            host_key=host.key,
            kind="watch",
            subject=f"watch-{number}",
            reference=f"r{number}",
            state=state,
            opened_ms=now_ms - number * 2_000,
            changed_ms=now_ms,
            heard_ms=now_ms,
            story=(Line(now_ms, "watch.down", "is down: \x1b[31mexit code 1"),),
            console=("boot", "crash \x07"),
            **more,
        )
        with changing(shared.data) as connection:
            incidents.keep(connection, one)
        return one.id

    return keep


def test_what_goes_on_is_listed_and_the_past_on_request(operator, troubled):
    new, mine, past = troubled(1), troubled(2, acknowledged_ms=5, acknowledged_by="user:ada"), troubled(3, "closed")
    ran = operator("incidents", "--host", "inc-node", COLUMNS="120")
    assert (ran.code, ran.err) == (0, "")
    assert new in ran.out
    assert mine in ran.out
    assert past not in ran.out
    listed = operator("incidents", "--host", "inc-node", "--all", "--json").document["incidents"]
    assert [one["id"] for one in listed] == [new, mine, past]
    assert len(operator("incidents", "--host", "inc-node", "--limit", "1", "--json").document["incidents"]) == 1


def test_one_is_shown_with_its_story(operator, troubled):
    ran = operator("incidents", troubled(1))
    assert ran.code == 0
    assert "is down: \\x1b[31mexit code 1" in ran.out
    assert "    crash \\x07" in ran.out
    assert operator("incidents", "nothing").code == 5


def test_it_is_taken_on_once(operator, troubled):
    number = troubled(1)
    assert operator("acknowledge", number).code == 0
    found = operator("incidents", number, "--json").document
    assert (found["state"], found["acknowledged_by"]) == ("acknowledged", "key:cli-operate")
    assert operator("acknowledge", "nothing").code == 5
    assert operator("acknowledge", troubled(4, "closed")).code == 7
    assert operator("acknowledge", number, scope="read").code == 7


def test_nothing_is_wrong(operator, machine):
    machine("inc-calm")
    assert operator("incidents", "--host", "inc-calm").err == "Nothing is wrong.\n"
    assert operator("incidents", "--host", "inc-calm", "--all").err == "No incidents.\n"


def test_a_chapter_that_is_a_sentence(capfd):
    from wakeful_collector.remote.session import Session

    module._tell(Session({}), "it was down\x07")
    assert capfd.readouterr().out == "  it was down\\x07\n"
