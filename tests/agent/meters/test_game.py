import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.game import GameMeter

from ...fakes.game_servers import a2s_server, bedrock_server, datagrams, java_serve, java_status, source_info


def metered(*targets, timeout_seconds=5.0):
    meter = GameMeter()
    meter.configure({"targets": list(targets), "timeout_seconds": timeout_seconds})
    return meter


def values(reading):
    return {
        (dict(one.labels)["target"], one.name.removeprefix("game.")): value
        for one, value in zip(reading.series, reading.values)
        if one.name != "game.response.time"
    }


def test_three_kinds_of_servers_side_by_side(served, tmp_path):
    java = served(java_serve(java_status()))
    with a2s_server(source_info()) as source, bedrock_server() as bedrock:
        reading = metered(
            f"tf=a2s://127.0.0.1:{source}",
            f"java=minecraft://127.0.0.1:{java.port}",
            f"bedrock=bedrock://127.0.0.1:{bedrock}/",
        ).read(Host(str(tmp_path)), 0)
    assert values(reading) == {
        ("tf", "up"): 1,
        ("tf", "players"): 3,
        ("tf", "players.limit"): 10,
        ("tf", "bots"): 2,
        ("java", "up"): 1,
        ("java", "players"): 5,
        ("java", "players.limit"): 100,
        ("bedrock", "up"): 1,
        ("bedrock", "players"): 3,
        ("bedrock", "players.limit"): 10,
    }
    times = [value for one, value in zip(reading.series, reading.values) if one.name == "game.response.time"]
    assert len(times) == 3
    assert all(0 < seconds < 5 for seconds in times)
    assert reading.trouble is None
    assert reading.inventories["game"][0] == {
        "target": "tf",
        "state": "up",
        "error": "",
        "protocol": "a2s",
        "name": "Ours",
        "game": "Team Fortress",
        "map": "cp_badlands",
        "version": "9234",
        "players_limit": 10,
    }
    assert "somebody" not in str(reading.inventories), "players' names are nobody's business"


def test_a_question_that_is_lost_is_asked_again(tmp_path):
    with a2s_server(source_info(), challenge=False, lost=1) as port:
        reading = metered(f"a=a2s://127.0.0.1:{port}", timeout_seconds=1.0).read(Host(str(tmp_path)), 0)
    assert values(reading)["a", "up"] == 1


def test_one_that_is_down_costs_only_itself(tmp_path):
    with bedrock_server() as port, datagrams(lambda _asked: []) as silent, datagrams(lambda _: [b"no"]) as garbage:
        reading = metered(
            f"up=bedrock://127.0.0.1:{port}",
            f"silent=a2s://127.0.0.1:{silent}",
            f"garbage=bedrock://127.0.0.1:{garbage}",
            "wrong=http://127.0.0.1:1",
            "127.0.0.1:27015",
            timeout_seconds=0.4,
        ).read(Host(str(tmp_path)), 0)
    found = values(reading)
    assert (found["up", "up"], found["up", "players"]) == (1, 3)
    assert [found[name, "up"] for name in ("silent", "garbage", "wrong", "127.0.0.1:27015")] == [0, 0, 0, 0]
    errors = {row["target"]: row["error"] for row in reading.inventories["game"]}
    assert "does not answer within" in errors["silent"]
    assert "something else than a Bedrock status" in errors["garbage"]
    assert "must begin with a2s://, minecraft://, bedrock://" in errors["wrong"]
    assert reading.trouble is None


def test_names_that_are_hostile_are_made_fit(tmp_path):
    with bedrock_server(name="<b>\x1b[2J\u202e" + "x" * 500) as port:
        reading = metered(f"bedrock://127.0.0.1:{port}").read(Host(str(tmp_path)), 0)
    name = reading.inventories["game"][0]["name"]
    assert "\x1b" not in name
    assert len(name) <= 200


def test_without_targets_nobody_is_asked(tmp_path):
    with pytest.raises(NoData):
        GameMeter().read(Host(str(tmp_path)), 0)
    found = GameMeter().probe(Host(str(tmp_path)))
    assert not found.available
    assert "a2s://HOST:PORT" in found.fix
