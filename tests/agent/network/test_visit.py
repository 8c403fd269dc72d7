import socket
import time

import pytest

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.network import tls
from wakeful_agent.network.place import parse_url
from wakeful_agent.network.visit import PHASES, visit

PAGE = b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 5\r\n\r\nhello"


def go(end, scheme="http", host=None, **options):
    address = end.address.replace("127.0.0.1", host or "127.0.0.1")
    return visit(parse_url(f"{scheme}://{address}/a?b"), **options)


def test_a_page_and_its_phases(served):
    def serve(channel):
        assert channel.recv(4096).startswith(b"GET /a?b HTTP/1.1\r\nHost: ")
        time.sleep(0.05)
        channel.sendall(PAGE[:-2])
        time.sleep(0.05)
        channel.sendall(PAGE[-2:])

    found = go(served(serve))
    assert (found.status, found.body, found.headers["server"]) == (200, b"hello", "x")
    assert set(found.phases) == set(PHASES) - {"tls"}
    assert found.phases["wait"] > 0.04
    assert found.phases["transfer"] > 0.04
    assert found.phases["connect"] < 0.04
    assert found.certificate is None


def test_how_it_is_asked(answered):
    end = answered(b"HTTP/1.1 204 No\r\n\r\n")
    go(end, method="HEAD", headers={"Authorization": "Bearer geheim"})
    assert end.asked[0].startswith(b"HEAD /a?b")
    assert b"Authorization: Bearer geheim\r\n" in end.asked[0]


def test_a_trusted_certificate(answered, certificate):
    found = go(answered(PAGE, "tls"), "https", ca_file=str(certificate / "cert.pem"))
    assert found.status == 200
    assert set(found.phases) == set(PHASES)
    assert found.certificate.subject == "CN=127.0.0.1"
    assert found.distrust == ""


def test_a_certificate_that_is_not_trusted_is_told_and_nothing_is_asked(answered):
    end = answered(PAGE, "tls")
    found = go(end, "https", headers={"Authorization": "Bearer geheim"})
    assert found.status is None
    assert found.distrust.replace("-", " ") == "self signed certificate"
    assert found.certificate.expires_ms > time.time() * 1000
    assert b"geheim" not in b"".join(end.asked)
    assert b"GET" not in b"".join(end.asked)


def test_a_certificate_for_another_name(answered, certificate):
    found = go(answered(PAGE, "tls"), "https", "localhost", ca_file=str(certificate / "cert.pem"))
    assert found.status is None
    assert "localhost" in found.distrust


def test_a_pinned_certificate(answered, certificate):
    end = answered(PAGE, "tls")
    pin = tls.fingerprint_of((certificate / "cert.der").read_bytes())
    assert go(end, "https", fingerprint=pin).status == 200
    found = go(end, "https", fingerprint="sha256:" + "0" * 64)
    assert found.status is None
    assert found.distrust == f"it is {pin}"
    assert found.certificate is not None


def test_who_shows_a_certificate_once_and_never_again(served):
    calls = []

    def serve(channel):
        calls.append(1)
        channel.recv(100)

    end = served(serve, "tls")
    context, once = end.context, []

    class Once:
        def wrap_socket(self, channel, server_side):
            once.append(1)
            if len(once) > 1:
                channel.close()
                raise OSError("gone")
            return context.wrap_socket(channel, server_side=server_side)

    end.context = Once()
    found = go(end, "https")
    assert (found.status, found.certificate) == (None, None)
    assert "self" in found.distrust


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"SSH-2.0\r\n", "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n", "more than"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "closed"),
    ],
)
def test_answers_that_are_none(answered, answer, error):
    with pytest.raises(Malformed, match=error):
        go(answered(answer))


def test_nobody_there_and_no_such_name(answered):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(HostError, match=f"nothing listens at 127.0.0.1:{port}"):
        visit(parse_url(f"http://127.0.0.1:{port}/"))
    with pytest.raises(HostError, match="cannot be looked up"):
        visit(parse_url("http://nobody.invalid/"))
    with pytest.raises(HostError, match="speaks no TLS"):
        go(answered(b"x" * 100), "https")


def test_one_deadline_over_all(served):
    def drip(channel):
        while True:
            channel.sendall(b"x")
            time.sleep(0.05)

    begun = time.monotonic()
    with pytest.raises(Late, match="does not answer within 0"):
        go(served(drip), timeout_seconds=0.3)
    assert time.monotonic() - begun < 15
    with pytest.raises(Late):
        go(served(lambda channel: time.sleep(1)), timeout_seconds=0.0)


def test_the_addresses_of_a_name_are_tried_in_turn(answered):
    end = answered(PAGE)  # on 127.0.0.1 alone; localhost is ::1 too where the machine has IPv6
    assert go(end, host="localhost").status == 200
    with pytest.raises(HostError, match="cannot be looked up"):
        go(end, family="ipv6")
