"""The collector's own certificate: made once, private, renewed in time, its fingerprint as agents see it."""

import hashlib
import os
import socket
import ssl
import threading

from wakeful_collector.serving import certificate

NOW_MS = 1_763_719_200_000
DAY_MS = 86_400_000


def test_it_is_made_once_and_kept(tmp_path):
    first = certificate.self_signed(tmp_path / "tls", ["a.lan", "127.0.0.1"], NOW_MS)
    before = first[0].read_bytes()
    assert certificate.self_signed(tmp_path / "tls", ["a.lan"], NOW_MS + DAY_MS) == first
    assert first[0].read_bytes() == before
    for path in first:
        assert path.stat().st_mode & 0o077 == 0
    assert certificate.is_self_signed(first[0])


def test_it_is_renewed_before_it_expires(tmp_path):
    path, _ = certificate.self_signed(tmp_path, ["a.lan"], NOW_MS)
    before = certificate.fingerprint(path)
    late_ms = NOW_MS + (certificate.VALID_DAYS - 10) * DAY_MS
    assert 9 < certificate.days_left(path, late_ms) < 11
    certificate.self_signed(tmp_path, ["a.lan"], late_ms)
    assert certificate.fingerprint(path) != before
    assert certificate.days_left(path, late_ms) > 3_000


def test_what_a_killed_process_left_behind_is_in_nobodys_way(tmp_path):
    (tmp_path / f".self.key.{os.getpid()}").write_bytes(b"half")
    path, key = certificate.self_signed(tmp_path, ["a.lan"], NOW_MS)
    assert key.read_bytes().startswith(b"-----BEGIN")
    assert sorted(tmp_path.iterdir()) == [path, key]


def test_the_fingerprint_is_that_of_the_certificate_a_client_receives(tmp_path):
    path, key = certificate.self_signed(tmp_path, certificate.names_of_this_machine(), NOW_MS)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path, key)
    client = ssl.create_default_context(cafile=path)
    ours, theirs = socket.socketpair()

    def serve():
        with server.wrap_socket(theirs, server_side=True) as channel:
            channel.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    with client.wrap_socket(ours, server_hostname="localhost") as channel:
        der = channel.getpeercert(binary_form=True)
        channel.send(b"x")
    thread.join()
    assert certificate.fingerprint(path) == "sha256:" + hashlib.sha256(der).hexdigest()
