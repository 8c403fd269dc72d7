"""Events as they arrive: each once, none left out."""

import json

import pytest

from wakeful_collector.remote import address, following
from wakeful_collector.remote.client import Client
from wakeful_collector.remote.connection import Connection, Way
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.following import Follower

from .counterparts import Answering, http


def client(url, key="wk_key_" + "a" * 32):
    return Client(Connection(Way(address.parse(url)), 5.0), key)


def page(latest, *ids, status="200 OK", received="2026-11-18T11:06:40Z"):
    found = [{"host": "h", "id": one, "kind": "k", "received": received} for one in ids]
    return http(status, json.dumps({"events": found, "next": None, "latest": latest}))


def followed(*answers, seconds=0.8, backlog=10):
    told = []
    with Answering(*answers) as there:
        follower = Follower(client(there.url), "/events", None, 0.01, told.append)
        begun = [one["id"] for one in follower.begin(backlog)]
        found = [one["id"] for one in follower.follow(seconds)]
    return begun, found, told, there.heard


def test_a_served_collector_is_followed(shared, shared_keys, machine, now_ms):
    host = machine("flw-one")
    follower = Follower(client(shared.url, shared_keys["read"]), "/events", "flw.*", 0.01, pytest.fail)
    assert follower.begin(10) == []
    told = [{"id": f"e{n}", "at": now_ms - 1000 * n, "kind": "flw.x", "data": {}} for n in range(3)]
    host.push([], now_ms, events=told)
    assert [one["id"] for one in follower.follow(0.0)] == ["e0", "e1", "e2"]
    late = [{"id": "late", "at": now_ms - 86_400_000, "kind": "flw.x", "data": {}}]
    host.push([], now_ms, events=[*told, *late])
    assert [one["id"] for one in follower.follow(0.0)] == ["late"], "a late event is told, and none a second time"


def test_full_pages_are_fetched_at_once(shared, shared_keys, machine, now_ms, monkeypatch):
    monkeypatch.setattr(following, "PAGE", 2)
    host = machine("flw-many")
    follower = Follower(
        client(shared.url, shared_keys["read"]), f"/hosts/{host.id}/events", "many.*", 0.01, pytest.fail
    )
    follower.begin(0)
    host.push([], now_ms, events=[{"id": f"m{n}", "at": now_ms, "kind": "many.x", "data": {}} for n in range(7)])
    assert [one["id"] for one in follower.follow(1.5)] == [f"m{n}" for n in range(7)]


def test_the_backlog_is_told_oldest_first_and_not_again():
    begun, found, told, heard = followed(page("5", "b", "a"), page("6", "b", "c"))
    assert (begun, found, told) == (["a", "b"], ["c"], [])
    assert b"after=5" in heard[1]
    assert b"after=6" in heard[2]
    assert followed(page("5", "b", "a"), page("6"), backlog=1)[0] == ["b"]


def test_an_absence_is_told_once_and_nothing_is_lost():
    _, found, told, heard = followed(page("5", "a"), b"", http("502 Bad", "x"), page("7", "b", "c"), seconds=3.0)
    assert found == ["b", "c"]
    assert len(told) == 2
    assert "nothing is lost" in told[0]
    assert told[1] == "The collector is back."
    assert all(b"after=5" in one for one in heard[1:4])


def test_a_restored_collector_is_begun_anew():
    gone = http("400 Bad", '{"error": "unknown_place", "message": "m"}')
    old = page("3", "new", "a", received="2026-11-18T11:06:40Z")
    begun, found, told, _ = followed(page("9", "a"), gone, old, page("3"))
    assert (begun, found) == (["a"], ["new"])
    assert "events may be missing" in told[0]


def test_what_will_not_get_better_ends_it():
    refused = http("401 No", '{"error": "unauthorized", "message": "m"}')
    with pytest.raises(Failure) as caught:
        followed(page("5"), refused)
    assert caught.value.exit_code == 7
    with pytest.raises(Failure):
        followed(http("400 Bad", '{"error": "invalid_parameter", "message": "m"}'))


def test_pauses_grow_and_have_a_bound():
    follower = Follower(client("http://127.0.0.1"), "/events", None, 2.0, lambda _: None)
    pauses = [follower._missed(Failure(4, "x", "y")) for _ in range(12)]
    assert pauses[:4] == [2.0, 4.0, 8.0, 16.0]
    assert pauses[-1] == following.PAUSE_SECONDS_MAX


def test_what_is_remembered_has_a_bound():
    follower = Follower(client("http://127.0.0.1"), "/events", None, 2.0, lambda _: None)
    for number in range(following.SEEN_MAX + 10):
        assert follower._is_new({"host": "h", "id": str(number)})
    assert len(follower._seen) == following.SEEN_MAX
    assert not follower._is_new({"host": "h", "id": str(following.SEEN_MAX)})
    assert follower._is_new({"host": "other", "id": str(following.SEEN_MAX)})
