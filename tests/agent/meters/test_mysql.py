# The fixtures are what MariaDB 10.11.19 of Debian 12 answered; MySQL's own forms are from its manual.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.mysql import parse_answers
from wakeful_agent.meter import NoData
from wakeful_agent.meters.mysql import REPLICAS_MAX, MysqlMeter, about, samples
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS

SAID = pathlib.Path(__file__).parents[2] / "fixtures/mariadb"
PRIMARY, REPLICA, WEAK = ((SAID / f"{name}.txt").read_text() for name in ("primary", "replica", "weak"))
LISTENING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: "
LISTENING += "0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0\n"


def of(text):
    return {(name, *labels.values()): value for name, labels, value in samples(parse_answers(text))}


def table(**values):
    return "Variable_name\tValue\n" + "".join(f"{name}\t{value}\n" for name, value in values.items())


def set_up(*targets, **options):
    meter = MysqlMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def read(meter, host):
    reading = meter.read(host, 0)
    for one in reading.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


@pytest.fixture
def client(tmp_path):
    """Return a function that puts a script in the client's place and gives the machine it is on."""

    def make(body):
        (tmp_path / "answer").write_text(REPLICA)
        program = tmp_path / "bin/mariadb"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ncat >/dev/null\n{body}\n")
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(program.parent),))

    return make


def test_a_server():
    found = of(PRIMARY)
    assert found["mysql.uptime",] > 0
    assert found["mysql.connection.limit",] == 151
    assert found["mysql.threads", "connected"] == 2
    assert found["mysql.commands", "select"] > 0
    assert found["mysql.buffer_pool.limit",] == 16 * 1024 * 1024
    assert found["mysql.buffer_pool.usage", "clean"] > 0
    assert found["mysql.handlers", "read_rnd_next"] > 0
    assert found["mysql.tmp_resources", "tables"] > 0
    assert found["mysql.client.network.io", "sent"] > 0
    assert found["mysql.row_locks.time",] == 0
    assert found["mysql.read_only",] == 0
    assert found["mysql.transactions",] == 0
    assert found["mysql.transaction.longest",] == 0
    assert None not in found.values()
    assert not [key for key in found if key[0].startswith(("mysql.replica", "mysql.galera"))]
    assert about(parse_answers(PRIMARY)) == {
        "server": "mariadb",
        "version": "10.11.19-MariaDB-0+deb12u1-log",
        "comment": "Debian 12",
        "role": "primary",
        "objections": [],
    }


def test_a_replica_of_mariadb():
    found = of(REPLICA)
    assert found["mysql.replica.io.running", "ch one"] == 1
    assert found["mysql.replica.sql.running", "ch one"] == 1
    assert found["mysql.replica.time_behind_source", "ch one"] == 0
    assert about(parse_answers(REPLICA))["role"] == "replica"


def test_a_replica_of_mysql_that_stands():
    found = of(
        table(version="8.0.36")
        + "Replica_IO_Running\tReplica_SQL_Running\tSeconds_Behind_Source\tSQL_Delay\tChannel_Name\n"
        + "Connecting\tNo\tNULL\t5\t\n"
    )
    assert found["mysql.replica.io.running", "default"] == 0
    assert found["mysql.replica.sql.running", "default"] == 0
    assert found["mysql.replica.time_behind_source", "default"] is None
    assert found["mysql.replica.sql_delay", "default"] == 5
    assert about(parse_answers(table(version="8.0.36")))["server"] == "mysql"


def test_replicas_have_an_end():
    rows = "Slave_IO_Running\tConnection_name\n" + "".join(f"Yes\tc{one}\n" for one in range(REPLICAS_MAX + 9))
    assert len([key for key in of(rows) if key[0] == "mysql.replica.io.running"]) == REPLICAS_MAX


def test_a_node_of_galera():
    status = {"wsrep_on": "ON", "wsrep_cluster_size": 3, "wsrep_ready": "ON", "wsrep_local_recv_queue": 2}
    found = of(table(**status, wsrep_cluster_status="Primary", wsrep_flow_control_paused="0.25"))
    assert found["mysql.galera.cluster.size",] == 3
    assert found["mysql.galera.cluster.primary",] == 1
    assert found["mysql.galera.ready",] == 1
    assert found["mysql.galera.flow_control.paused",] == 0.25
    assert found["mysql.galera.receive.queue",] == 2
    assert of(table(**status, wsrep_cluster_status="non-Primary"))["mysql.galera.cluster.primary",] == 0


def test_rows_and_deadlocks_where_the_server_counts_them():
    found = of(table(Innodb_rows_read=7, Innodb_deadlocks=1, Innodb_row_lock_time=1500))
    assert found["mysql.row_operations", "read"] == 7
    assert found["mysql.deadlocks",] == 1
    assert found["mysql.row_locks.time",] == 1.5
    assert of(table(Innodb_row_lock_time="x", Uptime="y")) == {
        ("mysql.uptime",): None,
        ("mysql.row_locks.time",): None,
    }


@given(st.integers(0, 13_000), st.text(max_size=12), st.integers(0, 60))
def test_garbage_in_the_answer_raises_only_our_own(position, inserted, removed):
    try:
        answers = parse_answers(REPLICA[:position] + inserted + REPLICA[position + removed :])
    except Malformed:
        return
    about(answers)
    assert all(value is None or isinstance(value, float) for _, _, value in samples(answers))


def test_a_node_of_galera_is_asked_too(client, tmp_path):
    host = client(f"cat {tmp_path}/other")
    galera = {"wsrep_on": "ON", "wsrep_cluster_size": 3, "wsrep_ready": "ON", "wsrep_local_recv_queue": 2}
    (tmp_path / "other").write_text(table(Uptime=5, Innodb_rows_read=7, Innodb_deadlocks=1, **galera))
    found, _ = read(set_up("a=db"), host)
    assert found["mysql.galera.cluster.size", "a"] == 3
    assert found["mysql.galera.flow_control.paused", "a"] is None
    assert found["mysql.row_operations", "read", "a"] == 7


def test_a_user_of_few_rights_is_told_how_to_get_more(client, tmp_path):
    (tmp_path / "weak").write_text(WEAK)
    host = client(
        f"cat {tmp_path}/weak; echo 'ERROR 1227 (42000) at line 4: Access denied; you need SLAVE MONITOR' >&2"
    )
    meter = set_up("a=db")
    found, _ = read(meter, host)
    assert found["mysql.up", "a"] == 1
    assert ("mysql.transactions", "a") not in found
    capability = meter.probe(host)
    assert capability.available
    assert "SLAVE MONITOR" in capability.reason
    assert "GRANT PROCESS" in capability.fix


def test_it_is_asked_as_the_options_say(client, tmp_path):
    host = client(f'echo "$@" >>{tmp_path}/argv; cat {tmp_path}/answer')
    (tmp_path / "my.cnf").write_text("[client]\nuser=wakeful\npassword=x\n")
    (tmp_path / "my.cnf").chmod(0o600)
    meter = set_up(
        "a=unix:/run/mysqld/mysqld.sock", "b=db:3307 group=b user=boss", "c=db", defaults_file="/my.cnf", user="wakeful"
    )
    found, reading = read(meter, host)
    assert [found["mysql.up", name] for name in "abc"] == [1, 1, 1], reading
    rest = "--batch --force --local-infile=0 --default-character-set=utf8mb4 --connect-timeout=5"
    first = f"--defaults-file={tmp_path}/my.cnf"
    assert sorted((tmp_path / "argv").read_text().splitlines()) == sorted(
        [
            f"{first} --user=wakeful --protocol=socket --socket=/run/mysqld/mysqld.sock {rest}",
            f"{first} --defaults-group-suffix=_b --user=boss --protocol=tcp --host=db --port=3307 {rest}",
            f"{first} --user=wakeful --protocol=tcp --host=db --port=3306 {rest}",
        ]
    )
    read(set_up("d=db"), host)
    assert f"--no-defaults --protocol=tcp --host=db --port=3306 {rest}" in (tmp_path / "argv").read_text()


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("db password=x", "put it into a defaults file"),
        ("db group=../x", "group= must be letters"),
        ("tls://db", "ssl-ca"),
        ("db defaults_file=/open", "open to others"),
        ("db defaults_file=/none", "No such file"),
        ("http://db", "must be unix:/path"),
    ],
)
def test_targets_that_are_not_asked(client, tmp_path, target, words):
    host = client(f"touch {tmp_path}/asked; cat {tmp_path}/answer")
    (tmp_path / "open").write_text("[client]\n")
    (tmp_path / "open").chmod(0o644)
    _, reading = read(set_up(f"x={target}"), host)
    assert words in reading.inventories["mysql"][0]["error"]
    assert not (tmp_path / "asked").exists()


def test_a_refusal_comes_with_the_statements_that_grant_it(client):
    host = client("echo \"ERROR 1698 (28000): Access denied for user 'wakeful'@'localhost'\" >&2; exit 1")
    meter = set_up("main=unix:/run/mysqld/mysqld.sock")
    result = Runner(host, [meter]).collect(0).results["mysql"]
    assert result.outcome == "refused"
    assert isinstance(meter.read(host, 0).trouble, Denied)
    found = meter.probe(host)
    assert not found.available
    assert "GRANT PROCESS, SLAVE MONITOR ON *.* TO wakeful@localhost" in found.fix
    assert "GRANT PROCESS, REPLICATION CLIENT ON *.* TO wakeful@localhost" in found.fix


def test_the_usual_places(made, tmp_path):
    with pytest.raises(NoData):
        MysqlMeter().read(made({}), 0)
    assert [target.address for target in MysqlMeter().usual(made({"proc/net/tcp": LISTENING}))] == ["127.0.0.1:3306"]
    found = MysqlMeter().usual(made({"run/mysqld/mysqld.sock": ""}))
    assert [target.address for target in found] == [f"unix:{tmp_path}/run/mysqld/mysqld.sock"]


def test_a_server_that_repeats_the_password_gives_it_not_away(client, tmp_path):
    (tmp_path / "my.cnf").write_text("[client]\nuser = wakeful\npassword = 'hunter2 secret'\n")
    (tmp_path / "my.cnf").chmod(0o600)
    host = client("echo 'ERROR 1045 (28000): no: hunter2 secret' >&2; exit 1")
    meter = set_up("a=db", defaults_file="/my.cnf")
    reading = meter.read(host, 0)
    assert "1045" in str(reading)
    assert "hunter2" not in str(reading)
