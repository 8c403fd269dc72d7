"""Documents in, documents out, errors as sentences."""

import pytest

from wakeful_collector.remote import address, client
from wakeful_collector.remote.client import Client, path, records, refusal
from wakeful_collector.remote.connection import Connection, Way
from wakeful_collector.remote.failure import Failure

from .counterparts import Answering, http

KEY = "wk_key_" + "a" * 32


def made(url, key=KEY):
    return Client(Connection(Way(address.parse(url)), 5.0), key)


def refused(*answers, tries=1):
    with Answering(*answers) as there:
        with pytest.raises(Failure) as caught:
            made(there.url).get("/hosts")
        assert len(there.heard) == tries
    return caught.value


def test_paths_hold_hostile_words():
    assert path("hosts", "a/../b?c#d") == "/hosts/a%2F..%2Fb%3Fc%23d"


def test_a_served_collector(shared, shared_keys, machine):
    machine("cln-a")
    machine("cln-b")
    asks = made(shared.url, shared_keys["read"])
    assert asks.now_ms == 0
    assert asks.get("/me")["scopes"] == ["read"]
    assert asks.now_ms > 1_700_000_000_000
    names = [one["name"] for one in asks.pages("/hosts", "hosts", search="cln-", limit=1)]
    assert names == ["cln-a", "cln-b"]
    assert len(list(asks.pages("/hosts", "hosts", 1, search="cln-", limit=1))) == 1
    assert len(list(asks.pages("/hosts", "hosts", 1, search="cln-", limit=9))) == 1
    asks.close()


@pytest.mark.parametrize(
    ("target", "scope", "code", "exit_code"),
    [
        ("/hosts/nobody", "read", "unknown_host", 5),
        ("/audit", "read", "forbidden", 7),
        ("/hosts?limit=x", "read", "invalid_parameter", 2),
        ("/never-offered", "read", "not_offered", 1),
    ],
)
def test_refusals_of_a_served_collector(shared, shared_keys, target, scope, code, exit_code):
    with pytest.raises(Failure) as caught:
        made(shared.url, shared_keys[scope]).get(target)
    assert (caught.value.code, caught.value.exit_code) == (code, exit_code)


def test_a_key_that_is_not_valid(shared):
    with pytest.raises(Failure) as caught:
        made(shared.url).get("/hosts")
    assert (caught.value.exit_code, "wakeful login" in caught.value.hint) == (7, True)
    assert KEY not in caught.value.message


def test_busy_is_waited_out():
    busy = http("503 Busy", '{"error": "busy", "message": "disk"}', "Retry-After: 0")
    with Answering(busy, busy, http("200 OK", '{"hosts": []}')) as there:
        assert made(there.url).get("/hosts") == {"hosts": []}
        assert len(there.heard) == 3


def test_busy_for_too_long_is_said(monkeypatch):
    monkeypatch.setattr(client, "BUSY_SECONDS_MAX", 0.15)
    busy = http("503 Busy", '{"error": "busy", "message": "the disk is full"}', "Retry-After: 0")
    problem = refused(busy, tries=2)
    assert (problem.exit_code, "the disk is full" in problem.message) == (4, True)
    assert refused(http("429 Many", '{"error": "too_often", "message": "m"}', "Retry-After: x")).exit_code == 7


@pytest.mark.parametrize(
    ("answer", "code", "exit_code"),
    [
        (http("302 Found", "{}", "Location: https://evil.example/\x1b"), "moved", 4),
        (http("200 OK", "<html>"), "no_collector", 4),
        (http("200 OK", "[]"), "no_collector", 4),
        (http("502 Bad Gateway", "<html>"), "no_collector", 4),
        (http("404 Not Found", "nothing"), "no_collector", 4),
        (http("421 Misdirected", '{"error": "unknown_name", "message": "hosts_allowed"}'), "unknown_name", 4),
        (http("500 Oh", '{"error": "internal", "message": "reference 12ab"}'), "internal", 1),
        (http("409 Conflict", '{"error": "not_announced", "message": "no"}'), "not_announced", 7),
    ],
)
def test_other_answers(answer, code, exit_code):
    problem = refused(answer)
    assert (problem.code, problem.exit_code) == (code, exit_code)


def test_a_key_never_follows_a_redirect():
    with Answering(http("200 OK")) as elsewhere, Answering(http("302 F", "{}", f"Location: {elsewhere.url}")) as there:
        with pytest.raises(Failure):
            made(there.url).get("/hosts")
        assert elsewhere.heard == []


def test_lists_that_are_none():
    for document in ({}, {"hosts": 5}, {"hosts": [5]}, None):
        with pytest.raises(Failure, match="no list of hosts"):
            records(document, "hosts")
    assert refusal(400, {"error": "invalid", "message": "m"}, "a", "t").exit_code == 2
    assert client._clock_ms("Wed, 18 Nov 2026 11:06:40 GMT") == 1_795_000_000_000
    assert client._clock_ms("soon") == 0


@pytest.mark.parametrize(
    ("status", "code", "said", "message", "hint"),
    [
        (
            404,
            "unknown_command",
            "no such command; GET /api/v1/commands lists them",
            "no such command",
            "wakeful commands",
        ),
        (404, "unknown_delivery", "there is no delivery 'x'", "there is no delivery 'x'", "wakeful deliveries"),
        (403, "forbidden", "it needs the scope gateway", "it needs the scope gateway", "--scope gateway"),
        (403, "forbidden", "not for you", "not for you", "--scope operate"),
        (403, "forbidden", "needs the scope root; rm", "needs the scope root; rm", "--scope operate"),
    ],
)
def test_refusals_name_the_way_out_of_the_command_line(status, code, said, message, hint):
    found = refusal(status, {"error": code, "message": said}, "https://x", "/y")
    assert found.message == message
    assert found.hint.removesuffix(" lists them").endswith(hint)
