import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters.http import HttpMeter, Wish, judge, parse_wish
from wakeful_agent.network import tls
from wakeful_agent.network.visit import Visit

HOST = Host("/nowhere")


def read(*targets, **options):
    meter = HttpMeter()
    meter.configure({"targets": list(targets), **options})
    reading = meter.read(HOST, 0)
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
    return values, reading.inventories["http"]


@pytest.mark.parametrize(
    ("words", "wish"),
    [
        ({}, Wish([(200, 399)])),
        ({"status": "204"}, Wish([(204, 204)])),
        (
            {"status": "200-299,301", "match": "all well", "method": "head", "redirects": "3"},
            Wish([(200, 299), (301, 301)], "all well", "HEAD", 3),
        ),
        ({"pin": "sha256:" + "a" * 64}, Wish([(200, 399)], pin="sha256:" + "a" * 64)),
    ],
)
def test_what_is_expected(words, wish):
    assert parse_wish(words) == wish


@pytest.mark.parametrize(
    "words",
    [
        {"nonsense": "1"},
        {"method": "DELETE"},
        {"redirects": "11"},
        {"redirects": "000099"},
        {"redirects": "1" * 5_000},
        {"redirects": "\u0663"},
        {"redirects": "-1"},
        {"status": "ok"},
        {"status": ""},
        {"status": "200-"} | {"status": "20-299"},
        {"pin": "abc"},
        {"pin": "sha256:abc"},
    ],
)
def test_what_cannot_be_expected(words):
    with pytest.raises(Malformed):
        parse_wish(words)


@given(st.dictionaries(st.sampled_from(["status", "match", "method", "redirects", "pin"]), st.text()))
def test_no_words_break_it(words):
    try:
        parse_wish(words)
    except Malformed:
        return


def test_what_is_wrong_with_an_answer():
    page = Visit(200, {}, b"all well", {})
    assert judge(Wish(), page) == ""
    assert judge(Wish(match="all well"), page) == ""
    assert judge(Wish(match="all ill"), page) == "the expected text is not in its answer"
    assert judge(Wish([(204, 204), (300, 310)]), page) == "answers with status 200"
    assert judge(Wish(), Visit(None, {}, b"", {}, None, "expired")) == "its certificate is not trusted: expired"


def test_urls_that_answer_as_they_should_and_those_that_do_not(paged):
    url = paged({"/ok": "all well", "/bad": 500, "/other": "no"})
    values, rows = read(
        f'ok={url}/ok match="all well"',
        f"bad={url}/bad?token=geheim",
        f"odd={url}/bad status=500",
        f"other={url}/other match=well",
    )
    assert {key: value for key, value in values.items() if "duration" not in key[0]} == {
        ("http.up", "ok"): 1.0,
        ("http.status_code", "ok"): 200,
        ("http.size", "ok"): 8,
        ("http.matched", "ok"): 1.0,
        ("http.up", "bad"): 0.0,
        ("http.status_code", "bad"): 404,
        ("http.size", "bad"): 2,
        ("http.up", "odd"): 1.0,
        ("http.status_code", "odd"): 500,
        ("http.size", "odd"): 2,
        ("http.up", "other"): 0.0,
        ("http.status_code", "other"): 200,
        ("http.size", "other"): 2,
        ("http.matched", "other"): 0.0,
    }
    assert 0 < values["http.phase.duration", "wait", "ok"] < values["http.duration", "ok"] < 5
    assert [row["state"] for row in rows] == ["up", "down", "up", "down"]
    assert rows[1]["error"] == "answers with status 404"
    assert rows[1]["url"] == f"{url}/bad"


def test_a_trusted_certificate_and_when_it_ends(answered, certificate):
    url = f"https://{answered(PAGE, 'tls').address}/"
    values, [row] = read(f"a={url}", ca_file=str(certificate / "cert.pem"))
    assert values["http.up", "a"] == 1
    assert time.time() < values["tls.certificate.expires", "a"] < time.time() + 2 * 86_400
    assert values["tls.certificate.trusted", "a"] == 1
    assert values["http.phase.duration", "tls", "a"] > 0
    assert row["certificate_subject"] == row["certificate_issuer"] == "CN=127.0.0.1"
    assert row["certificate_names"] == "127.0.0.1"
    assert row["certificate_problem"] == ""


PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def test_a_certificate_nobody_trusts_still_says_when_it_ends(answered, certificate):
    url = f"https://{answered(PAGE, 'tls').address}/"
    pin = tls.fingerprint_of((certificate / "cert.der").read_bytes())
    values, rows = read(f"a={url}", f"b={url} pin={pin}")
    assert values["http.up", "a"] == 0
    assert values["http.status_code", "a"] is None
    assert values["http.duration", "a"] is None
    assert values["tls.certificate.trusted", "a"] == 0
    assert values["tls.certificate.expires", "a"] == rows[0]["certificate_expires_ms"] / 1000 > time.time()
    assert rows[0]["error"] == "its certificate is not trusted: " + rows[0]["certificate_problem"]
    assert rows[0]["certificate_problem"].replace("-", " ") == "self signed certificate"
    assert values["http.up", "b"] == values["tls.certificate.trusted", "b"] == 1


def test_redirects_are_followed_as_far_as_wished(answered):
    def answer(asked):
        path = asked.split(b" ")[1]
        if path == b"/end":
            return PAGE
        return b"HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (
            b"/end" if path == b"/b" else b"/b"
        )

    url = f"http://{answered(answer).address}"
    values, rows = read(f"a={url}/a", f"b={url}/a redirects=1", f"c={url}/a redirects=5 status=200")
    assert [values["http.status_code", name] for name in "abc"] == [302, 302, 200]
    assert [row["url"] for row in rows] == [f"{url}/a", f"{url}/b", f"{url}/end"]


def test_a_secret_is_not_told_to_where_a_redirect_leads(made, tmp_path, answered):
    other = answered(PAGE)
    first = answered(
        b"HTTP/1.1 301 Moved\r\nLocation: http://%s/\r\nContent-Length: 0\r\n\r\n" % other.address.encode()
    )
    host = made({"secret": "me:geheim\n"})
    (tmp_path / "secret").chmod(0o600)
    meter = HttpMeter()
    meter.configure(
        {"targets": [f"http://{first.address}/ redirects=1"], "credentials": [f"http://{first.address}=/secret"]}
    )
    assert meter.read(host, 0).trouble is None
    assert b"Authorization: Basic" in first.asked[0]
    assert b"Authorization" not in other.asked[0]


def test_fifty_slow_ones_fit_into_the_time(served):
    def serve(channel):
        channel.recv(4096)
        time.sleep(0.3)
        channel.sendall(PAGE)

    url = f"http://{served(serve).address}"
    begun = time.monotonic()
    values, _ = read(*[f"t{number}={url}/{number}" for number in range(50)])
    assert time.monotonic() - begun < 5
    assert all(values["http.up", f"t{number}"] == 1 for number in range(50))


def test_who_is_late_is_told_in_the_same_words_each_time(answered, served):
    slow = served(lambda channel: time.sleep(0.5)).address
    first = answered(f"HTTP/1.1 301 Moved\r\nLocation: http://{slow}/\r\nContent-Length: 0\r\n\r\n".encode()).address
    _, rows = read(f"http://{first}/ redirects=1", f"http://{slow}/", timeout_seconds=0.2)
    assert [row["error"] for row in rows] == [f"{slow} does not answer within 0.2 s"] * 2


def test_targets_that_cannot_be_asked(served):
    values, rows = read(
        "a=ftp://x/", "b=http://a/ nonsense=1", "c=http://me:geheim@a/", f"d=http://{served(lambda _: None).address}/"
    )
    assert set(values.values()) == {0.0}
    assert "geheim" not in repr(rows)
    assert "nonsense= is not known" in rows[1]["error"]


def test_hostile_names_in_a_certificate_and_a_page(answered):
    page = b"HTTP/1.1 200 \x1b[31m\r\nServer: <script>\r\nContent-Length: 4\r\n\r\n\x00\x01\xff<"
    values, rows = read(f"a=http://{answered(page).address}/ match=\x01")
    assert values["http.up", "a"] in {0.0, 1.0}
    assert "<script>" not in repr(rows)
