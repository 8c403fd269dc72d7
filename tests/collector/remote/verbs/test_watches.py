"""watches: what is kept alive."""

UP = {"name": "web", "kind": "unit", "state": "up", "phase": "", "detail": "active"}
DOWN = {"name": "survival", "kind": "pterodactyl", "state": "down", "phase": "backing_off", "paused": True}


def test_watches_are_listed_and_chosen(operator, machine, now_ms):
    host = machine("wtc-node")
    body = [
        {**UP, "since_ms": now_ms - 7_300_000},
        {**DOWN, "since_ms": now_ms, "attempts": 2, "of": 5, "detail": "x" * 300},
    ]
    host.push([], now_ms, hello={"name": "wtc-node"}, inventories={"watches": {"hash": "h", "body": body}})
    ran = operator("watches", "--host", "wtc-node", COLUMNS="100")
    assert (ran.code, ran.err) == (0, "")
    assert "wtc-node  web" in ran.out
    assert "backing off, paused" in ran.out
    assert " 2h " in ran.out
    assert " 2/5 " in ran.out
    assert max(map(len, ran.out.splitlines())) <= 100
    down = operator("watches", "--host", "wtc-node", "--down", "--json").document["watches"]
    assert [one["name"] for one in down] == ["survival"]


def test_what_a_silent_host_said_last_is_questioned(operator, machine, now_ms):
    host = machine("wtc-gone", at_ms=now_ms - 7_200_000)
    said = {"watches": {"hash": "h", "body": [UP]}}
    then_ms = now_ms - 3_600_000
    host.push([[then_ms, [1, 2, 3, 4]]], then_ms, hello={"name": "wtc-gone"}, inventories=said)
    assert "up?" in operator("watches", "--host", "wtc-gone").out
    assert "up?" in operator("host", "wtc-gone").out


def test_nothing_is_said_beside(operator, machine):
    machine("wtc-none")
    assert "Nothing is kept alive" in operator("watches", "--host", "wtc-none").err
    assert operator("watches", "--host", "wtc-none", "--down").err == "Everything is up.\n"
    assert operator("watches", "--host", "nobody-so").code == 5
