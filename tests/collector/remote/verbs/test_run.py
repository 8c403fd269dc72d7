"""run: operations of a served collector."""

import json

import pytest

from ..counterparts import Obedient, done


def refused(command):
    return "refused", {"summary": "not today: \x1b[31mno"}


def test_an_operation_changes_something(operator, machine):
    host = machine("run-old")
    ran = operator("run", "host.rename", "host=run-old", "name=run-new", "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert f"host  {host.id}" in ran.out
    assert operator("host", "run-new", "--json").document["host"]["id"] == host.id
    ran = operator("run", "host.tag", "tags=a,b", f"host={host.id}", "-y", "--json")
    assert ran.document["result"]["tags"] == ["a", "b"]


def test_a_command_and_its_outcome(operator, announcing):
    host = announcing("run-cmd")
    words = ("run", "host.command", "host=run-cmd", "action=restart-web", "arguments.unit=nginx", "--wait=20", "--yes")
    with Obedient(host, done) as agent:
        ran = operator(*words)
        assert (ran.code, ran.out) == (0, "done restart-web on run-cmd: did restart-web\n")
        assert agent.heard[0]["arguments"] == {"unit": "nginx"}
    with Obedient(host, refused):
        ran = operator(*words, "--json")
        assert (ran.code, ran.document["command"]["state"]) == (7, "refused")


def test_scripts_must_say_yes(operator, machine):
    host = machine("run-script")
    ran = operator("run", "host.rename", "host=run-script", "name=other")
    assert (ran.code, ran.out) == (7, "")
    assert "--yes" in ran.err
    assert operator("host", host.id, "--json").document["host"]["name"] == "run-script"
    # What hurts nobody needs no yes.
    assert operator("run", "host.live", "host=run-script", "seconds=1").code == 0


def test_the_collectors_refusals_are_passed_on(operator, announcing, machine):
    machine("run-closed")
    ran = operator("run", "host.command", "host=run-closed", "action=look", "-y")
    assert (ran.code, ran.out) == (7, "")
    assert operator("run", "host.forget", "host=run-closed", "-y").code == 7
    assert operator("run", "host.command", "host=nobody-so", "action=look", "-y").code == 5
    assert operator("run", "host.live", "host=run-closed", "seconds=9999").code == 2
    assert operator("run", "nothing.at-all").code == 5
    assert operator("run", "host.rename", "host=run-closed", "nmae=x", "-y").code == 2


def test_secrets_never_stand_in_a_command_line(operator, home):
    words = ("run", "user.add", "name=run-ada", "scope=read", "--yes", "--json")
    ran = operator(*words, "password=hunter2-hunter2", scope="admin")
    assert (ran.code, "password=@-" in ran.err, "hunter2" in ran.err) == (2, True, False)
    ran = operator(*words, "password=@-", scope="admin", stdin="hunter2-hunter2-hunter2\n")
    assert (ran.code, ran.err) == (0, "")
    assert "hunter2" not in ran.out
    (home / "secret").write_text("hunter2-hunter2-hunter2\n")
    ran = operator(*[word.replace("ada", "bob") for word in words], f"password=@{home / 'secret'}", scope="admin")
    assert ran.code == 0
    assert "cannot be read" in operator(*words, "password=@/none", scope="admin").err


def test_a_person_is_asked_and_may_say_no(seat, machine, operator):
    machine("run-asked")
    sits = seat("run", "host.rename", "host=run-asked", "name=x")
    sits.read_until(r"Go on\? \[y/N\] ")
    assert "Give a host another name: host.rename host=run-asked name=x." in sits.seen
    sits.type("n\n")
    assert sits.wait() == 7
    assert "nothing was done" in sits.seen
    sits = seat("run", "host.rename", "host=run-asked", "name=run-agreed")
    sits.read_until(r"Go on\?")
    sits.type("y\n")
    assert sits.wait() == 0
    assert operator("host", "run-agreed").code == 0


def test_what_destroys_takes_the_name_typed_out(seat, machine, operator):
    machine("run-doomed")
    sits = seat("run", "host.forget", "host=run-doomed")
    sits.read_until("Type run-doomed to go on: ")
    sits.type("y\n")
    assert sits.wait() == 7
    assert operator("host", "run-doomed").code == 0
    sits = seat("run", "host.forget", "host=run-doomed")
    sits.read_until("to go on: ")
    sits.type("run-doomed\n")
    assert sits.wait() == 0
    assert operator("host", "run-doomed").code == 5


def test_a_secret_is_asked_for_without_echo(seat):
    sits = seat("run", "user.add", "name=run-eve", "scope=read", "password=@-", "-y")
    sits.read_until("password: ")
    sits.type("hunter2-hunter2-hunter2\n")
    assert sits.wait() == 0
    assert "hunter2" not in sits.seen


@pytest.mark.parametrize(("action", "asked"), [("wipe", "Type run-danger to go on"), ("restart-web", r"Go on\?")])
def test_the_danger_is_that_of_the_action(seat, announcing, action, asked):
    announcing("run-danger", actions=None) if action == "wipe" else announcing("run-danger-2")
    host = "run-danger" if action == "wipe" else "run-danger-2"
    sits = seat("run", "host.command", f"host={host}", f"action={action}")
    sits.read_until(asked)
    sits.type("\n")
    assert sits.wait() == 7


def test_errors_are_documents_too(operator):
    ran = operator("run", "host.rename", "name=x", "--json")
    assert json.loads(ran.err)["error"] == "usage"
