"""start, stop, restart, kill."""

from ..counterparts import Obedient, done


def test_a_server_is_started_and_restarted(operator, announcing):
    host = announcing("pow-node")
    with Obedient(host, done) as agent:
        assert operator("start", "pow-node", "survival", "-y").code == 0
        ran = operator("restart", "pow-node", "creative", "-y")
        assert (ran.code, ran.out) == (0, "done server.restart on pow-node: did server.restart\n")
        assert [(one["action"], one["arguments"]) for one in agent.heard] == [
            ("server.start", {"watch": "survival"}),
            ("server.restart", {"watch": "creative"}),
        ]


def test_what_the_machine_does_not_permit_is_refused(operator, announcing):
    announcing("pow-shut")
    ran = operator("kill", "pow-shut", "survival", "-y")
    assert (ran.code, "does not offer 'server.kill'" in ran.err) == (7, True)
    assert operator("start", "pow-shut", "other", "-y").code == 7
    assert operator("start", "pow-shut", "survival").code == 7, "scripts must say --yes"
