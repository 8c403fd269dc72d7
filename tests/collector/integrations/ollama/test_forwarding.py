"""Headers that go through, and those that do not."""

from __future__ import annotations

from wakeful_collector.integrations.ollama.forwarding import answer_headers, request_headers

URL = "http://192.0.2.9:11434"


def test_the_clients_own_headers_go_through_and_ours_stay_here() -> None:
    environ = {
        "REQUEST_METHOD": "POST",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "12",
        "HTTP_HOST": "gate:8800",
        "HTTP_ACCEPT": "*/*",
        "HTTP_X_STAINLESS_RETRY_COUNT": "1",
        "HTTP_AUTHORIZATION": "Bearer ours",
        "HTTP_X_API_KEY": "ours",
        "HTTP_X_CSRF_TOKEN": "t",
        "HTTP_COOKIE": "c",
        "HTTP_ORIGIN": "http://gate",
        "HTTP_EXPECT": "100-continue",
        "HTTP_TE": "trailers",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_CONNECTION": "close, X-Mine",
        "HTTP_X_MINE": "1",
        "HTTP_WAKEFUL_SECRET": "1",
        "wsgi.input": None,
    }
    assert request_headers(environ, "192.0.2.9:11434", "") == {
        "Host": "192.0.2.9:11434",
        "Accept": "*/*",
        "X-Stainless-Retry-Count": "1",
        "Content-Type": "application/json",
    }


def test_the_upstreams_own_key_is_said_in_place_of_ours() -> None:
    found = request_headers({"HTTP_AUTHORIZATION": "Bearer ours"}, "h", "theirs")
    assert found == {"Host": "h", "Authorization": "Bearer theirs"}


def test_an_upstream_may_not_speak_for_the_collector() -> None:
    said = [
        ("Content-Type", "application/x-ndjson"),
        ("Transfer-Encoding", "chunked"),
        ("Connection", "keep-alive, X-Theirs"),
        ("X-Theirs", "1"),
        ("Set-Cookie", "wakeful-8800=stolen"),
        ("Clear-Site-Data", '"*"'),
        ("Date", "now"),
        ("Server", "x"),
        ("X-Request-Id", "a\r\n b"),
    ]
    assert answer_headers(said, "/ollama", URL) == [("Content-Type", "application/x-ndjson"), ("X-Request-Id", "a   b")]


def test_redirects_to_the_upstream_lead_through_the_gateway() -> None:
    def led(location: str) -> str:
        [(_, value)] = answer_headers([("location", location)], "/ollama/box", URL)
        return value

    assert led("/api/tags?x=1") == "/ollama/box/api/tags?x=1"
    assert led(f"{URL}/api/tags") == "/ollama/box/api/tags"
    assert led("https://ollama.com/x") == "https://ollama.com/x"
    assert led("tags") == "tags"


def test_what_would_break_an_answers_frame_is_left_out() -> None:
    def told(*said: tuple[str, str]) -> list[tuple[str, str]]:
        return answer_headers(said, "/ollama", URL)

    assert told(("content-length", "5")) == [("Content-Length", "5")]
    assert told(("Content-Length", "5"), ("Content-Length", "5")) == [("Content-Length", "5")]
    assert told(("Content-Length", "5, 5")) == [("Content-Length", "5")]
    for lengths in (("abc",), ("-5",), ("+5",), ("5", "6"), ("",), ("\u0665",)):
        assert told(*(("Content-Length", one) for one in lengths)) == []
    assert told(("Content-Length", "50"), ("Transfer-Encoding", "chunked")) == []
    assert told(("X-A", "a\x01b"), ("X B", "1"), ("X-C", "\x7f"), ("X-D", "\u20ac"), ("X-E", "\xe9")) == [
        ("X-E", "\xe9")
    ]


def test_an_upstream_gives_no_orders_to_a_server_before_the_collector() -> None:
    said = [("X-Accel-Redirect", "/etc/"), ("X-Sendfile", "/etc/passwd"), ("Wakeful-State", "asleep"), ("X-Ok", "1")]
    assert answer_headers(said, "/ollama", URL) == [("X-Ok", "1")]
