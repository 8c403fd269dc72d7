"""The fake cluster is as strict as pveproxy where fakepve alone is not, and tells what it was asked."""

from __future__ import annotations

import json
import ssl
from http.client import HTTPSConnection
from typing import TYPE_CHECKING, Any

import pytest

from .proxmox import FakeCluster, proxmox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def pve() -> Iterator[FakeCluster]:
    with proxmox() as cluster:
        yield cluster


def ask(pve: FakeCluster, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str, Any]:
    context = ssl.create_default_context(cadata=pve.ca)
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    connection = HTTPSConnection("127.0.0.1", pve.port, context=context, timeout=30)
    try:
        sent = {"Authorization": f"PVEAPIToken={pve.token_id}={pve.secret}", **headers}
        connection.request(method, f"/api2/json{path}", body, sent, encode_chunked="Transfer-Encoding" in headers)
        answer = connection.getresponse()
        return answer.status, answer.reason, json.loads(answer.read())
    finally:
        connection.close()


def test_guests_requests_and_errors(pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"cores": 2})
    pve.ct(200, "db")
    found = ask(pve, "GET", "/cluster/resources?type=vm")[2]["data"]
    assert {one["vmid"] for one in found} == {100, 200}
    assert pve.requests()[-1] == ("GET", "/cluster/resources", {"type": "vm"}, {})
    assert not pve.writes()
    pve.fail("GET", "/version", 500, "boom", times=1)
    assert ask(pve, "GET", "/version")[:2] == (500, "boom")
    assert ask(pve, "GET", "/version")[0] == 200
    assert ask(pve, "PUT", "/nodes/pve1/qemu/100/config", "cores=4")[0] == 200
    assert pve.writes() == [("PUT", "/nodes/pve1/qemu/100/config", {}, {"cores": "4"})]
    assert pve.get("pending", guest=100) == {"cores": "4"}
    pve.forget(100)
    assert [one["vmid"] for one in ask(pve, "GET", "/cluster/resources?type=vm")[2]["data"]] == [200]


def test_what_the_real_server_refuses(pve: FakeCluster) -> None:
    pve.vm(100, "web")
    assert ask(pve, "DELETE", "/nodes/pve1/qemu/100", "purge=1")[0] == 501
    assert ask(pve, "POST", "/nodes/pve1/qemu", iter([b"vmid=101"]), **{"Transfer-Encoding": "chunked"})[0] == 501
    assert ask(pve, "GET", "/no/such/path")[0] == 501
    assert ask(pve, "PUT", "/nodes/pve1/qemu/100/config")[:2] == (500, "no options specified")
    pve.version("8.4.1")
    assert ask(pve, "PUT", "/nodes/pve1/qemu/100/config")[2] == {"data": None}
    pve.fail("GET", "/version", 500, "boom")
    assert ask(pve, "GET", "/version") == (500, "boom", {"data": None})


def test_answers_of_a_test_and_another_certificate(pve: FakeCluster) -> None:
    pve.answer("GET /cluster/backup", [{"id": "backup-1"}])
    assert ask(pve, "GET", "/cluster/backup")[2]["data"] == [{"id": "backup-1"}]
    assert ask(pve, "GET", "/cluster/backup", Authorization="PVEAPIToken=a@pam!b=c")[0] == 401
    known = pve.fingerprint
    assert pve.renew() != known
    assert ask(pve, "GET", "/version")[0] == 200
    pve.stop()
    with pytest.raises(ConnectionRefusedError):
        ask(pve, "GET", "/version")
    pve.start()
    assert ask(pve, "GET", "/version")[0] == 200


def test_two_clusters_know_nothing_of_each_other(pve: FakeCluster) -> None:
    other = pve.clusters.open()
    other.vm(100, "there")
    assert ask(pve, "GET", "/cluster/resources?type=vm")[2]["data"] == []
    assert ask(other, "GET", "/cluster/resources?type=vm")[2]["data"][0]["name"] == "there"
