"""acknowledge: what it takes is what the collector says it takes; test_incidents.py runs it whole."""


def test_an_incident_that_is_not_there(operator):
    ran = operator("acknowledge", "inc_none", "--json")
    assert (ran.code, '"unknown_incident"' in ran.err) == (5, True)
    assert operator("acknowledge").code == 2
