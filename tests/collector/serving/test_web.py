"""gunicorn is set up with bounds, without surprises."""

import resource
import ssl

import pytest

from wakeful_collector import config
from wakeful_collector.serving import certificate, web


@pytest.fixture
def load(tmp_path):
    return lambda **environ: config.load({f"WAKEFUL_{name}": value for name, value in environ.items()}, tmp_path)


def test_the_inherited_socket_is_used_when_there_is_one(load):
    assert web.gunicorn_settings(load(), 7)["bind"] == "fd://7"
    assert web.gunicorn_settings(load(LISTEN="127.0.0.1:9000"), None)["bind"] == "127.0.0.1:9000"


def test_nothing_is_left_behind_and_nobody_is_believed(load):
    chosen = web.gunicorn_settings(load(), None)
    assert chosen["control_socket_disable"] is True
    assert chosen["forwarded_allow_ips"] == ""
    assert chosen["accesslog"] is None
    assert chosen["http_parser"] == "auto"
    assert chosen["keepalive"] >= 75
    assert "certfile" not in chosen


def test_trusted_proxies_are_believed(load):
    chosen = web.gunicorn_settings(load(TRUSTED_PROXIES="127.0.0.1,10.0.0.0/8"), None)
    assert chosen["forwarded_allow_ips"] == "127.0.0.1,10.0.0.0/8"


def test_a_network_may_be_written_by_one_of_its_addresses(load):
    server = web.WebServer(lambda: load(TRUSTED_PROXIES="10.0.0.9/8,2001:db8::5/64"), 5, lambda: None)
    assert server.cfg.forwarded_allow_ips == ["10.0.0.0/8", "2001:db8::/64"]


def test_gunicorn_takes_every_setting(load, tmp_path):
    path, key = certificate.self_signed(tmp_path / "tls", ["localhost"], 1_763_719_200_000)
    server = web.WebServer(lambda: load(TLS_CERTIFICATE=str(path), TLS_KEY=str(key)), 5, lambda: None)
    assert server.cfg.address == [5]
    assert server.cfg.is_ssl
    assert server.cfg.forwarded_allow_ips == []


def test_old_tls_is_not_spoken():
    context = web._tls_context(None, lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_many_connections_are_allowed_as_far_as_the_system_lets_it():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, before[1]))
        allowed = web.allow_many_connections()
        assert allowed == resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        assert allowed > 256
        assert web.allow_many_connections() == allowed
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
