"""Real HTTP servers: what they answer, how they fail."""

from __future__ import annotations

import contextlib
import http.server
import socket
import threading
from typing import TYPE_CHECKING, Any, Iterator

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.watch import DOWN, UNKNOWN, UP
from wakeful_agent.watches.http import HttpWatch, parse_statuses

if TYPE_CHECKING:
    from pathlib import Path


@contextlib.contextmanager
def server(status: int = 200, body: bytes = b"all is well") -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{made.server_address[1]}/health"
        made.shutdown()


@contextlib.contextmanager
def end(answer: bytes | None) -> Iterator[str]:
    """Take one connection, answer it (None: never), hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    channel, _ = listening.accept()
                    if answer is None:
                        held.append(channel)
                        continue
                    with channel:
                        channel.recv(4096)
                        channel.sendall(answer)

        held: list[socket.socket] = []
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
        for channel in held:
            channel.close()


def watch(url: str, **options: Any) -> HttpWatch:
    return HttpWatch("it", {"url": url, "timeout_seconds": 5.0, **options})


def test_an_answer_as_it_should_be() -> None:
    with server() as url:
        sight = watch(url, match="is well").look(Host(), 0)
    assert (sight.state, sight.data) == (UP, {"status": 200})


@pytest.mark.parametrize(
    ("status", "wanted", "state"), [(503, "200-399", DOWN), (401, "200,401", UP), (302, "200", DOWN)]
)
def test_statuses(status: int, wanted: str, state: str) -> None:
    with server(status) as url:
        sight = watch(url, status=wanted).look(Host(), 0)
    assert sight.state == state
    assert sight.data == {"status": status}


def test_an_answer_without_the_text() -> None:
    with server() as url:
        assert watch(url, match="fine").look(Host(), 0).detail == "the expected text is not in its answer"


def test_what_hangs_talks_nonsense_or_hangs_up_is_down() -> None:
    with end(None) as url:
        assert "does not answer within" in watch(url, timeout_seconds=0.3).look(Host(), 0).detail
    with end(b"hello\r\n\r\n") as url:
        assert watch(url).look(Host(), 0).state == DOWN
    with end(b"") as url:
        assert watch(url).look(Host(), 0).state == DOWN


def test_what_does_not_listen_is_down_and_what_nobody_finds_says_nothing() -> None:
    with server() as url:
        pass
    assert "nothing listens" in watch(url).look(Host(), 0).detail
    assert watch("http://no-such-host.invalid/").look(Host(), 0).state == UNKNOWN


def test_a_certificate_that_is_not_trusted_is_no_reason_to_restart(tls_door: Any, certificate: Path) -> None:
    sight = watch(tls_door.url).look(Host(), 0)
    assert sight.state == UNKNOWN
    assert "certificate" in sight.detail
    trusted = watch(tls_door.url, ca_file=str(certificate / "cert.pem"), status="501")
    assert trusted.look(Host(), 0).state == UP


def test_what_the_file_says_wrong() -> None:
    assert HttpWatch.check({"url": "ftp://x"})[0].startswith("url ")
    assert HttpWatch.check({"url": "http://x", "status": "2xx"})[0].startswith("status ")
    assert HttpWatch.check({"url": "http://x", "status": "399-200"})[0].startswith("status "), (
        "nothing would ever fit it"
    )
    assert parse_statuses("200, 301-302") == [(200, 200), (301, 302)]
    assert HttpWatch.subject({"url": "HTTP://Example.org:80/a#b"}) == "http://example.org/a"
