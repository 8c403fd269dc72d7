import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.mysql import QUESTIONS, ask, objection, parse_answers

# The fixtures are what MariaDB 10.11.19 of Debian 12 answered through its client.
SAID = pathlib.Path(__file__).parents[2] / "fixtures/mariadb"
PRIMARY, REPLICA = ((SAID / f"{name}.txt").read_text() for name in ("primary", "replica"))


@pytest.fixture
def client(tmp_path):
    """Return a function that puts a script in the client's place and gives the machine it is on."""

    def make(body, name="mariadb"):
        for other in ("mariadb", "mysql"):
            (tmp_path / other).unlink(missing_ok=True)
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


@pytest.mark.parametrize("name", ["mariadb", "mysql"])
def test_the_client_is_given_the_questions_and_no_file_to_hand_out(client, tmp_path, name):
    (tmp_path / "answer").write_text(PRIMARY)
    host = client(f'echo "$@" >{tmp_path}/argv; cat >{tmp_path}/given; cat {tmp_path}/answer', name)
    answers = ask(host, ["--defaults-file=/c", "--host=db"], 5)
    assert answers.status["max_connections"] == "151"
    said = (tmp_path / "argv").read_text().split()
    assert said[:2] == ["--defaults-file=/c", "--host=db"], "a defaults file is only taken as the first option"
    assert "--local-infile=0" in said
    assert "--connect-timeout=5" in said
    assert (tmp_path / "given").read_text() == QUESTIONS


def test_tables_one_behind_the_other():
    answers = parse_answers(REPLICA)
    assert answers.status["version"].startswith("10.11.19-MariaDB")
    assert answers.transactions == {"transactions": "0", "longest": "0"}
    [replica] = answers.replicas
    assert replica["Connection_name"] == "ch one"
    assert replica["Slave_IO_Running"] == "Yes"
    assert parse_answers(PRIMARY).replicas == []


def test_what_the_client_escapes():
    answers = parse_answers("Variable_name\tValue\na\tone\\ntwo\\tthree\\\\n\\0\\x\nb\t\n")
    assert answers.status == {"a": "one\ntwo\tthree\\n\0\\x", "b": ""}


@pytest.mark.parametrize("text", ["a", "Variable_name\tValue\na\tb\tc\n", "transactions\tlongest\n1\n", "\t\t"])
def test_lines_that_are_of_no_table(text):
    with pytest.raises(Malformed, match="fields"):
        parse_answers(text)


@given(st.integers(0, 13_000), st.text(max_size=12), st.integers(0, 60))
def test_garbage_in_the_answer_raises_only_our_own(position, inserted, removed):
    try:
        answers = parse_answers(REPLICA[:position] + inserted + REPLICA[position + removed :])
    except Malformed:
        return
    assert isinstance(answers.status, dict)


@pytest.mark.parametrize(
    ("err", "error"),
    [
        ("ERROR 1045 (28000): Access denied for user 'x'@'localhost' (using password: YES)", Denied),
        ("ERROR 1045 (28000): Zugriff verweigert", Denied),
        ("ERROR 1698 (28000): Access denied for user 'x'@'localhost'", Denied),
        ("mysql: [Warning] something\nERROR 1130 (HY000): Host 'x' is not allowed to connect", Denied),
        ("ERROR 2002 (HY000): Can't connect to server on '127.0.0.1' (115)", HostError),
        ("ERROR 1040 (08004): Too many connections", HostError),
        ("Could not open required defaults file: /none\nFatal error in defaults handling", HostError),
        ("\x1b[2J" + "x" * 5000, HostError),
    ],
)
def test_what_complaints_mean(err, error):
    found = objection(err)
    assert type(found) is error
    assert len(str(found)) <= 300
    assert "\x1b" not in str(found)


def test_a_client_that_fails_or_says_nothing(client):
    with pytest.raises(Denied, match="1045"):
        ask(client("echo 'ERROR 1045 (28000): Access denied' >&2; exit 1"), [], 5)
    with pytest.raises(HostError, match="without an answer"):
        ask(client("cat >/dev/null"), [], 5)
    with pytest.raises(Malformed):
        ask(client("cat >/dev/null; echo hello"), [], 5)
    with pytest.raises(Malformed, match="more than"):
        ask(client("yes"), [], 5)
    with pytest.raises(Late):
        ask(client("sleep 30"), [], 1)
    with pytest.raises(Absent, match="neither mariadb nor mysql"):
        ask(Host("/nowhere"), [], 1)


def test_questions_that_were_not_answered_are_told(client, tmp_path):
    (tmp_path / "answer").write_text((SAID / "weak.txt").read_text())
    refusal = "ERROR 1227 (42000) at line 4: Access denied; you need (at least one of) the SLAVE MONITOR privilege(s)"
    host = client(f'cat >/dev/null; cat {tmp_path}/answer; echo "--------------" >&2; echo "{refusal}" >&2; exit 1')
    answers = ask(host, [], 5)
    assert answers.objections == [refusal]
    assert answers.transactions == {}
