# The fixtures are what PostgreSQL 15.18 of Debian 12 answered: a primary with a standby and a lock that is waited for,
# the standby, and the primary to a role without pg_monitor.
import json
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied
from wakeful_agent.host.files import Host
from wakeful_agent.host.psql import parse_answers
from wakeful_agent.meter import NoData
from wakeful_agent.meters.postgresql import PostgresqlMeter, about, samples
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS

SAID = pathlib.Path(__file__).parents[2] / "fixtures/postgresql"
PRIMARY, STANDBY, WEAK = (parse_answers((SAID / f"{one}.jsonl").read_text()) for one in ("primary", "standby", "weak"))
STRANGE = 'we"ird <b>\nname'
LISTENING = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: "
LISTENING += "0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 0 100 0 0 10 0\n"


def of(answers):
    return {(name, *labels.values()): value for name, labels, value in samples(answers)}


def set_up(*targets, **options):
    meter = PostgresqlMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def read(meter, host):
    reading = meter.read(host, 0)
    for one in reading.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}, reading


@pytest.fixture
def psql(tmp_path):
    """Return a function that puts a script in psql's place and gives the machine it is on."""

    def make(body):
        for name in ("primary", "standby", "weak"):
            (tmp_path / name).write_text((SAID / f"{name}.jsonl").read_text())
        program = tmp_path / "bin/psql"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\ncat >/dev/null\n{body}\n")
        program.chmod(0o755)
        return Host(str(tmp_path), programs=(str(program.parent),))

    return make


def test_a_primary():
    found = of(PRIMARY)
    assert found["postgresql.standby",] == 0
    assert found["postgresql.connection.max",] == 100
    assert found["postgresql.database.count",] == 2
    assert found["postgresql.connections", "active"] == 2
    assert found["postgresql.connections", "unknown"] == 0
    assert found["postgresql.connections.waiting",] == 1
    assert found["postgresql.locks", "AccessExclusiveLock"] == 1
    assert found["postgresql.locks.waiting",] == 1
    assert 3 < found["postgresql.transaction.longest",] < 5
    assert 3 < found["postgresql.query.longest",] < 5
    assert found["postgresql.replication.data_delay", "standby1"] == 0
    assert 0 < found["postgresql.wal.delay", "replay", "standby1"] < 1
    assert found["postgresql.replication.slot.active", "standby1"] == 1
    assert found["postgresql.replication.slot.retained", "standby1"] == 0
    assert found["postgresql.bgwriter.checkpoint.count", "requested"] == 1
    assert found["postgresql.bgwriter.duration", "write"] < 1
    assert found["postgresql.archiver.failed",] == 0
    assert found["postgresql.wraparound.age.max",] >= found["postgresql.wraparound.age", "postgres"] > 0
    assert ("postgresql.replication.delay",) not in found
    assert about(PRIMARY) == {
        "version": "15.18 (Debian 15.18-0+deb12u1)",
        "role": "primary",
        "user": "postgres",
        "sees_all": True,
        "databases_left_out": 0,
    }


def test_databases_by_name_whatever_that_is():
    found = of(PRIMARY)
    assert found["postgresql.db_size", "postgres"] > 7_000_000
    assert found["postgresql.db_size", STRANGE] > 7_000_000
    assert found["postgresql.commits", "postgres"] > 0
    assert found["postgresql.backends", STRANGE] == 0
    assert found["postgresql.checksum_failures", "postgres"] is None, "this cluster has no checksums"


def test_a_standby():
    found = of(STANDBY)
    assert found["postgresql.standby",] == 1
    assert found["postgresql.replication.delay",] == 0
    assert found["postgresql.replication.receiver.up",] == 1
    assert found["postgresql.transaction.longest",] == 0
    assert about(STANDBY)["role"] == "standby"


def test_a_role_that_may_see_little():
    found = of(WEAK)
    assert found["postgresql.connections", "unknown"] > 0
    assert found["postgresql.replication.data_delay", "standby1"] is None
    assert about(WEAK)["sees_all"] is False


def test_what_the_server_did_not_answer_is_not_zero():
    whole, cut = of(PRIMARY), of({part: said for part, said in PRIMARY.items() if part not in {"activity", "locks"}})
    assert cut.keys() == whole.keys()
    lost = {"postgresql.connections", "postgresql.connections.waiting", "postgresql.transaction.longest"}
    lost |= {"postgresql.query.longest", "postgresql.locks", "postgresql.locks.waiting"}
    assert {key[0] for key in cut if cut[key] is None and whole[key] is not None} == lost
    assert {cut[key] for key in cut if key[0] in lost} == {None}
    assert of({**PRIMARY, "activity": None})["postgresql.connections", "active"] == 0, "nobody there is an answer"


def test_since_17_checkpoints_have_a_view_of_their_own():
    new = {
        "server": {},
        "writer": {"buffers_clean": 1, "maxwritten_clean": 2, "buffers_alloc": 3},
        "checkpointer": {"num_timed": 4, "num_requested": 5, "write_time": 6000, "buffers_written": 7},
    }
    found = of(new)
    assert found["postgresql.bgwriter.checkpoint.count", "scheduled"] == 4
    assert found["postgresql.bgwriter.buffers.writes", "checkpoints"] == 7
    assert found["postgresql.bgwriter.duration", "write"] == 6
    assert ("postgresql.bgwriter.buffers.writes", "backend") not in found


def test_standbys_of_one_name_are_one_and_the_slowest_counts():
    rows = [{"name": "s", "behind": 5, "replay": None}, {"name": "s", "behind": 50, "replay": 2.5}, {"name": "t"}]
    found = of({"replicas": rows})
    assert found["postgresql.replication.data_delay", "s"] == 50
    assert found["postgresql.wal.delay", "replay", "s"] == 2.5
    assert found["postgresql.replication.data_delay", "t"] is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(sorted(PRIMARY)), JSON, st.sampled_from(["state", "name", "count", "granted", "datname"]), JSON)
def test_answers_of_strange_types_raise_nothing(section, content, field, value):
    for strange in (content, [{field: value}], {field: value}):
        answers = json.loads(json.dumps({**PRIMARY, section: strange}))
        about(answers)
        for _, labels, number in samples(answers):
            assert number is None or isinstance(number, float)
            assert all(isinstance(text, str) for text in labels.values())


def test_it_is_asked_as_the_options_say(psql, tmp_path):
    host = psql(f'echo "$@" "$PGPASSFILE" "$PGSERVICEFILE" >>{tmp_path}/argv; cat {tmp_path}/primary')
    meter = set_up(
        "a=unix:/run/pg/.s.PGSQL.5433",
        "b=unix:/run/pg user=boss database=shop",
        "c=db:5444 passfile=/other",
        "d=tls://db",
        "e=service:shop",
        user="wakeful",
        passfile="/pass",
        service_file="/services",
        ca_file="/ca.pem",
    )
    found, reading = read(meter, host)
    assert [found["postgresql.up", name] for name in "abcde"] == [1] * 5, reading
    said = sorted((tmp_path / "argv").read_text().splitlines())
    tail = "application_name='wakeful' connect_timeout='8' -f -"
    verified = "sslmode='verify-full' sslrootcert='/ca.pem'"
    head = "-X -A -t -q -w -d"
    assert said == sorted(
        [
            f"{head} user='wakeful' dbname='postgres' host='/run/pg' port='5433' {tail} /pass /services",
            f"{head} user='boss' dbname='shop' host='/run/pg' port='5432' {tail} /pass /services",
            f"{head} user='wakeful' dbname='postgres' host='db' port='5444' {tail} /other /services",
            f"{head} user='wakeful' dbname='postgres' host='db' port='5432' {verified} {tail} /pass /services",
            f"{head} service='shop' {tail} /pass /services",
        ]
    )


def test_a_standby_and_a_role_of_few_rights_are_asked_too(psql, tmp_path):
    host = psql(f'case "$*" in *weak*) cat {tmp_path}/weak;; *) cat {tmp_path}/standby;; esac')
    meter = set_up("a=standby", "b=weak")
    found, reading = read(meter, host)
    assert found["postgresql.replication.receiver.up", "a"] == 1
    assert found["postgresql.connections", "unknown", "b"] > 0
    assert [row["role"] for row in reading.inventories["postgresql"]] == ["standby", "primary"]
    capability = meter.probe(host)
    assert capability.available
    assert capability.reason == "b: the role sees its own sessions only: it is not in pg_monitor"
    assert "GRANT pg_monitor" in capability.fix


def test_one_dead_server_costs_only_itself(psql, tmp_path):
    host = psql(
        f'case "$*" in *dead*) echo "psql: error: connection failed: Connection refused" >&2; exit 2;; '
        f'*shut*) echo "FATAL:  role \\"x\\" does not exist" >&2; exit 2;; *) cat {tmp_path}/primary;; esac'
    )
    found, reading = read(set_up("a=good", "b=dead", "c=shut", "d=good password=x"), host)
    assert [found["postgresql.up", name] for name in "abcd"] == [1, 0, None, 0]
    assert [row["state"] for row in reading.inventories["postgresql"]] == ["up", "down", "refused", "down"]
    assert "passfile" in reading.inventories["postgresql"][3]["error"]
    assert reading.trouble is None


def test_a_refusal_comes_with_the_statements_that_grant_it(psql):
    host = psql("echo 'psql: error: connection failed: FATAL:  role \"wakeful\" does not exist' >&2; exit 2")
    meter = set_up("main=unix:/run/postgresql")
    result = Runner(host, [meter]).collect(0).results["postgresql"]
    assert result.outcome == "refused"
    assert isinstance(meter.read(host, 0).trouble, Denied)
    found = meter.probe(host)
    assert not found.available
    assert "CREATE ROLE wakeful LOGIN" in found.fix
    assert "GRANT pg_monitor TO wakeful" in found.fix


def test_every_local_cluster_is_found_by_its_socket(psql, tmp_path):
    host = psql(f"cat {tmp_path}/primary")
    with pytest.raises(NoData):
        PostgresqlMeter().read(host, 0)
    (tmp_path / "run/postgresql").mkdir(parents=True)
    for name in (".s.PGSQL.5432", ".s.PGSQL.5432.lock", ".s.PGSQL.5433", "x"):
        (tmp_path / "run/postgresql" / name).touch()
    found, _ = read(PostgresqlMeter(), host)
    assert {key[1] for key in found if key[0] == "postgresql.up"} == {"/run/postgresql:5432", "/run/postgresql:5433"}


def test_without_a_socket_the_port(made):
    assert PostgresqlMeter().usual(made({})) == []
    assert [target.address for target in PostgresqlMeter().usual(made({"proc/net/tcp": LISTENING}))] == [
        "127.0.0.1:5432"
    ]


def test_without_psql_there_is_nothing(tmp_path):
    host = Host(str(tmp_path))
    (tmp_path / "run/postgresql").mkdir(parents=True)
    (tmp_path / "run/postgresql/.s.PGSQL.5432").touch()
    with pytest.raises(NoData, match="psql"):
        PostgresqlMeter().read(host, 0)
