import pathlib
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.psql import ask, conninfo, objection, parse_answers, script

# The fixture is what PostgreSQL 15.18 of Debian 12 answered through its psql.
PRIMARY = (pathlib.Path(__file__).parents[2] / "fixtures/postgresql/primary.jsonl").read_text()
GERMAN = (
    'psql: Fehler: Verbindung zum Server auf "127.0.0.1", Port 5432 fehlgeschlagen: '
    "FATAL:  Passwort-Authentifizierung fehlgeschlagen\n"
)


@pytest.fixture
def psql(tmp_path):
    """Return a function that puts a script in psql's place and gives the machine it is on."""

    def make(body):
        program = tmp_path / "psql"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def test_nothing_secret_is_an_argument_and_the_questions_are_given(psql, tmp_path):
    host = psql(f'echo "$@" >{tmp_path}/argv; cat >{tmp_path}/given; env >{tmp_path}/env; cat {tmp_path}/answer')
    (tmp_path / "answer").write_text(PRIMARY)
    answers = ask(host, {"host": "db", "user": "wake ful"}, {"PGPASSFILE": "/etc/wakeful/pgpass"}, 5)
    assert answers["server"]["version"].startswith("15.18")
    said = (tmp_path / "argv").read_text()
    assert said.split(" -d ")[0] == "-X -A -t -q -w"
    assert "host='db' user='wake ful' application_name='wakeful' connect_timeout='5'" in said
    assert "PGPASSFILE=/etc/wakeful/pgpass" in (tmp_path / "env").read_text()
    given = (tmp_path / "given").read_text()
    assert given == script(5, True)
    assert "pg_database_size" in given
    assert "\\set wakeful_ms 5000\n" in given
    assert given.count("BEGIN READ ONLY;") == given.count("COMMIT;") == given.count("SET LOCAL search_path") == 2


def test_sizes_can_be_left_out():
    assert "pg_database_size" not in script(5, False)
    assert script(0, False).startswith("\\set wakeful_ms 1000\n")


def test_a_connection_string_is_quoted():
    assert conninfo({"host": "a' b", "user": "c\\d", "port": ""}) == "host='a\\' b' user='c\\\\d'"


@pytest.mark.parametrize(
    ("err", "error", "words"),
    [
        (
            'psql: error: connection failed: FATAL:  password authentication failed for user "x"',
            Denied,
            "password auth",
        ),
        ('psql: error: connection failed: FATAL:  Peer authentication failed for user "x"', Denied, "Peer"),
        ("psql: error: connection failed: fe_sendauth: no password supplied", Denied, "no password"),
        ('psql: error: connection failed: FATAL:  role "x" does not exist', Denied, "role"),
        ('FATAL:  no pg_hba.conf entry for host "::1", user "x"', Denied, "pg_hba"),
        (
            'WARNING: password file "/p" has group or world access; x\npsql: error: no password supplied',
            Denied,
            "no pass",
        ),
        (
            "psql: error: connection failed: Connection refused\n\tIs the server running?",
            HostError,
            "Connection refused",
        ),
        ('psql: error: connection failed: FATAL:  database "x" does not exist', HostError, "database"),
        ("psql: error: FATAL:  sorry, too many clients already", HostError, "too many clients"),
        (GERMAN, HostError, "Fehler: Verbindung"),
        ("\x1b[2J" + "x" * 5000, HostError, "\ufffd[2Jxxx"),
        ("", HostError, "without an answer"),
    ],
)
def test_what_complaints_mean(err, error, words):
    found = objection(err)
    assert type(found) is error
    assert words in str(found)
    assert not str(found).startswith("psql: error")
    assert len(str(found)) <= 300


def test_a_client_that_fails_or_says_nothing(psql):
    with pytest.raises(Denied, match="role"):
        ask(psql("echo 'FATAL:  role \"x\" does not exist' >&2; exit 2"), {}, {}, 5)
    with pytest.raises(HostError, match="canceling statement"):
        ask(psql("cat >/dev/null; echo 'psql:<stdin>:9: ERROR:  canceling statement due to timeout' >&2"), {}, {}, 5)
    with pytest.raises(HostError, match="without an answer"):
        ask(psql("cat >/dev/null"), {}, {}, 5)
    with pytest.raises(Malformed, match="no JSON object"):
        ask(psql("cat >/dev/null; echo BEGIN"), {}, {}, 5)
    with pytest.raises(Malformed, match="more than"):
        ask(psql("yes"), {}, {}, 5)
    with pytest.raises(Late):
        ask(psql("sleep 30"), {}, {}, 1)
    with pytest.raises(Absent):
        ask(Host("/nowhere"), {}, {}, 1)


@pytest.mark.parametrize("text", ["[]", "1", '"a"', "{", "[" * 100_000, "1" * 5000, "null"])
def test_lines_that_are_no_sections(text):
    with pytest.raises(Malformed):
        parse_answers(f'{{"a": 1}}\n{text}\n')


def test_a_name_with_a_line_end_of_another_kind_breaks_no_answer():
    answers = parse_answers('{"server": {}}\n{"databases": [{"datname": "a\u2028b\u0085c"}]}\n')
    assert answers["databases"][0]["datname"] == "a\u2028b\u0085c"


@given(st.integers(0, 2400), st.text(max_size=12), st.integers(0, 60))
def test_garbage_in_the_answer_raises_only_our_own(position, inserted, removed):
    try:
        answers = parse_answers(PRIMARY[:position] + inserted + PRIMARY[position + removed :])
    except Malformed:
        return
    assert isinstance(answers, dict)


def test_the_real_client_knows_all_that_the_script_says(tmp_path):
    real = shutil.which("psql")
    if real is None:
        pytest.skip("psql is not installed")
    told = subprocess.run(
        [real, "-X", "-w", "-d", f"host='{tmp_path}'", "-f", "-"],
        input=script(5, True),
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 2
    assert "No such file or directory" in told.stderr
