import pathlib

import pytest

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters import fail2ban
from wakeful_agent.meters.fail2ban import Fail2banMeter

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "fail2ban"
ANSWERS = f"""case "$*" in
"status") cat {CAPTURED}/status;;
"version") echo 1.0.2;;
"status sshd") cat {CAPTURED}/status-sshd;;
"status nginx-botsearch") cat {CAPTURED}/status-nginx-botsearch;;
*) exit 255;;
esac"""


@pytest.fixture
def host(tmp_path):
    """Give a host whose fail2ban-client and sudo are scripts; what was asked stands in `asked`."""

    def make(client=ANSWERS, sudo=None):
        scripts = {"fail2ban-client": client} | ({} if sudo is None else {"sudo": sudo})
        for name, script in scripts.items():
            program = tmp_path / name
            program.write_text(f'#!/bin/sh\necho "{name} $*" >> {tmp_path}/asked\n{script}\n')
            program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),), user_id=0 if sudo is None else 1000)

    return make


def asked(tmp_path, name="fail2ban-client"):
    lines = (tmp_path / "asked").read_text().splitlines()
    return [line.removeprefix(name + " ") for line in lines if line.startswith(name + " ")]


def values(reading):
    return {
        (one.name.removeprefix("fail2ban."), *dict(one.labels).values()): value
        for one, value in zip(reading.series, reading.values)
    }


SSHD = {
    ("failures.current", "sshd"): 1,
    ("failures", "sshd"): 1,
    ("bans.current", "sshd"): 2,
    ("bans", "sshd"): 2,
}


def test_the_jails_with_what_they_did(host, tmp_path):
    meter = Fail2banMeter()
    reading = meter.read(host(), 0)
    assert values(reading) == {("up",): 1, ("jails",): 2, **SSHD} | {
        (name, "nginx-botsearch"): 0 for name in ("failures.current", "failures", "bans.current", "bans")
    }
    document = reading.inventories["fail2ban"]
    assert (document["version"], document["error"], document["left_out"]) == ("1.0.2", "", 0)
    assert document["jails"][1] == {
        "jail": "sshd",
        "state": "active",
        "watches": ["/var/log/auth.log"],
        "addresses": ["192.0.2.7", "2001:db8::5"],
        "banned": 2,
    }
    meter.read(host(), 60_000)
    assert asked(tmp_path).count("version") == 1, "the version is asked once a day"
    meter.read(host(), 86_400_000)
    assert asked(tmp_path).count("version") == 2


def test_addresses_stay_here_when_they_are_not_to_be_sent(host):
    meter = Fail2banMeter()
    meter.configure({"addresses": False})
    jails = meter.read(host(), 0).inventories["fail2ban"]["jails"]
    assert [jail["addresses"] for jail in jails] == [[], []]
    assert [jail["banned"] for jail in jails] == [0, 2]


def test_a_server_that_is_down_is_data_and_a_failure(host):
    said = "2026-11-21 15:30:41,240 fail2ban [1]: ERROR   Failed to access socket path: /x.sock. Is fail2ban running?"
    reading = Fail2banMeter().read(host(f"echo '{said}' >&2; exit 255"), 0)
    assert values(reading) == {("up",): 0, ("jails",): None}
    assert str(reading.trouble) == "fail2ban-client: Failed to access socket path: /x.sock. Is fail2ban running?"
    assert "Is fail2ban running" in reading.inventories["fail2ban"]["error"]


def test_one_jail_that_fails_costs_only_itself(host):
    broken = ANSWERS.replace(f"cat {CAPTURED}/status-nginx-botsearch", "echo garbage")
    reading = Fail2banMeter().read(host(broken), 0)
    found = values(reading)
    assert found[("bans", "nginx-botsearch")] is None
    assert {key: found[key] for key in SSHD} == SSHD
    assert isinstance(reading.trouble, Malformed)
    assert [jail["state"] for jail in reading.inventories["fail2ban"]["jails"]] == ["unknown", "active"]


def test_a_jail_that_is_stopped_meanwhile_is_gone(host):
    stopped = "echo \"Sorry but the jail 'nginx-botsearch' does not exist\" >&2; exit 255"
    reading = Fail2banMeter().read(host(ANSWERS.replace(f"cat {CAPTURED}/status-nginx-botsearch", stopped)), 0)
    assert values(reading) == {("up",): 1, ("jails",): 2, **SSHD}
    assert reading.trouble is None


def test_a_client_that_hangs_is_waited_for_once(host, tmp_path, monkeypatch):
    monkeypatch.setattr(fail2ban, "_SECONDS", 0.5)
    reading = Fail2banMeter().read(host(ANSWERS.replace(f"cat {CAPTURED}/status-nginx-botsearch", "exec sleep 60")), 0)
    assert isinstance(reading.trouble, Late)
    assert values(reading)[("bans", "sshd")] is None
    assert "status sshd" not in asked(tmp_path)


@pytest.mark.parametrize("client", ["echo garbage", "true", "exit 3", "exec yes", "echo '{\"a\"'"])
def test_garbage_is_no_server_without_jails(host, client):
    reading = Fail2banMeter().read(host(client), 0)
    assert values(reading) == {("up",): 0, ("jails",): None}
    assert isinstance(reading.trouble, HostError)


def test_too_many_jails_are_counted(host, monkeypatch):
    monkeypatch.setattr(fail2ban, "_JAILS_MAX", 1)
    reading = Fail2banMeter().read(host(), 0)
    assert reading.inventories["fail2ban"]["left_out"] == 1
    assert values(reading)[("jails",)] == 2


def test_another_socket_is_named_to_the_client(host, tmp_path):
    meter = Fail2banMeter()
    meter.configure({"socket": "/run/other.sock"})
    meter.read(host(), 0)
    assert asked(tmp_path) == ["-s /run/other.sock status"]


def test_without_sudo_it_is_refused_and_the_exact_lines_are_told(host, tmp_path):
    refusing = host(sudo="echo 'sudo: a password is required' >&2; exit 1")
    with pytest.raises(Denied, match="a password is required"):
        Fail2banMeter().read(refusing, 0)
    found = Fail2banMeter().probe(refusing)
    assert (found.available, found.reason) == (False, "sudo: a password is required")
    client = tmp_path / "fail2ban-client"
    assert f'NOPASSWD: {client} status, {client} version"' in found.fix
    assert found.exposes


def test_a_jail_that_sudo_does_not_permit_is_refused_and_told(host, tmp_path):
    meter = Fail2banMeter()
    partly = host(sudo='shift; case "$*" in *sshd) echo "sudo: a password is required" >&2; exit 1;; esac; exec "$@"')
    reading = meter.read(partly, 0)
    assert isinstance(reading.trouble, Denied)
    assert values(reading)[("bans", "sshd")] is None
    assert values(reading)[("bans", "nginx-botsearch")] == 0
    client = tmp_path / "fail2ban-client"
    assert f'{client} status nginx-botsearch, {client} status sshd"' in meter.probe(partly).fix


def test_the_probe_of_root_and_of_nothing(host, tmp_path):
    found = Fail2banMeter().probe(host())
    assert (found.available, found.reason) == (True, "")
    nothing = Fail2banMeter().probe(Host(str(tmp_path), programs=()))
    assert (nothing.available, nothing.fix) == (False, "apt install fail2ban")
