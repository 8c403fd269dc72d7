"""What `journalctl -o json` of systemd 252 wrote of a journal made for this, and what else its manual says."""

import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.journal import LINES_MAX, Journal, Message, parse_messages, unit_name

CAPTURED = (pathlib.Path(__file__).parents[2] / "fixtures" / "journalctl" / "warnings.jsonl").read_text()
SCRIPT = """#!/bin/sh
echo "$*" >> {asked}
{then}
"""


@pytest.fixture
def machine(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(then):
        program = folder / "journalctl"
        program.write_text(SCRIPT.format(asked=tmp_path / "asked", then=then))
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(folder),))

    return make


def entry(**fields):
    return json.dumps({"__CURSOR": "s=a;i=1", "__REALTIME_TIMESTAMP": "1795274632103252", "PRIORITY": "3", **fields})


def test_what_journalctl_writes():
    news = parse_messages(CAPTURED)
    assert news.messages == [
        Message(
            1795274632103,
            "error",
            "nginx.service",
            "connect() failed (111: Connection refused) while connecting to upstream 10.0.0.7:9000",
        ),
        Message(
            1795274633103,
            "error",
            "nginx.service",
            "connect() failed (111: Connection refused) while connecting to upstream 10.0.0.8:9001",
        ),
        Message(1795274634103, "warning", "kernel", "usb 1-1: device descriptor read/64, error -71"),
        Message(1795274642103, "error", "evil.service", "bad \ufffd bytes\npassword=hunter2"),
    ]
    assert news.cursor.startswith("s=dbfbeb66621544699d3df73b24febf0a;i=5;")
    assert not news.more


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("plain", "plain"),
        ([104, 105], "hi"),
        (["first", "second"], "first"),
        ([[104, 105], "x"], "hi"),
        ([300], ""),
        ([], ""),
        (None, ""),
        ({"a": 1}, ""),
        ("x" * 20_000, "x" * 8_192),
    ],
)
def test_every_form_of_a_message(message, text):
    assert parse_messages(entry(MESSAGE=message)).messages[0].text == text


def test_whose_message_it_is():
    lines = [
        entry(UNIT="nginx.service", _SYSTEMD_UNIT="init.scope"),
        entry(SYSLOG_IDENTIFIER="sudo"),
        entry(_TRANSPORT="kernel"),
        entry(),
        entry(__REALTIME_TIMESTAMP="never"),
    ]
    found = parse_messages("\n".join(lines)).messages
    assert [one.unit for one in found] == ["nginx.service", "sudo", "kernel", "unknown", "unknown"]
    assert found[-1].time_ms == 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("session-42.scope", "session-.scope"),
        ("user@1000.service", "user@.service"),
        ("sshd@7-10.0.0.1:22-10.0.0.2:5000.service", "sshd@.service"),
        ("run-u123.service", "run-.service"),
        ("run-r0a1b2c3d.scope", "run-.scope"),
        ("docker-4f5a6b7c8d9e.scope", "docker-.scope"),
        ("nginx.service", "nginx.service"),
        ("dev-facade.mount", "dev-facade.mount"),
        ("sudo", "sudo"),
        ("a\nb" + "c" * 90, "a\ufffdb" + "c" * 61),
    ],
)
def test_instances_share_a_name(name, expected):
    assert unit_name(name) == expected


def test_a_line_separator_in_a_message_ends_no_line():
    line = '{"MESSAGE": "a\u2028b", "PRIORITY": "4"}'
    assert parse_messages(line + "\n").messages[0].text == "a\u2028b"


def test_a_broken_line_costs_itself_alone():
    assert len(parse_messages(entry(MESSAGE="a") + "\n{cut off").messages) == 1
    assert parse_messages("").messages == []


@pytest.mark.parametrize("text", ["garbage", "-- Keine Eintraege --", "[1]", "[" * 100_000])
def test_no_json_is_malformed(text):
    with pytest.raises(Malformed):
        parse_messages(text)


@given(st.text(), st.dictionaries(st.sampled_from(["MESSAGE", "PRIORITY", "UNIT", "__CURSOR"]), st.integers()))
def test_no_text_breaks_the_parser(text, fields):
    parse_messages(json.dumps(fields))
    try:
        parse_messages(text)
    except Malformed:
        return


def test_it_goes_on_where_it_was(machine, tmp_path):
    (tmp_path / "lines").write_text(entry(MESSAGE="x") + "\n")
    host = machine(f"cat {tmp_path}/lines")
    journal = Journal("/var/log/other")
    assert len(journal.news(host, 120_000, 60_000).messages) == 1
    journal.news(host, 180_000, 60_000)
    first, second = (tmp_path / "asked").read_text().splitlines()
    assert "--since=@60 " in first
    assert first.endswith("--directory=/var/log/other")
    assert "--priority=warning" in first
    assert "--after-cursor=s=a;i=1 " in second


def test_a_cursor_that_is_gone_is_forgotten(machine, tmp_path):
    (tmp_path / "lines").write_text(entry(MESSAGE="x") + "\n")
    answer = (
        f'case "$*" in *after-cursor*) echo "Failed to seek to cursor" >&2; exit 1;; *) cat {tmp_path}/lines;; esac'
    )
    host = machine(answer)
    journal = Journal()
    journal.news(host, 120_000, 60_000)
    assert len(journal.news(host, 180_000, 60_000).messages) == 1
    assert "--since=@120 " in (tmp_path / "asked").read_text().splitlines()[-1]


def test_a_cursor_with_more_in_it_than_a_cursor_is_not_used():
    assert parse_messages(entry(__CURSOR="s=1 --file=/etc/shadow")).cursor == ""


def test_a_flood_is_passed_over(machine, tmp_path):
    (tmp_path / "lines").write_text((entry(MESSAGE="x") + "\n") * LINES_MAX)
    host = machine(f"cat {tmp_path}/lines")
    journal = Journal()
    assert journal.news(host, 120_000, 60_000).more
    journal.news(host, 180_000, 60_000)
    assert "--since=@120 " in (tmp_path / "asked").read_text().splitlines()[-1]


def test_a_journalctl_without_fields_of_output(machine, tmp_path):
    answer = 'case "$*" in *output-fields*) echo "unrecognized option \'--output-fields\'" >&2; exit 1;; esac'
    host = machine(answer)
    journal = Journal()
    assert journal.news(host, 120_000, 60_000).messages == []
    journal.news(host, 180_000, 60_000)
    assert len((tmp_path / "asked").read_text().splitlines()) == 3, "it is tried once"


@pytest.mark.parametrize(
    ("then", "kind"),
    [
        ("echo 'No journal files were opened due to insufficient permissions.' >&2; exit 1", Denied),
        ("echo 'Journal file corrupted' >&2; exit 1", HostError),
        ("echo garbage", Malformed),
        ("yes garbage", Malformed),
    ],
)
def test_a_journalctl_that_fails(machine, then, kind):
    with pytest.raises(kind):
        Journal().news(machine(then), 1, 0)


def test_no_journalctl_is_absent(tmp_path):
    with pytest.raises(Absent):
        Journal().news(Host(str(tmp_path)), 1, 0)
