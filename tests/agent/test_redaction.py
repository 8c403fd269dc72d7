"""What is a secret goes, what is none stays, whatever stands around it."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wakeful_agent.redaction import MARK, redact, redact_command

SECRET = st.text("abcdefXYZ0189!#$%&*+,-./:;=?@^_|~(){}", min_size=6, max_size=40).filter(
    lambda one: one[0] not in "-=:"
)
BEFORE = st.sampled_from(["", "Nov 21 10:00:00 web app[1]: ", '{"level":"info","msg":"', "user=bob ", "\u00fc\u4e2d "])
AFTER = st.sampled_from(["", " and so on", "\nnext line", " user=bob"])
TEMPLATES = (
    "password={}",
    "PGPASSWORD={} psql",
    "MYSQL_PWD={}",
    "db.password: {}",
    'the "password" : "{}"',
    "{{'password': '{}'}}",
    '{{\\"token\\":\\"{}\\"}}',
    "api_key={}",
    "x-api-key: {}",
    "AWS_SECRET_ACCESS_KEY={}",
    "clientSecret => {}",
    "token:={}",
    "pin = {}",
    "--password {}",
    "--password={}",
    "-passphrase {}",
    "--auth-token {}",
    "Authorization: Bearer {}",
    "Authorization: {}",
    'authorization": "Basic {}"',
    "Proxy-Authorization: Basic {}",
    "Cookie: a=1; sid={}",
    "Set-Cookie: sid={}; HttpOnly",
    "<password>{}</password>",
    "password%3D{}",
    "-----BEGIN RSA PRIVATE KEY-----\n{}\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN OPENSSH PRIVATE KEY-----\n{}",
    "https://hooks.slack.com/services/{}",
)


@given(st.sampled_from(TEMPLATES), SECRET, BEFORE, AFTER)
def test_a_secret_beside_its_name_never_survives(template: str, secret: str, before: str, after: str) -> None:
    assume(secret not in before + template + after + MARK)
    text = before + template.format(secret) + after
    found = redact(text)
    assert secret not in found
    assert MARK in found
    assert redact(found) == found, "what is redacted stays as it is"


@given(st.text("abcXYZ019!$&*+,;=:", min_size=6, max_size=20))
def test_a_password_in_a_url_never_survives(secret: str) -> None:
    assume(secret not in MARK)
    for text in (f"GET postgres://bob:{secret}@db:5432/x?y", f"clone https://{secret}@example.org/x.git done"):
        found = redact(text)
        assert secret not in found
        assert "@db:5432/x?y" in found or "@example.org/x.git done" in found


@pytest.mark.parametrize(
    "token",
    [
        "ptlc_0123456789abcdefABCDEF0123456789abcdefABCDEF01",
        "pacc_0123456789abcdefABCDEF0123456789abcdefABCDEF01",
        "wk_agt_0123456789abcdef0123456789abcdef",
        "wk_inv_0123456789abcdef",
        "ghp_0123456789abcdefABCDEF0123456789abcd",
        "github_pat_11ABCDEFG0123456789_abcdefghijkl",
        "glpat-0123456789abcdefghij",
        "xoxb-123456789012-abcdefghijkl",
        "sk-proj-0123456789abcdefghijkl",
        "sk_live_0123456789abcdefghijkl",
        "AKIAIOSFODNN7EXAMPLE",
        "AIzaSyA-0123456789abcdefghijklmnopqrstu",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.SflKxwRJSMeKKF2QT4fw",
        "hf_0123456789abcdefghij",
        "npm_0123456789abcdefghij0123456789abcdef",
        "hvs.0123456789abcdefghij",
        "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0",
        "$6$salt$0123456789abcdefghijklmnop",
        "$2b$12$0123456789abcdefghijklmnop",
    ],
)
def test_tokens_are_known_by_their_shape(token: str) -> None:
    for around in ("using {} now", "({})", "'{}'", "key,{},x", "{}"):
        text = around.format(token)
        assert redact(text) == around.format(MARK), text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Accepted publickey for bob from 10.0.0.1 port 22 ssh2",
        "ping: sendmsg: Operation not permitted",
        "main process exited, code=killed, signal=9",
        "author: Bob",
        "session opened for user root(uid=0) by (uid=0)",
        "design: 3, compass: north, spinning: 1",
        "GET http://example.org:8080/a?b=c HTTP/1.1",
        "mail to bob@example.org was sent",
        "a password is required",
        "Failed password for root from 10.0.0.1",
        "basic auth failed",
        "task-1 sk-short desk-0123456789",
        "keyboard: us",
        "eth0: link up, 1000 Mbps",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


@given(st.text(max_size=200))
def test_any_text_is_fine(text: str) -> None:
    found = redact(text)
    assert redact(found) == found


@pytest.mark.parametrize(
    "piece", ["password", "a", "://", "-----BEGIN PRIVATE KEY-----", "=", '"', "--token ", "\\", "eyJ."]
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    text = (piece * 70_000)[:65_536]
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 2.0


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ([], ""),
        (["mysqldump", "-u", "root", "-phunter2", "shop"], f"mysqldump -u root -p{MARK} shop"),
        (["/usr/bin/sshpass", "-phunter2", "ssh"], f"/usr/bin/sshpass -p{MARK} ssh"),
        (["app", "--api-key", "hunter two", "-v"], f"app --api-key {MARK} -v"),
        (["app", "--password=hunter2", "x"], f"app --password={MARK} x"),
        (["mkdir", "-p", "/a/b"], "mkdir -p /a/b"),
        (["mysql", "-p", "shop"], "mysql -p shop"),
        (["env", "TOKEN=hunter2", "run"], f"env TOKEN={MARK} run"),
        (["curl", "-H", "Authorization: Bearer hunter2hunter2"], f"curl -H Authorization: {MARK}"),
        (["psql", "postgres://bob:hunter2@db/x"], f"psql postgres://{MARK}@db/x"),
        (["sleep", "600"], "sleep 600"),
    ],
)
def test_command_lines(words: list[str], shown: str) -> None:
    assert redact_command(words) == shown
