"""What may be asked of a machine, and why not."""

from __future__ import annotations

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.model.host import Host
from wakeful_collector.web import pages_permits

from .keeping import HELLO

OPERATOR = Principal("user:ada", implied(("operate",)), "::1", "web")
READER = Principal("user:bob", implied(("read",)), "::1", "web")
HOST = Host(1, "h1", "games", (), 0, 0, 10.0, "0.1.0", hello=HELLO)


def test_the_scope_is_asked_first_then_the_machines_own_file() -> None:
    assert pages_permits.permits(HOST, READER).why_not("watch.repair", "survival").startswith("This needs the scope")
    known = pages_permits.permits(HOST, OPERATOR)
    assert known.why_not("watch.repair", "survival") == ""
    assert known.why_not("watch.repair", "other") == "games does not permit watch.repair for other."
    assert known.why_not("server.kill", "creative") == "games does not permit server.kill for creative."
    assert known.why_not("reboot") == "games does not permit reboot."
    assert 'allow = ["watch.pause"' in known.lines("reboot")


def test_an_action_of_one_watch_is_permitted_for_that_one() -> None:
    hello = {"actions": [{"name": "repair", "watch": "one", "parameters": {}}, {"name": "free", "parameters": {}}]}
    known = pages_permits.permits(Host(1, "h", "h", (), 0, 0, 10.0, "", hello=hello), OPERATOR)
    assert known.permitted("repair", "one")
    assert not known.permitted("repair", "two")
    assert known.permitted("free", "two")


def test_danger_is_as_announced_and_what_is_unknown_may_change_things() -> None:
    known = pages_permits.permits(HOST, OPERATOR)
    assert [known.danger(one) for one in ("server.kill", "watch.resume", "no.such")] == ["destroys", "none", "changes"]


def test_operations_are_traced_to_actions() -> None:
    assert pages_permits.action_of("server.power", {"signal": "kill", "watch": "a"}) == ("server.kill", "a")
    assert pages_permits.action_of("watch.pause", {"watch": "a"}) == ("watch.pause", "a")
    given = {"action": "x", "arguments": {"watch": "b"}}
    assert pages_permits.action_of("host.command", given) == ("x", "b")
    assert pages_permits.action_of("host.command", {"action": "x", "arguments": 7}) == ("x", "")
    assert pages_permits.action_of("watch.pause", {"watch": 7}) == ("watch.pause", "")
