"""A program that runs while a machine is claimed, and the claim around it."""

import os
import signal
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from wakeful_collector.remote import gateway_holding
from wakeful_collector.remote.failure import FAILED, TIMED_OUT, Failure
from wakeful_collector.remote.gateway_holding import while_running
from wakeful_collector.remote.session import Session

from .counterparts import PROGRAM, await_true


@pytest.fixture
def session(home, shared, shared_keys):
    made = Session({"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["admin"]})
    machine = {"name": "holder", "url": "http://127.0.0.1:9", "wake": "never"}
    made.client.post("/operations/gateway.machine.add", machine)
    yield made
    made.client.post("/operations/gateway.machine.remove", {"name": "holder"})
    made.close()


def given(*words, note=""):
    return SimpleNamespace(machine="holder", arguments=list(words), note=note)


def leases(session):
    (found,) = session.client.post("/operations/gateway.status", {"machine": "holder"})["result"]["machines"]
    return found["leases"]


def test_the_exit_code_is_the_programs(session):
    for code in (0, 7):
        words = (sys.executable, "-c", f"raise SystemExit({code})")
        assert while_running(session, given(*words), lambda: 0) == code
    killed = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    assert while_running(session, given(sys.executable, "-c", killed), lambda: 0) == 128 + signal.SIGKILL
    assert leases(session) == []


def test_it_is_claimed_while_the_program_runs(session, tmp_path):
    seen = []

    def awake():
        seen.extend(leases(session))
        return 0

    while_running(session, given("/bin/true", note="a note"), awake)
    assert [(one["note"], one["kind"]) for one in seen] == [("a note", "script")]


def test_nothing_is_run_before_the_machine_is_awake(session, tmp_path):
    program = (sys.executable, "-c", f"open({str(tmp_path / 'ran')!r}, 'w')")
    for code, said in ((TIMED_OUT, "is not awake yet"), (FAILED, "could not be woken")):
        with pytest.raises(Failure, match=said) as failure:
            while_running(session, given(*program), lambda code=code: code)
        assert failure.value.exit_code == code
    assert not (tmp_path / "ran").exists()
    assert leases(session) == []


def test_a_program_that_is_none(session):
    with pytest.raises(Failure, match="cannot be run: No such file"):
        while_running(session, given("/nonexistent/program"), lambda: 0)
    assert leases(session) == []


def test_the_claim_is_renewed_and_a_failure_is_tried_again(session, monkeypatch):
    taken = session.client.post("/operations/gateway.lease", {"machine": "holder", "seconds": 10})["result"]["lease"]
    asked = {"seconds": 500, "lease": taken["id"]}
    with gateway_holding._Renewing(session, asked, every_seconds=0.05):
        await_true(lambda: leases(session)[0]["expires"] > taken["expires"], "it is renewed")
        session.client.post("/operations/gateway.release", {"lease": taken["id"]})
        threading.Event().wait(0.2)  # renewals fail now, and nobody is told


def test_a_lease_that_somebody_released_meanwhile_is_no_failure(session):
    def awake():
        session.client.post("/operations/gateway.release", {"lease": leases(session)[0]["id"]})
        return 0

    assert while_running(session, given("/bin/true"), awake) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_program_decides_what_signals_mean(session, shared, shared_keys, tmp_path, number):
    """Ctrl-C reaches all of a terminal, an order to end only this program; the claim is given back after the other."""
    ready = tmp_path / "ready"
    program = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(5))\n"
        f"open({str(ready)!r}, 'w').close()\n"
        "time.sleep(30)"
    )
    stop = "from wakeful_collector.remote.verbs import gateway; gateway._awake = lambda *_: 0; "
    command = [PROGRAM[0], "-c", stop + PROGRAM[2]]
    words = ["gateway", "lease", "holder", "--", sys.executable, "-c", program]
    environ = os.environ | {"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["admin"]}
    with subprocess.Popen([*command, *words], env=environ, start_new_session=True) as run:
        await_true(ready.exists, "the program runs")
        if number == signal.SIGINT:
            os.killpg(run.pid, number)
        else:
            run.send_signal(number)
        assert run.wait(20) == 5
    assert leases(session) == []
