"""An apply followed to its end."""

import io

from wakeful_collector.remote.failure import FAILED, OK, TIMED_OUT
from wakeful_collector.remote.proxmox import applies
from wakeful_collector.remote.session import Session
from wakeful_collector.remote.terminal import Terminal


def step(number, state, **more):
    return {"number": number, "title": f"VM {number}", "kind": "snapshot.delete", "state": state} | more


def test_each_step_is_told_once():
    session, said = Session({}), io.StringIO()
    session.err = Terminal(said, {})
    teller = applies._Teller(session)
    for states in (("running", "waiting"), ("ok", "running"), ("ok", "failed"), ("ok", "failed")):
        teller.tell({"steps": [step(1, states[0]), step(2, states[1], detail="no space")]})
    assert said.getvalue().splitlines() == [
        "  1/2 ok VM 1: snapshot delete",
        "  2/2 failed VM 2: snapshot delete: no space",
    ]
    session.json = True
    applies._Teller(session).tell({"steps": [step(1, "ok")]})
    assert len(said.getvalue().splitlines()) == 2


def test_how_to_go_on_is_said():
    session, said = Session({}), io.StringIO()
    session.out = Terminal(said, {})
    applies.told(session, {"id": "a", "state": "failed", "done": 1, "count": 2, "summary": "step 2: no space"})
    applies.told(session, {"id": "b", "state": "running", "done": 1, "count": 2})
    applies.told(session, {"id": "c", "state": "ok", "done": 2, "count": 2})
    lines = said.getvalue().splitlines()
    assert lines[0] == "failed a: step 2: no space"
    assert "apply --resume a" in lines[1]
    assert lines[2] == "running b: 1 of 2 steps are done"
    assert "deeds --applies b --wait" in lines[3]
    assert lines[4:] == ["ok c: 2 of 2 steps are done"]


def test_exit_codes():
    assert applies.exit_code({"state": "ok"}, 10) == OK
    assert applies.exit_code({"state": "ok", "skipped": 1}, 10) == 3
    assert applies.exit_code({"state": "failed", "skipped": 1}, 10) == FAILED
    assert applies.exit_code({"state": "running"}, 10) == TIMED_OUT
