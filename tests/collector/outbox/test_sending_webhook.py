"""Webhooks: signed, to the address that was judged, bounded; against a receiver that behaves in every way."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from wakeful_collector.outbox import sending_webhook
from wakeful_collector.outbox.sending_webhook import send, signature

from ...fakes.webhook_receiver import make_certificate, receiver, slow_receiver

SECRET = "a-secret-of-the-channel"
DOCS = Path(__file__).parents[3] / "docs" / "notifications.md"


def request(url: str, **more: Any) -> dict[str, Any]:
    return {
        "url": url,
        "secret": SECRET,
        "allow_private": True,
        "timeout_seconds": 5,
        "delivery": "inc_1.opened.ch_1",
        "now_ms": 1_795_000_000_500,
        "body": '{"id":"inc_1.opened.ch_1"}',
        **more,
    }


def test_a_message_arrives_signed_and_the_docs_say_how_to_verify_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as door:
        assert send(request(door.url + "?to=me")) == {"outcome": "delivered", "error": "", "status": 200}
        [got] = door.received
    assert got["path"] == "/hooks/PathIsASecret?to=me"
    assert got["headers"]["Wakeful-Delivery"] == "inc_1.opened.ch_1"
    assert got["headers"]["Wakeful-Timestamp"] == "1795000000"
    names: dict[str, Any] = {}
    [program] = re.findall(r"```python\n(.*?)```", DOCS.read_text("ascii"), re.DOTALL)
    exec(program, names)
    monkeypatch.setattr("time.time", lambda: 1_795_000_100)
    assert names["is_genuine"](SECRET, got["headers"], got["body"])
    assert not names["is_genuine"](SECRET, got["headers"], got["body"] + b" ")
    assert not names["is_genuine"]("another", got["headers"], got["body"])
    monkeypatch.setattr("time.time", lambda: 1_795_000_500)
    assert not names["is_genuine"](SECRET, got["headers"], got["body"]), "too old"


def test_the_signature_is_what_other_programs_compute() -> None:
    """The figure is from: printf '1795000000.{"a":1}' | openssl dgst -sha256 -hmac a-secret-of-the-channel"""
    wanted = "v1=d80fab1717fb1c7a50e9568174e61ffec0c4117bb996e0411b7b69df7b245432"
    assert signature(SECRET, "1795000000", b'{"a":1}') == wanted
    assert signature(SECRET, "1795000001", b'{"a":1}') != wanted


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "said", "wait_seconds"),
    [
        (503, {"Retry-After": "90"}, "failed", "it answered 503 Service Unavailable", 90.0),
        (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, "failed", "it answered 429 Too Many Requests", 0.0),
        (404, {}, "failed", "it answered 404 Not Found", 0.0),
        (410, {}, "refused", "it answered 410 Gone", 0.0),
        (599, {}, "failed", "it answered 599", 0.0),
    ],
)
def test_what_it_answers_says_what_follows(
    status: int, headers: dict[str, str], outcome: str, said: str, wait_seconds: float
) -> None:
    with receiver(answer=lambda _: (status, headers)) as door:
        found = send(request(door.url))
    assert (found["outcome"], found["error"], found["retry_after_seconds"]) == (outcome, said, wait_seconds)


def test_a_redirect_is_not_followed() -> None:
    with receiver() as elsewhere, receiver(answer=lambda _: (307, {"Location": elsewhere.url})) as door:
        found = send(request(door.url))
        assert found["outcome"] == "failed"
        assert "a redirect, which is not followed" in found["error"]
        assert not elsewhere.received


def test_a_private_address_must_be_meant_and_a_forbidden_one_cannot_be() -> None:
    with receiver() as door:
        assert "allow_private" in send(request(door.url, allow_private=False))["error"]
        assert not door.received
    found = send(request("http://169.254.169.254/latest/meta-data"))
    assert (found["outcome"], "never asked" in found["error"]) == ("refused", True)


def test_a_name_is_judged_by_what_it_resolves_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection goes to the address that was judged, whatever the name means a moment later."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("169.254.169.254", port)), (2, 1, 6, "", ("127.0.0.1", port))]

    with receiver() as door:
        monkeypatch.setattr(sending_webhook.socket, "getaddrinfo", resolve)
        real = sending_webhook.socket.create_connection
        reached: list[Any] = []

        def connect(address: Any, seconds: Any) -> Any:
            reached.append(address)
            monkeypatch.undo()
            return real(address, seconds)

        monkeypatch.setattr(sending_webhook.socket, "create_connection", connect)
        assert send(request(f"http://hooks.example.org:{door.port}/x"))["outcome"] == "delivered"
        assert door.received[0]["headers"]["Host"] == f"hooks.example.org:{door.port}"
    assert asked == ["hooks.example.org"]
    assert reached == [("127.0.0.1", door.port)]


def test_tls_is_verified(tmp_path: Path) -> None:
    with receiver(make_certificate(tmp_path)) as door:
        found = send(request(door.url))
        assert found["outcome"] == "failed"
        assert "its certificate is not trusted" in found["error"]
        assert not door.received


def test_a_pinned_certificate_is_trusted_and_no_other(tmp_path: Path) -> None:
    folder = make_certificate(tmp_path)
    pin = f"sha256:{hashlib.sha256((folder / 'cert.der').read_bytes()).hexdigest()}"
    with receiver(folder) as door:
        assert send(request(door.url, fingerprint=pin))["outcome"] == "delivered"
        found = send(request(door.url, fingerprint="sha256:" + "0" * 64))
        assert (found["outcome"], found["error"]) == ("failed", "its certificate is not the one that was pinned")
        assert len(door.received) == 1


def test_trusted_by_the_machines_own_authorities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "cert.pem"))
    with receiver(folder) as door:
        assert send(request(door.url))["outcome"] == "delivered"


def test_what_speaks_no_tls_or_no_http_or_nothing_is_a_failure() -> None:
    with receiver() as door:
        plain = send(request(door.url.replace("http:", "https:")))
        assert plain["outcome"] == "failed"
    assert send(request(door.url))["error"] == "Connection refused"
    with slow_receiver() as (url, heard):
        found = send(request(url, timeout_seconds=0.3))
        assert (found["outcome"], found["error"]) == ("failed", "it took too long to answer")
        assert heard


@pytest.mark.parametrize("url", ["ftp://example.org/x", "http:///x", "https://"])
def test_what_is_no_address(url: str) -> None:
    assert send(request(url)) == {"outcome": "refused", "error": "it is no http or https URL"}


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/a b", "http://127.0.0.1:9/x?q=\u00fc"])
def test_what_no_request_can_hold_is_refused_at_once(url: str) -> None:
    found = send(request(url, check=True))
    assert found["outcome"] == "refused"
    assert "percent-encoded" in found["error"]


def test_a_port_that_is_none_is_a_failure() -> None:
    assert send(request("http://127.0.0.1:99999/x"))["outcome"] == "failed"


def test_a_name_that_cannot_be_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise sending_webhook.socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(sending_webhook.socket, "getaddrinfo", fail)
    found = send(request("https://hooks.example.org/x"))
    assert (found["outcome"], found["error"]) == ("failed", "its name cannot be resolved: Name or service not known")
    assert send(request("https://hooks.example.org/x", check=True))["outcome"] == "known"
    monkeypatch.setattr(sending_webhook.socket, "getaddrinfo", lambda *_, **__: [])
    assert send(request("https://hooks.example.org/x"))["error"] == "its name has no address"


def test_looking_sends_nothing() -> None:
    with receiver() as door:
        assert send(request(door.url, check=True)) == {"outcome": "known", "error": "", "service": "Webhook"}
        assert not door.received


def test_errors_hold_neither_path_nor_secret() -> None:
    found = send(request("http://127.0.0.1:1/hooks/PathIsASecret"))
    assert "PathIsASecret" not in repr(found)
    assert SECRET not in repr(found)
