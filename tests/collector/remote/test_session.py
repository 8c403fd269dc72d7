"""What every command works with."""

import pytest

from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.profiles import Profile
from wakeful_collector.remote.session import Session, connect, host_path


@pytest.fixture
def session(shared, shared_keys, home):
    made = Session({"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["read"]})
    yield made
    made.close()


def refused(session, name):
    with pytest.raises(Failure) as caught:
        session.host(name)
    return caught.value


def test_hosts_are_found_by_whole_name_or_id(session, machine):
    one = machine("ssn-web")
    machine("ssn-web-2")
    assert session.host("ssn-web")["id"] == one.id
    assert session.host("SSN-WEB")["id"] == one.id
    assert session.host(one.id)["name"] == "ssn-web"
    assert session.host_id(None) is None
    assert session.host_id("ssn-web") == one.id
    assert host_path({"id": "a b"}, "events") == "/hosts/a%20b/events"


def test_part_of_a_name_is_not_enough_to_act_on(session, machine):
    machine("ssn-only-one")
    problem = refused(session, "ssn-only")
    assert (problem.exit_code, problem.code) == (5, "unknown_host")
    assert "did you mean ssn-only-one?" in problem.message
    assert "did you mean ssn-only-one?" in refused(session, "ssn-onyl-one").message
    assert "did you mean" not in refused(session, "zzzzqqqq").message


def test_a_name_that_two_have_is_asked_back(session, machine):
    ids = {machine("ssn-twin").id, machine("ssn-twin").id}
    problem = refused(session, "ssn-twin")
    assert problem.exit_code == 2
    assert all(one in problem.hint for one in ids)


def test_a_host_is_found_among_hundreds_whose_names_hold_its_own(data, session):
    from wakeful_collector import clock
    from wakeful_collector.store import agents
    from wakeful_collector.store.changes import changing

    names = [f"a-ssn-many-{number}" for number in range(205)] + ["ssn-many"]
    with changing(data) as connection:
        for number, name in enumerate(names):
            newcomer = agents.Newcomer(name, f"{number:064x}", version="0.1.0")
            agents.add(connection, f"ssnmany{number:05}", newcomer, clock.now_ms())
    try:
        assert session.host("ssn-many")["id"] == "ssnmany00205"
    finally:
        with changing(data) as connection:
            for number in range(len(names)):
                agents.forget(connection, f"ssnmany{number:05}", clock.now_ms())


def test_ages_are_told_by_the_collectors_clock(session):
    session.client.get("/me")
    assert session.now_ms == session.client.now_ms


def test_a_wrong_fingerprint_is_said_before_anything_is_sent():
    with pytest.raises(Failure) as caught:
        connect(Profile("lab", "https://x.example", "k", "sha256:1"), {}, 5)
    assert "64 hexadecimal" in caught.value.message


def test_nobody_there_says_no(session, monkeypatch, tmp_path):
    (tmp_path / "empty").touch()
    with (tmp_path / "empty").open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        with pytest.raises(Failure) as caught:
            session.confirm("Do it.", "changes", "web", sure=False)
        assert (caught.value.exit_code, "--yes" in caught.value.hint) == (7, True)
        assert session.confirm("Do it.", "changes", "web", sure=True) is None
        assert session.confirm("Look.", "none", "web", sure=False) is None
