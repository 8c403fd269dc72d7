"""ask: actions that a host announced."""

from ..counterparts import Obedient, done


def failing(command):
    return "failed", {"summary": "exit code 1"}


def test_an_action_is_done_and_told(operator, announcing):
    host = announcing("ask-web")
    with Obedient(host, done) as agent:
        ran = operator("ask", "ask-web", "restart-web", "unit=nginx", "tries=2", "hard=yes", "--yes")
        assert (ran.code, ran.out) == (0, "done restart-web on ask-web: did restart-web\n")
        assert agent.heard[0]["arguments"] == {"unit": "nginx", "tries": 2, "hard": True}
        assert operator("ask", "ask-web", "look").code == 0, "what hurts nobody needs no yes"
    with Obedient(host, failing):
        ran = operator("ask", "ask-web", "look", "--wait", "20s")
        assert (ran.code, ran.out) == (1, "failed look on ask-web: exit code 1\n")


def test_without_waiting_the_id_is_told(operator, announcing):
    announcing("ask-quick")
    ran = operator("ask", "ask-quick", "look", "--no-wait", "--json")
    assert (ran.code, ran.document["command"]["state"]) == (0, "requested")


def test_what_is_not_offered_is_said_with_the_line_that_permits_it(operator, announcing, machine):
    announcing("ask-offers")
    ran = operator("ask", "ask-offers", "restart-wbe")
    assert (ran.code, ran.out) == (7, "")
    assert "did you mean restart-web?" in ran.err
    assert 'allow = ["restart-wbe"]' in ran.err
    machine("ask-silent")
    assert "it offers nothing" in operator("ask", "ask-silent", "look").err


def test_arguments_are_checked_before_anything_is_asked(operator, announcing):
    announcing("ask-typed")
    ran = operator("ask", "ask-typed", "restart-web", "tries=many", "unit=nginx", "-y")
    assert (ran.code, "must be a number" in ran.err) == (2, True)
    assert "unit is missing" in operator("ask", "ask-typed", "restart-web", "-y").err
    ran = operator("ask", "ask-typed", "restart-web", "unit=other", "-y")
    assert (ran.code, "one of" in ran.err) == (2, True), "the collector knows what was announced"
