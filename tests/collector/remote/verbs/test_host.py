"""host: one machine whole."""

import pytest

from wakeful_collector.remote import verbs
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.verbs import host as module

WATCH = {"name": "survival", "kind": "pterodactyl", "state": "down", "phase": "backing_off", "detail": "offline"}


def test_facts_troubles_watches_and_what_may_be_asked(operator, announcing, now_ms):
    host = announcing("hst-whole", tags=["prod"])
    failed = {"smart": {"outcome": "failed", "error": "because", "seconds": 0.1}}
    watches = {"watches": {"hash": "h1", "body": [{**WATCH, "since_ms": now_ms, "attempts": 2}]}}
    host.push([[now_ms + 1, [1, 2, 3, 4]]], now_ms, meters=failed, inventories=watches)
    ran = operator("host", "hst-whole", COLUMNS="100")
    assert (ran.code, ran.err) == (0, "")
    for expected in ("hst-whole  up", "Debian 12", "Linux 6.1 x86_64", "3d", "prod", "runs as", "smart"):
        assert expected in ran.out, expected
    assert "Meter smart does not come through" in ran.out
    assert "survival" in ran.out
    assert "unit=nginx|apache [tries=1..5] [hard=yes|no]" in ran.out
    assert "watch=survival|creative" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100
    document = operator("host", host.id, "--json").document
    assert (document["host"]["id"], document["troubles"][0]["kind"], len(document["watches"])) == (host.id, "meter", 1)


def test_a_host_that_said_nothing(operator, machine):
    machine("hst-bare")
    ran = operator("host", "hst-bare")
    assert (ran.code, "seen never" in ran.out) == (0, True)
    assert "nothing: agent.toml there permits no action" in ran.out


def test_hostile_hellos_are_told_harmlessly(operator, announcing):
    announcing(
        "hst-hostile",
        actions=[
            {"name": "a\x1b]0;x\x07", "danger": 5, "parameters": {"p\n": {"kind": []}, "q": 7}},
            {"name": 7},
            "nonsense",
            {"name": "b", "parameters": "no", "watch": 5},
        ],
    )
    ran = operator("host", "hst-hostile")
    assert ran.code == 0
    assert all(character.isprintable() for line in ran.out.splitlines() for character in line)


def test_nobody_of_that_name(operator):
    ran = operator("host", "nobody-is-called-so")
    assert (ran.code, ran.out) == (5, "")
    assert "wakeful hosts lists them" in ran.err


def test_a_collector_that_knows_no_watches():
    class Client:
        def __init__(self, code):
            self.code = code

        def get(self, target, **query):
            raise Failure(1, self.code, target)

    class Session:
        def __init__(self, code):
            self.client = Client(code)

    assert module.kept_alive(Session("not_offered"), "x") == []
    with pytest.raises(Failure):
        module.kept_alive(Session("other"), "x")
    assert verbs.named("host").load() is module
