"""hosts, against a served collector."""

import json

import pytest

from wakeful_collector.remote.width import columns

HOSTILE = "\x1b[31mred\x1b]0;owned\x07\u202e \u9762\u5bff\u53f8 \x9b2J"


def test_hosts_are_listed_with_what_needs_a_look(operator, machine, now_ms):
    failed = {"smart": {"outcome": "failed", "error": "because", "seconds": 0.1}}
    one = machine("lst-web", tags=["lst"])
    one.push([[now_ms, [1, 2, 3, 4]]], now_ms, meters=failed)
    machine("lst-never", tags=["lst", "more"])
    ran = operator("hosts", "--tag", "lst")
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split() for line in ran.out.splitlines()]
    assert lines[0][:3] == ["NAME", "STATUS", "SEEN"]
    by_name = {line[0]: line for line in lines[1:]}
    assert by_name["lst-web"][1] == "up"
    assert "Meter smart does not come through" in ran.out
    assert by_name["lst-never"][1:3] == ["new", "never"]
    assert by_name["lst-web"][-1] == one.id
    found = operator("hosts", "--search", "lst-", "--json").document["hosts"]
    assert {host["name"] for host in found} == {"lst-web", "lst-never"}
    assert operator("hosts", "--tag", "lst", "--status", "new", "--json").document["hosts"][0]["name"] == "lst-never"


def test_none_is_said_beside_the_result(operator):
    ran = operator("hosts", "--search", "nobody-is-called-so")
    assert (ran.code, ran.out) == (0, "")
    assert "No host is like that" in ran.err
    assert operator("hosts", "--search", "nobody-is-called-so", "--json").document == {"hosts": []}


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_table_fits_and_hostile_names_reach_no_terminal(seat, machine, now_ms, width):
    name = f"{HOSTILE} {'w' * 120} {width}"
    machine(name, tags=["hst", "t" * 60]).push([[now_ms, [1, 2, 3, 4]]], now_ms)
    sits = seat("hosts", "--search", "owned", COLUMNS=str(width), NO_COLOR="1")
    assert sits.wait() == 0
    lines = sits.seen.replace("\r\n", "\n").splitlines()
    assert len(lines) > 1
    assert all(character.isprintable() for line in lines for character in line), repr(sits.seen)
    assert max(columns(line) for line in lines) <= width
    if width >= 80:
        assert "\\x1b[31mred" in sits.seen


def test_colours_are_for_people(seat, machine, now_ms, operator):
    machine("clr-one").push([[now_ms, [1, 2, 3, 4]]], now_ms)
    coloured = seat("hosts", "--search", "clr-")
    assert coloured.wait() == 0
    assert "\x1b[32mup\x1b[0m" in coloured.seen
    for environ in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain = seat("hosts", "--search", "clr-", **environ)
        assert plain.wait() == 0
        assert "\x1b" not in plain.seen
    assert "\x1b" not in operator("hosts", "--search", "clr-").out


def test_documents_hold_hostile_text_escaped(operator, machine):
    machine(f"{HOSTILE} json \x7f")
    ran = operator("hosts", "--search", "json", "--json")
    assert all(character.isprintable() or character == "\n" for character in ran.out)
    assert any("\x1b[31m" in host["name"] or "red" in host["name"] for host in json.loads(ran.out)["hosts"])
