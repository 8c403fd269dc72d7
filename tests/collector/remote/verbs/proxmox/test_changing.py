"""add, change, remove: the clusters that the collector knows."""

import pytest

from wakeful_collector.remote.failure import NOT_FOUND, OK, REFUSED, USAGE


@pytest.fixture
def token(tmp_path, estate):
    file = tmp_path / "token"
    file.write_text(f"{estate.pve.secret}\n")
    return file


@pytest.fixture
def second(proxmox, estate, token):
    words = ("add", "second", f"hosts={estate.pve.host}", f"login={estate.pve.token_id}", f"secret=@{token}")
    yield words
    proxmox("remove", "second", "--yes")


def test_a_cluster_is_added_tested_and_removed(proxmox, estate, second, tmp_path):
    (tmp_path / "ca.pem").write_text(estate.pve.ca)
    ran = proxmox(*second, f"ca=@{tmp_path / 'ca.pem'}")
    assert ran.code == OK
    assert ran.out.startswith("done add second")
    assert "what is wanted there works" in ran.out
    assert estate.pve.secret not in ran.out + ran.err
    assert proxmox(*second).code == REFUSED  # there is one already
    assert proxmox("change", "second", "poll_seconds=30").code == REFUSED  # nobody is there to say yes
    assert proxmox("change", "second", "poll_seconds=30", "--yes", "--no-test").out == "done change second\n"
    assert "30" in proxmox("clusters", "second").out
    assert proxmox("remove", "second").code == REFUSED
    assert proxmox("remove", "second", "--yes", "--json").document["operation"] == "proxmox.cluster.remove"
    assert proxmox("clusters", "second").code == NOT_FOUND


def test_a_certificate_that_nobody_vouches_for_is_explained(proxmox, second, estate):
    ran = proxmox(*second)
    assert ran.code == OK
    assert estate.pve.fingerprint in ran.out
    assert "wakeful proxmox trust second" in ran.out


def test_whoever_sits_there_is_asked_to_trust_it(at_terminal, second, estate):
    sits = at_terminal(*second)
    sits.read_until(r"Go on\? \[y/N\]")
    assert estate.pve.fingerprint in sits.seen
    sits.type("y\n")
    assert sits.wait() == OK
    assert "what is wanted there works" in sits.seen


def test_secrets_never_stand_in_a_command_line(proxmox, estate):
    ran = proxmox("add", "third", f"hosts={estate.pve.host}", "login=root@pam!x", "secret=hush-hush")
    assert (ran.code, "hush" in ran.err) == (USAGE, False)
    assert proxmox("add", "third", "login=root@pam!x").code == USAGE
    assert proxmox("add", "third", "nonsense=1").code == USAGE


def test_a_test_that_cannot_be_done_does_not_undo(proxmox, second, monkeypatch):
    from wakeful_collector.remote.failure import Failure
    from wakeful_collector.remote.proxmox import testing

    def fail(_session, _asked):
        raise Failure(4, "timeout", "it took too long")

    monkeypatch.setattr(testing, "tested", fail)
    ran = proxmox(*second)
    assert (ran.code, "could not be done: it took too long" in ran.err) == (OK, True)
