"""commands: what was asked and what became of it."""

from ..counterparts import Obedient, done


def test_commands_are_listed_and_shown(operator, announcing):
    host = announcing("cmd-web")
    with Obedient(host, done):
        asked = operator("ask", "cmd-web", "restart-web", "unit=nginx", "-y", "--json").document["command"]
    ran = operator("commands", "--host", "cmd-web")
    assert (ran.code, ran.err) == (0, "")
    assert asked["id"] in ran.out
    assert "did restart-web" in ran.out
    assert [one["id"] for one in operator("commands", "--host", "cmd-web", "--json").document["commands"]] == [
        asked["id"]
    ]
    ran = operator("commands", asked["id"])
    assert (ran.code, 'arguments  {"unit": "nginx"}' in ran.out, "asked by   key:cli-operate" in ran.out) == (
        0,
        True,
        True,
    )
    assert operator("commands", asked["id"], "--json").document["state"] == "done"


def test_states_are_chosen_and_none_is_said(operator, announcing):
    announcing("cmd-none")
    ran = operator("commands", "--host", "cmd-none", "--state", "failed", "--state", "refused")
    assert (ran.code, ran.out, ran.err) == (0, "", "Nothing was asked for.\n")
    assert operator("commands", "nonsense").code == 5
    assert operator("commands", "--state", "nonsense").code == 2


def test_one_is_waited_for(operator, announcing):
    host = announcing("cmd-wait")
    number = operator("ask", "cmd-wait", "look", "--no-wait", "--json").document["command"]["id"]
    assert operator("commands", number).code == 0
    assert operator("commands", number, "--wait=1").code == 6
    with Obedient(host, done):
        assert operator("commands", number, "--wait").code == 0
