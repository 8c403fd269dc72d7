"""An operation run to its end."""

import json
from typing import Any

import pytest

from wakeful_collector.remote import address, asking
from wakeful_collector.remote.client import Client
from wakeful_collector.remote.connection import Connection, Way
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.session import Session

from .counterparts import Answering, Obedient, done, http

COMMAND = '{"id": "c1", "state": "%s", "action": "look", "host_name": "web", "summary": "s"}'


@pytest.fixture
def session(shared, shared_keys, home):
    """Open sessions; what they write to is looked up when they are opened."""
    opened = []

    def open_one(json=True):
        opened.append(Session({"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["operate"]}, json=json))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def against(there: Answering, monkeypatch: pytest.MonkeyPatch) -> Session:
    """Return a session that talks to something else than a collector."""
    monkeypatch.setattr(asking, "_AGAIN_SECONDS", 0.05)
    made = Session({})
    made.client = Client(Connection(Way(address.parse(there.url)), 2.0), "k")
    return made


def test_an_operation_that_is_not_offered(session):
    with pytest.raises(Failure) as caught:
        asking.operation(session(), "host.forgett")
    assert (caught.value.exit_code, "did you mean host.forget?" in caught.value.message) == (5, True)


@pytest.mark.parametrize(
    ("state", "wait_seconds", "code"),
    [
        ("done", 5, 0),
        ("failed", 5, 1),
        ("cancelled", 5, 1),
        ("refused", 5, 7),
        ("expired", 5, 6),
        ("requested", 5, 6),
        ("delivered", 0, 0),
        ("invented", 0, 1),
    ],
)
def test_exit_codes(state, wait_seconds, code):
    assert asking.exit_code({"state": state}, wait_seconds) == code


def test_a_command_is_waited_for(session, announcing, capfd):
    host, session = announcing("ask-done"), session()
    offered = asking.operation(session, "host.command")
    body = {"host": host.id, "action": "look", "arguments": {}}
    with Obedient(host, done) as agent:
        assert asking.carry_out(session, offered, dict(body), 20) == 0
        assert [one["action"] for one in agent.heard] == ["look"]
    assert '"state": "done"' in capfd.readouterr().out


def test_patience_ends_before_a_silent_machine_comes(session, announcing, capfd):
    host, session = announcing("ask-late"), session(json=False)
    offered = asking.operation(session, "host.command")
    assert asking.carry_out(session, offered, {"host": host.id, "action": "look", "arguments": {}}, 1) == 6
    out = capfd.readouterr().out
    assert "requested look on ask-late" in out
    assert "wakeful commands " in out


def offer(**properties: Any) -> dict[str, Any]:
    return {"name": "host.command", "arguments": {"properties": properties}}


def test_what_the_collector_knows_by_a_key_is_asked_again(monkeypatch, capfd):
    answer = http("200 OK", '{"operation": "o", "result": {}, "command": %s}' % (COMMAND % "done"))
    with Answering(b"", answer) as there:
        session = against(there, monkeypatch)
        assert asking.carry_out(session, offer(request_key={}), {}, 0) == 0
    keys = {one.split(b'"request_key": "')[1][:32] for one in there.heard}
    assert (len(there.heard), len(keys)) == (2, 1)
    assert "done look on web: s" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("status", "said"), [("silent", "the machine is silent"), ("up", "the machine fetches it next")]
)
def test_whom_nobody_hears_of_is_named_so(monkeypatch, capfd, status, said):
    command = json.loads(COMMAND % "requested")
    body = json.dumps({"operation": "o", "result": {"host_status": status}, "command": command})
    with Answering(http("200 OK", body)) as there:
        assert asking.carry_out(against(there, monkeypatch), offer(), {}, 0) == 0
    assert said in capfd.readouterr().out


def test_what_it_would_do_twice_is_asked_once(monkeypatch):
    with Answering(b"") as there, pytest.raises(Failure):
        asking.carry_out(against(there, monkeypatch), offer(), {}, 0)
    assert len(there.heard) == 1
    refusal = http("409 Conflict", '{"error": "not_announced", "message": "no"}')
    with Answering(refusal) as there, pytest.raises(Failure):
        asking.carry_out(against(there, monkeypatch), offer(request_key={}), {}, 0)
    assert len(there.heard) == 1


def test_a_short_absence_is_waited_out(monkeypatch):
    pending, ended = http("200 OK", COMMAND % "delivered"), http("200 OK", COMMAND % "failed")
    with Answering(pending, b"", ended) as there:
        found = asking.ended(against(there, monkeypatch), {"id": "c1", "state": "requested"}, 10)
    assert (found["state"], len(there.heard)) == ("failed", 3)
    gone = http("404 Not Found", '{"error": "unknown_command", "message": "no"}')
    with Answering(gone) as there, pytest.raises(Failure):
        asking.ended(against(there, monkeypatch), {"id": "c1", "state": "requested"}, 10)


def test_results_without_a_command(session, monkeypatch, capfd, announcing):
    host, session = announcing("ask-rename"), session(json=False)
    offered = asking.operation(session, "host.rename")
    assert asking.carry_out(session, offered, {"host": host.id, "name": "red"}, 0) == 0
    out = capfd.readouterr().out
    assert out.startswith("done host.rename\n")
    assert "  name  red\n" in out


def test_a_result_with_a_summary_is_a_sentence_and_nothing_is_said_of_nothing(session, monkeypatch, capfd):
    sent = http("200 OK", '{"result": {"command": null, "host": "h1", "summary": "3 packets were sent", "n": 3}}')
    with Answering(sent) as there:
        asked = against(there, monkeypatch)
        assert asking.carry_out(asked, {"name": "host.wake"}, {"host": "h1"}, 0) == 0
    out = capfd.readouterr().out
    assert [line.split() for line in out.splitlines()] == [
        ["done", "host.wake:", "3", "packets", "were", "sent"],
        ["host", "h1"],
        ["n", "3"],
    ]


@pytest.mark.parametrize(
    ("body", "result"), [('{"result": {"a": 1}}', {"a": 1}), ('{"result": []}', None), ("{}", None)]
)
def test_a_result_is_an_object_or_the_answer_is_none(monkeypatch, body, result):
    with Answering(http("200 OK", body)) as there:
        made = against(there, monkeypatch)
        if result is not None:
            assert asking.result_of(made, "gateway.status", {}) == result
            return
        with pytest.raises(Failure, match="holds no result") as caught:
            asking.result_of(made, "gateway.status", {})
        assert caught.value.exit_code == 1
