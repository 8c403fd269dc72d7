from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from urllib3.exceptions import ConnectTimeoutError

from wakeful_collector.integrations.proxmox.link import answers, clusters
from wakeful_collector.integrations.proxmox.link import client as clients
from wakeful_collector.integrations.proxmox.link.client import Client
from wakeful_collector.integrations.proxmox.link.errors import PveError

from .....fakes.proxmox import raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .....fakes.proxmox import FakeCluster

NOBODY = "127.0.0.1:1"


def opened(pve: Any, **more: Any) -> Client:
    given = {"name": "home", "hosts": [pve.host], "login": "root@pam!wakeful", "ca": pve.ca, **more}
    return Client(clusters.check(given), "0a1b2c3d-0000-4000-8000-00000000beef")


def refused(client: Client, path: str = "/version", method: str = "get") -> PveError:
    with pytest.raises(PveError) as caught:
        getattr(client, method)(path)
    return caught.value


@pytest.fixture
def server(tmp_path: Path) -> Iterator[raw.RawServer]:
    with raw.raw_server(tmp_path) as made:
        yield made


def test_reading_and_writing(pve: FakeCluster) -> None:
    pve.vm(100, "web", status="running", config={"cores": 1})
    client = opened(pve)
    assert [one["vmid"] for one in client.rows("/cluster/resources", type="vm")] == [100]
    assert client.one("/version")["version"]
    assert client.put("/nodes/pve1/qemu/100/config", cores=4, onboot=True, boot=None) is None
    assert client.post("/nodes/pve1/qemu/100/status/stop").startswith("UPID:pve1:")
    client.delete("/nodes/pve1/qemu/100", purge=True)
    asked = [(one.method, one.query, one.form) for one in pve.writes()]
    assert asked == [("PUT", {}, {"cores": "4", "onboot": "1"}), ("POST", {}, {}), ("DELETE", {"purge": "1"}, {})]
    assert client.requests == 5
    assert client.counts == {"GET": 2, "PUT": 1, "POST": 1, "DELETE": 1}
    client.close()
    assert client.get("/version")


def test_a_list_is_sent_as_repeated_parameters(server: raw.RawServer) -> None:
    client = opened(server)
    client.post("/x", a=["1", None, True], b="\xe9 &")
    assert server.heard[-1].body == b"a=1&a=1&b=%C3%A9+%26"
    assert server.heard[-1].headers["content-length"] == "20"
    assert "transfer-encoding" not in server.heard[-1].headers


def test_another_host_is_asked_where_one_cannot_be_reached(pve: FakeCluster) -> None:
    client = opened(pve, hosts=[NOBODY, pve.host])
    assert client.get("/version")
    assert client.host == pve.host
    assert client.troubles[NOBODY].kind == "unreachable"
    assert "Connection refused" in client.troubles[NOBODY].text
    before = client.requests
    client.get("/version")
    assert client.requests == before + 1
    pve.stop()
    error = refused(client, method="post")
    assert (error.kind, error.uncertain) == ("unreachable", False)
    assert NOBODY in error.text
    assert pve.host in error.text
    pve.start()
    assert client.get("/version")
    assert pve.host not in client.troubles


def test_a_name_without_an_address(pve: FakeCluster) -> None:
    error = refused(opened(pve, hosts=["no-such-host.invalid"]))
    assert error.kind == "unreachable"
    assert "no-such-host.invalid" in error.text


def test_only_the_certificate_that_is_trusted_hears_the_secret(pve: FakeCluster) -> None:
    assert opened(pve, ca="", fingerprints=[pve.fingerprint]).get("/version")
    known = pve.fingerprint
    pinned, signed = opened(pve, ca="", fingerprints=[known]), opened(pve)
    pve.renew()
    count = len(pve.requests())
    error = refused(pinned)
    assert error.kind == "tls"
    assert pve.fingerprint in error.text
    assert refused(opened(pve, ca="")).kind == "tls"
    pve.renew("elsewhere.example.org")
    assert "not trusted" in refused(signed).text
    pve.renew(days_left=-1)
    assert "expired" in refused(signed).text
    assert len(pve.requests()) == count
    pve.renew()
    assert signed.get("/version")


def test_a_host_that_is_silent() -> None:
    error = clients._unconnected("pve1", ConnectTimeoutError(None, "timed out"), "/version")
    assert (error.kind, error.text) == ("unreachable", "pve1: nobody answers within 5 s")


def test_a_port_without_tls(server: raw.RawServer) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as plain:
        done = threading.Thread(target=lambda: _answer_plainly(plain))
        done.start()
        error = refused(opened(server, hosts=[f"127.0.0.1:{plain.getsockname()[1]}"]))
        done.join()
    assert error.kind == "tls"
    assert "speaks no TLS" in error.text


def _answer_plainly(listening: Any) -> None:
    with listening.accept()[0] as talk:
        talk.recv(1_000)
        talk.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_an_authority_that_cannot_be_used(server: raw.RawServer) -> None:
    broken = clusters.Cluster("home", (server.host,), "root@pam!x", ca="-----BEGIN CERTIFICATE-----\n")
    with pytest.raises(PveError, match="cannot be used") as caught:
        Client(broken, "s").get("/version")
    assert caught.value.kind == "tls"


def test_a_password_signs_in_and_again_when_the_ticket_is_gone(pve: FakeCluster) -> None:
    pve.vm(100, "web")
    given = {"name": "home", "hosts": [pve.host], "login": pve.user, "ca": pve.ca}
    client = Client(clusters.check(given), pve.password)
    client.post("/nodes/pve1/qemu/100/status/start")
    pve.call("revoke_tickets")
    client.post("/nodes/pve1/qemu/100/status/stop")
    assert [one.path for one in pve.requests()].count("/access/ticket") == 2
    wrong = refused(Client(clusters.check(given), "hush-hush"))
    assert wrong.kind == "auth"
    assert "hush-hush" not in str(wrong)
    pve.put("tfa", True)
    assert "API token" in refused(Client(clusters.check(given), pve.password)).text


def test_refusals_have_kinds_whatever_the_version(pve: FakeCluster) -> None:
    pve.vm(100, "web")
    pve.grant("root@pam", "/", "Sys.Audit")
    for version in ("7.4-3", "8.4.1", "9.0.10"):
        pve.version(version)
        client = opened(pve)
        assert refused(client, "/nodes/pve1/qemu/999/config").kind == "missing"
        assert refused(client, "/nowhere").kind == "unsupported"
        assert refused(client, "/nodes/pve1/qemu/100/config", "put").text == "no options specified"
        pve.token("nobody@pve!tt")
        other = opened(pve, login="nobody@pve!tt")
        error = refused(other, "/nodes/pve1/qemu/100/config")
        assert error.kind == "forbidden"
        assert "VM.Audit" in error.text
    pve.offline("pve1")
    assert refused(opened(pve), "/nodes/pve1/qemu/100/config").kind == "node_unreachable"


def test_reading_is_tried_twice_and_writing_once(server: raw.RawServer) -> None:
    client = opened(server)
    server.answers = [raw.GONE, raw.said({"data": [1]}), raw.said({"data": None})]
    assert client.get("/x") == [1]
    server.answers = [raw.GONE]
    error = refused(client, method="post")
    assert (error.kind, error.uncertain) == ("unreachable", True)
    assert [one.method for one in server.heard] == ["GET", "GET", "POST"]
    assert refused(client).kind == "unreachable"
    assert len(server.heard) == 5


@pytest.mark.parametrize("method", ["post", "get"])
def test_tls_that_breaks_after_something_was_asked_is_no_reason_to_ask_another_host(
    server: raw.RawServer, tmp_path: Path, method: str
) -> None:
    """It has arrived; another host would do it a second time."""
    with raw.raw_server(tmp_path / "breaking") as breaking:

        def no_record(_heard: raw.Heard) -> bytes:
            os.write(breaking._open[-1].fileno(), b"\x17\x03\x03\x00\x20" + b"x" * 32)
            return raw.GONE

        breaking.answers = [no_record]
        pins = [breaking.shown.fingerprint, server.shown.fingerprint]
        client = opened(server, hosts=[breaking.host, server.host], ca="", fingerprints=pins)
        error = refused(client, method=method)
        assert len(breaking.heard) == (1 if method == "post" else 2)
    assert (error.kind, error.uncertain) == ("unreachable", True)
    assert server.heard == []


def test_an_answer_that_drips_is_waited_for_no_longer_than_others(server: raw.RawServer) -> None:
    def drip(_heard: raw.Heard) -> bytes:
        talk = server._open[-1]
        talk.sendall(raw.said(b"", length=1_000))
        for _ in range(50):
            talk.sendall(b" ")
            if server.released.wait(0.1):
                break
        return raw.GONE

    server.answers = [drip]
    given = {"name": "home", "hosts": [server.host], "login": "root@pam!wakeful", "ca": server.ca}
    began = time.monotonic()
    error = refused(Client(clusters.check(given), "secret", answer_seconds=0.5))
    assert (error.kind, error.text) == ("unreachable", "it takes too long to answer")
    assert time.monotonic() - began < 3


def test_what_changes_something_never_takes_a_used_connection(server: raw.RawServer) -> None:
    client = opened(server)
    client.get("/x")
    server.answers = [raw.said({"data": "UPID"})]
    server.keeps = False
    assert client.post("/x") == "UPID"
    assert client.get("/x") == "UPID"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (raw.said(raw.HTML), "garbled"),
        (raw.said(b'{"data": [{"vmid": 1'), "garbled"),
        (raw.said(b""), "garbled"),
        (raw.said([1]), "garbled"),
        (raw.said({"data": None}), "garbled"),
        (raw.said({"success": 1}), "garbled"),
        (raw.said(b"[" * 100_000), "garbled"),
        (raw.said({}, 204, "No Content"), "garbled"),
        (raw.said(raw.HTML, 301, "Moved"), "garbled"),
        (raw.said(raw.HTML, 502, "Bad Gateway"), "unreachable"),
        (raw.said({"data": None}, 595, "Connection refused"), "node_unreachable"),
        (raw.said({"data": None}, 596, "Connection timed out"), "node_unreachable"),
        (raw.said(b'{"data"', length=100), "unreachable"),
        (b"nonsense\r\n\r\n", "unreachable"),
    ],
)
def test_what_is_no_answer_never_looks_like_an_empty_list(server: raw.RawServer, answer: bytes, kind: str) -> None:
    server.answers, server.keeps = [answer], False
    with pytest.raises(PveError) as caught:
        opened(server).rows("/cluster/resources")
    assert caught.value.kind == kind, caught.value


def test_lists_and_objects_are_told_apart(server: raw.RawServer) -> None:
    client = opened(server)
    server.answers = [raw.said({"data": {}})]
    with pytest.raises(PveError, match="no list"):
        client.rows("/x")
    server.answers = [raw.said({"data": [1]})]
    with pytest.raises(PveError, match="no list"):
        client.rows("/x")
    with pytest.raises(PveError, match="no object"):
        client.one("/x")


def test_a_write_in_doubt_says_so(server: raw.RawServer) -> None:
    client = opened(server)
    for answer, doubt in (
        (raw.said({"data": None}, 596, "timeout"), True),
        (raw.said({"data": None}, 595, "refused"), False),
        (raw.said(raw.HTML), True),
        (raw.said({"data": None}, 500, "VM is locked (backup)"), False),
    ):
        server.answers = [answer]
        assert refused(client, method="post").uncertain is doubt


def test_the_reason_phrase_is_read_as_it_was_meant(server: raw.RawServer) -> None:
    server.answers = [raw.said({"data": None}, 500, "Z\xfcrich ist weg")]
    assert refused(opened(server)).text == "Z\xfcrich ist weg"
    server.answers = [raw.said(raw.HTML, 500, "Oops")]
    assert refused(opened(server)).text == "Oops (502 Bad Gateway)"


def test_an_echoed_secret_is_blotted_out(server: raw.RawServer) -> None:
    client = opened(server)
    secret = client._secret
    server.answers = [raw.said({"data": None, "errors": {"a": f"bad {secret}"}}, 400, f"no {secret}")]
    error = refused(client)
    assert secret not in str(error)
    assert "***" in str(error)


def test_too_much_and_too_slow(server: raw.RawServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "BODY_BYTES_MAX", 1_000)
    server.answers = [raw.said({"data": ["x" * 5_000]})]
    assert "more than 1000 bytes" in refused(opened(server)).text
    monkeypatch.undo()

    def hang(_heard: raw.Heard) -> bytes:
        server.released.wait(30)
        return b""

    server.answers = [hang]
    slow = Client(opened(server).cluster, "s", answer_seconds=0.3)
    error = refused(slow, method="post")
    assert (error.kind, error.uncertain) == ("unreachable", True)
    assert "in time" in error.text
    server.answers = [raw.said({"data": [1]})]
    late = Client(opened(server).cluster, "s", answer_seconds=30)
    monkeypatch.setattr(clients.clock, "monotonic_seconds", iter([0.0, 99.0, 99.0, 99.0]).__next__)
    assert "too long" in refused(late).text
    monkeypatch.setattr(clients.clock, "monotonic_seconds", iter([0.0, 99.0, 99.0, 99.0]).__next__)
    error = refused(late, method="post")
    assert ("too long" in error.text, error.uncertain) == (True, True), "it was carried out, as far as anybody knows"


def test_several_threads_ask_at_once(pve: FakeCluster) -> None:
    client = opened(pve, login=pve.user)
    client._secret = pve.password
    client._signer._secret = pve.password
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(client.get("/version"))) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(found) == 8
    assert [one.path for one in pve.requests()].count("/access/ticket") == 1


def test_a_flaky_network_is_read_through(pve: FakeCluster) -> None:
    pve.flaky(drop_rate=0.3)
    client = opened(pve)
    outcomes = []
    for _ in range(30):
        try:
            outcomes.append("" if client.get("/version") else "empty")
        except PveError as error:
            outcomes.append(error.kind)
    assert set(outcomes) <= {"", "unreachable"}
    assert outcomes.count("") > 15
