from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link import clusters, privileges, trial

from .....fakes.proxmox import raw

if TYPE_CHECKING:
    from pathlib import Path

    from .....fakes.proxmox import FakeCluster

TOKEN = "wakeful@pve!wakeful"


def tried(pve: Any, wants: str = "look", secret: str = "s3cret-uuid", **more: Any) -> list[trial.Check]:
    given = {"name": "home", "hosts": [pve.host], "login": TOKEN, "ca": pve.ca, **more}
    found = trial.hosts(clusters.check(given), secret, wants, clock.now_ms())
    return [check for one in found for check in one.checks]


def failed(checks: list[trial.Check]) -> trial.Check:
    bad = [one for one in checks if one.state == "failed"]
    assert len(bad) == 1, bad
    assert bad[0].hint
    return bad[0]


@pytest.fixture
def cluster(pve: FakeCluster) -> FakeCluster:
    pve.token(TOKEN, "s3cret-uuid")
    for feature in privileges.wanted("look"):
        for privilege, path in feature.needs:
            pve.grant("wakeful@pve", path, privilege)
    return pve


def test_all_is_well_and_nothing_was_changed(cluster: FakeCluster) -> None:
    checks = tried(cluster)
    assert {one.state for one in checks} == {"ok"}
    assert [one.name for one in checks][:3] == ["port", "certificate", "login"]
    assert checks[-1].name == "cluster"
    assert "fakecluster" in checks[-1].text
    assert not cluster.writes()


def test_a_name_that_has_no_address(cluster: FakeCluster) -> None:
    found = failed(tried(cluster, hosts=["no-such-host.invalid"]))
    assert found.name == "name"
    assert "no-such-host.invalid has no address" in found.text


def test_a_port_at_which_nobody_listens(cluster: FakeCluster) -> None:
    found = failed(tried(cluster, hosts=["127.0.0.1:1"]))
    assert (found.name, found.text) == ("port", "127.0.0.1 port 1: Connection refused")
    assert "pveproxy" in found.hint


def test_a_host_that_is_silent(cluster: FakeCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: Any) -> None:
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", late)
    found = failed(tried(cluster))
    assert "within 5 s" in found.text
    assert "firewall" in found.hint


def test_a_port_that_speaks_no_tls(cluster: FakeCluster) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        plain.settimeout(30)
        import threading

        done = threading.Thread(target=_hang_up_twice, args=(plain,))
        done.start()
        found = failed(tried(cluster, hosts=[f"127.0.0.1:{plain.getsockname()[1]}"]))
        done.join()
    assert found.name == "certificate"
    assert "speaks no TLS" in found.text


def _hang_up_twice(plain: socket.socket) -> None:
    for _ in range(2):
        talk = plain.accept()[0]
        talk.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
        talk.close()


def test_a_certificate_that_is_not_trusted(cluster: FakeCluster) -> None:
    found = failed(tried(cluster, ca=""))
    assert found.name == "certificate"
    assert cluster.fingerprint in found.text
    assert f"wakeful proxmox trust home {cluster.fingerprint}" in found.hint
    cluster.renew()
    assert "none of the fingerprints" in failed(tried(cluster, ca="", fingerprints=["ab" * 32])).text
    assert not cluster.requests()


def test_a_certificate_for_another_name(cluster: FakeCluster) -> None:
    cluster.renew("pve7.lan", "pve7")
    assert "it is made out to pve7.lan, pve7: name the host so" in failed(tried(cluster)).hint
    assert "pve-root-ca" not in failed(tried(cluster)).hint


def test_a_certificate_that_ends_soon(cluster: FakeCluster) -> None:
    cluster.renew(days_left=3)
    found = [one for one in tried(cluster) if one.state == "warning"]
    assert "ends in 2 days" in found[0].text
    assert "pvenode" in found[0].hint
    cluster.renew(days_left=60)
    assert {one.state for one in tried(cluster)} == {"ok"}


def test_a_wrong_secret(cluster: FakeCluster) -> None:
    found = failed(tried(cluster, secret="another"))
    assert found.name == "login"
    assert "pveum user token list wakeful@pve" in found.hint
    assert "another" not in str(found).replace("its secret is another", "")
    password = failed(tried(cluster, login="root@pam", secret="hush"))
    assert "realm" in password.hint
    cluster.put("tfa", True)
    assert "second factor" in failed(tried(cluster, login=cluster.user, secret=cluster.password)).text


def test_what_answers_is_something_else(tmp_path: Path) -> None:
    with raw.raw_server(tmp_path) as server:
        server.answers = [raw.said(raw.HTML)]
        assert "not the API" in failed(tried(server)).hint
        server.answers = [raw.said({"data": None}, 500, "boom")]
        assert "journalctl" in failed(tried(server)).hint


def test_a_token_without_rights(pve: FakeCluster) -> None:
    pve.token(TOKEN, "s3cret-uuid")
    pve.grant("somebody@pve", "/", "Sys.Audit")
    found = failed(tried(pve))
    assert found.name == "privileges"
    assert "everything would look empty" in found.text
    pve.put("users", {"somebody-else@pve": "horse"})
    assert "has no rights at all" in failed(tried(pve, login="somebody-else@pve", secret="horse")).text


def test_rights_for_a_part(cluster: FakeCluster) -> None:
    cluster.grant(TOKEN, "/vms/100", "VM.PowerMgmt")
    checks = {one.name: one for one in tried(cluster, "act")}
    assert checks["start and stop"].state == "partly"
    assert "/vms/100" in checks["start and stop"].text
    assert checks["snapshots"].state == "failed"
    assert "VM.Snapshot on /vms" in checks["snapshots"].text
    assert trial.document(checks["snapshots"])["ok"] is False


def test_before_9_addresses_are_done_without(cluster: FakeCluster) -> None:
    cluster.version("8.4.1")
    checks = {one.name: one for one in tried(cluster)}
    assert {one.state for one in checks.values()} == {"ok", "partly"}
    assert "VM.Monitor" in checks["addresses of guests"].hint


def test_permissions_that_cannot_be_read(cluster: FakeCluster) -> None:
    cluster.fail("GET", "/access/permissions", 500, "boom")
    cluster.fail("GET", "/cluster/status", 500, "bang")
    texts = [one.text for one in tried(cluster) if one.state == "failed"]
    assert texts == ["they cannot be read: boom", "its state cannot be read: bang"]


def test_the_state_of_the_cluster(cluster: FakeCluster) -> None:
    cluster.node("pve2", online=False)
    assert "1 of 2 nodes are offline: pve2" in tried(cluster)[-1].text
    cluster.quorum(False)
    assert "no quorum" in tried(cluster)[-1].text
    cluster.answer("GET /cluster/status", [{"type": "node", "name": "pve1", "online": 1}])
    assert "a single node: 1 node online" in tried(cluster)[-1].text


@pytest.mark.parametrize(
    ("version", "state"), [("6.4-1", "warning"), ("7.4-3", "ok"), ("10.0", "warning"), ("x", "warning")]
)
def test_versions_that_are_known(cluster: FakeCluster, version: str, state: str) -> None:
    cluster.answer("GET /version", {"version": version})
    assert next(one.state for one in tried(cluster) if one.name == "login") == state


def test_hosts_of_two_clusters(cluster: FakeCluster) -> None:
    other = cluster.clusters.open(authority=cluster.authority)
    other.token(TOKEN, "s3cret-uuid")
    other.put("cluster_name", "elsewhere")
    checks = tried(cluster, hosts=[cluster.host, other.host])
    assert "elsewhere, fakecluster" in failed(checks).text
    other.close()
