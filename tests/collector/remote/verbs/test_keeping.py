"""repair, pause, resume."""

from ..counterparts import Obedient, done


def test_watches_pause_resume_and_are_repaired(operator, announcing):
    host = announcing("kpg-node")
    with Obedient(host, done) as agent:
        assert operator("resume", "kpg-node", "survival").code == 0, "to resume hurts nobody"
        assert operator("repair", "kpg-node", "survival", "--yes").code == 0
        assert operator("pause", "kpg-node", "creative", "-y").code == 0
        assert [(one["action"], one["arguments"]) for one in agent.heard] == [
            ("watch.resume", {"watch": "survival"}),
            ("watch.repair", {"watch": "survival"}),
            ("watch.pause", {"watch": "creative"}),
        ]


def test_a_pause_for_a_while(operator, announcing):
    actions = [{"name": "watch.pause", "danger": "none", "parameters": {"watch": {}, "seconds": {}}}]
    announcing("kpg-span", actions=actions)
    ran = operator("pause", "kpg-span", "survival", "--for", "2h", "--yes", "--no-wait", "--json")
    assert (ran.code, ran.document["command"]["arguments"]) == (0, {"watch": "survival", "seconds": 7200})


def test_it_is_asked_back_first(seat, announcing):
    announcing("kpg-asked")
    sits = seat("repair", "kpg-asked", "survival")
    sits.read_until("Repair survival on kpg-asked now")
    sits.type("n\n")
    assert sits.wait() == 7
