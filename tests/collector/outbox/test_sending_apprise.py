"""Apprise, in the child it runs in: a real SMTP server, a real JSON receiver, and what no plugin may do."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest
from aiosmtpd.controller import Controller

from wakeful_collector.outbox import calling
from wakeful_collector.outbox.sending_apprise import forbidden, known

from ...fakes.webhook_receiver import make_certificate, receiver, slow_receiver

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = """
import socket, subprocess, sys, os
from wakeful_collector.outbox.sending_apprise import guard
refused = guard(allow_private=True)
for attempt in (
    lambda: subprocess.run(["true"]),
    lambda: os.system("true"),
    lambda: os.posix_spawn("/bin/true", ["true"], {}),
    lambda: socket.socket().bind(("127.0.0.1", 0)),
    lambda: socket.socket().connect(("169.254.169.254", 80)),
    lambda: socket.socket(socket.AF_UNIX).connect("/dev/log"),
    lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("169.254.169.254", 514)),
):
    try:
        attempt()
    except PermissionError:
        pass
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5):
    pass
print(len(refused))
"""


class Mailbox:
    """Keeps the mail that an SMTP server takes."""

    def __init__(self) -> None:
        self.mail: list[Any] = []
        self.refuses = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the server calls it so
        if self.refuses:
            return "550 SecretAda is not known here"
        self.mail.append((envelope.mail_from, envelope.rcpt_tos, message_from_bytes(envelope.content, policy=default)))
        return "250 OK"


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    mailbox = Mailbox()
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    listener.close()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def send(url: str, **more: Any) -> dict[str, Any]:
    asked = {"kind": "apprise", "url": url, "title": "survival is down", "text": "line one\nline two", **more}
    return calling.call(asked, 20)


def test_mail_arrives_whole() -> None:
    with mail_server() as (mailbox, port):
        url = f"mailto://127.0.0.1:{port}/?from=wakeful@example.org&to=ada@example.org&format=text&mode=insecure"
        assert send(url, level="failure") == {"outcome": "delivered", "error": ""}
        [(sender, to, mail)] = mailbox.mail
    assert (sender, to) == ("wakeful@example.org", ["ada@example.org"])
    assert mail["subject"] == "survival is down"
    body = mail.get_body(("plain",)).get_content()
    assert "line one" in body
    assert "line two" in body


def test_a_mail_server_that_refuses_is_a_failure_without_names() -> None:
    with mail_server() as (mailbox, port):
        mailbox.refuses = True
        found = send(f"mailto://127.0.0.1:{port}/?from=wakeful@example.org&to=SecretAda@example.org&mode=insecure")
        assert not mailbox.mail
    assert found["outcome"] == "failed"
    assert "SecretAda" not in found["error"]


def test_a_json_receiver_gets_it() -> None:
    with receiver() as door:
        url = f"json://127.0.0.1:{door.port}/hooks/PathIsASecret"
        assert send(url, level="no level")["outcome"] == "delivered"
        [got] = door.received
    assert (got["document"]["title"], got["document"]["message"]) == ("survival is down", "line one\nline two")


def test_what_it_answers_is_told_without_the_address() -> None:
    with receiver(answer=lambda _: (503, {})) as door:
        found = send(f"json://ada:PasswordOfAda@127.0.0.1:{door.port}/hooks/PathIsASecret")
        assert len(door.received) >= 1
    assert found["outcome"] == "failed"
    assert found["error"]
    assert "PathIsASecret" not in repr(found)
    assert "PasswordOfAda" not in repr(found)


def test_redirects_are_not_followed() -> None:
    with receiver() as elsewhere, receiver(answer=lambda _: (307, {"Location": elsewhere.url})) as door:
        assert send(f"json://127.0.0.1:{door.port}/x")["outcome"] == "failed"
        assert door.received
        assert not elsewhere.received


def test_tls_is_verified(tmp_path: Path) -> None:
    with receiver(make_certificate(tmp_path)) as door:
        assert send(f"jsons://127.0.0.1:{door.port}/x")["outcome"] == "failed"
        assert not door.received


def test_a_receiver_that_hangs_is_left_after_the_time_is_over() -> None:
    with slow_receiver(trickles=True) as (url, heard):
        began = time.monotonic()
        asked = {
            "kind": "apprise",
            "url": url.replace("http:", "json:") + "?rto=300&cto=300",
            "title": "t",
            "text": "x",
        }
        found = calling.call(asked, 8)
        assert found == {"outcome": "failed", "error": "it took longer than 8 s and was ended"}
        assert time.monotonic() - began < 16
        assert heard


def test_addresses_are_judged_when_a_connection_is_made() -> None:
    found = send("json://169.254.169.254/latest/meta-data", allow_private=True)
    assert (found["outcome"], "never asked" in found["error"]) == ("refused", True)
    with receiver() as door:
        url = f"mailto://wakeful.example/?smtp=127.0.0.1&port={door.port}&from=a@wakeful.example&to=b@wakeful.example&mode=insecure"
        refused = send(url)
        assert refused["outcome"] == "refused"
        assert "private address" in refused["error"]


def test_looking_says_what_apprise_knows() -> None:
    assert send("ntfy://wakeful-topic", check=True) == {"outcome": "known", "error": "", "service": "ntfy"}
    for url in ("nothing://x", "json://", "syslog://", "dbus://", "gnome://"):
        assert send(url, check=True)["outcome"] == "refused", url
    assert known("ntfy://wakeful-topic").service_name == "ntfy"


def test_no_plugin_starts_a_program_listens_or_asks_where_it_may_not() -> None:
    with receiver() as door:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(door.port)], capture_output=True, text=True, timeout=60, check=False
        )
    assert (ran.returncode, ran.stdout.strip()) == (0, "7"), ran.stderr


@pytest.mark.parametrize(
    ("event", "family", "address", "refused"),
    [
        ("socket.connect", socket.AF_INET, ("93.184.216.34", 443), False),
        ("socket.connect", socket.AF_INET, ("10.0.0.5", 443), True),
        ("socket.connect", socket.AF_UNIX, "/dev/log", True),
        ("socket.sendto", socket.AF_INET6, ("::1", 514, 0, 0), True),
        ("socket.sendmsg", socket.AF_INET, ("10.0.0.5", 514), True),
        ("socket.sendmsg", socket.AF_INET, None, False),
        ("open", socket.AF_INET, ("10.0.0.5", 443), False),
    ],
)
def test_the_rule_itself(event: str, family: int, address: Any, refused: bool) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        assert bool(forbidden(event, (one, address), allow_private=False)) is refused
    assert forbidden("os.fork", (), allow_private=True)
    assert forbidden("socket.bind", (), allow_private=True)
