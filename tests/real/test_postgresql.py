"""The real PostgreSQL: a primary and a standby, roles that see all, little and nothing, locks, and an end."""

from __future__ import annotations

import glob
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.postgresql import PostgresqlMeter
from wakeful_agent.runner import Runner

from .conftest import await_true, free_port, program
from .ground import LOWERED, ground, hand_over, lowered, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

QUICK = "-c fsync=off -c shared_buffers=8MB -c max_connections=20 -c lc_messages=C"
STRANGE = 'we"ird <b>\nname'


def server(name: str) -> str:
    """Return a program of the newest server that is installed; Debian keeps them out of PATH."""
    found = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: int(path.split("/")[4]))
    return found[-1] if found else program(name)


def as_nobody(folder: Path, *command: str) -> None:
    told = {"PATH": os.environ["PATH"], "HOME": str(folder), "PGPASSFILE": str(folder / "nobodys"), "LC_ALL": "C"}
    subprocess.run([*LOWERED, *command], env=told, cwd=folder, check=True, capture_output=True)


class Cluster:
    """A cluster of its own on a free port, with its folder; `say` runs statements as the superuser."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()

    @property
    def command(self) -> list[str]:
        sockets = ["-k", str(self.folder), "-p", str(self.port), "-c", "listen_addresses=127.0.0.1"]
        return [server("postgres"), "-D", str(self.folder / "data"), *sockets, *QUICK.split()]

    def client(self, *words: str) -> list[str]:
        return [program("psql"), "-X", "-q", "-w", "-h", str(self.folder), "-p", str(self.port), "-U", "boss", *words]

    def say(self, *statements: str) -> None:
        words = [word for statement in statements for word in ("-c", statement)]
        told = {**os.environ, "PGPASSFILE": str(self.folder / "pass")}
        subprocess.run(self.client(*words, "postgres"), env=told, check=True, capture_output=True)

    def ready(self) -> bool:
        told = subprocess.run([server("pg_isready"), "-h", str(self.folder), "-p", str(self.port)], capture_output=True)
        return told.returncode == 0


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with ground() as folder:
        made = Cluster(folder)
        (folder / "pass").write_text("*:*:*:boss:boss-word\n*:*:*:wakeful:wakeful-word\n*:*:*:weak:weak-word\n")
        (folder / "nobodys").write_text("*:*:*:boss:boss-word\n")
        (folder / "word").write_text("boss-word\n")
        for name in ("pass", "nobodys"):
            (folder / name).chmod(0o600)
        hand_over(folder / "nobodys", folder / "word")
        options = ["-A", "scram-sha-256", "-U", "boss", f"--pwfile={folder}/word", "--no-sync", "-E", "UTF8"]
        as_nobody(folder, server("initdb"), "-D", str(folder / "data"), *options)
        with lowered(made.command, folder, stop=signal.SIGQUIT):
            await_true(made.ready, "postgres")
            yield made


def set_up(folder: Path, *targets: str, **options: Any) -> PostgresqlMeter:
    meter = PostgresqlMeter()
    meter.configure({"targets": list(targets), "passfile": str(folder / "pass"), **options})
    return meter


def test_a_real_server_with_all_that_can_be_seen(cluster: Cluster) -> None:
    cluster.say(
        "CREATE ROLE wakeful LOGIN PASSWORD 'wakeful-word'",
        "CREATE ROLE weak LOGIN PASSWORD 'weak-word'",
        "GRANT pg_monitor TO wakeful",
        'CREATE DATABASE "we""ird <b>\nname"',
        "CREATE TABLE t (a int)",
        "INSERT INTO t SELECT generate_series(1, 100)",
        "SELECT pg_create_physical_replication_slot('unused', true)",
    )
    address = f"127.0.0.1:{cluster.port}"
    meter = set_up(
        cluster.folder,
        f"all=unix:{cluster.folder}/.s.PGSQL.{cluster.port} user=wakeful",
        f"weak={address} user=weak",
        f"stranger={address} user=stranger",
        "dead=127.0.0.1:1",
    )
    told = {**os.environ, "PGPASSFILE": str(cluster.folder / "pass")}
    holds = ["-c", "BEGIN", "-c", "LOCK TABLE t", "-c", "SELECT pg_sleep(120)", "postgres"]
    until_locked = (
        "DO $$ BEGIN WHILE NOT EXISTS (SELECT 1 FROM pg_locks WHERE relation = 't'::regclass "
        "AND mode = 'AccessExclusiveLock' AND granted) LOOP PERFORM pg_sleep(0.05); END LOOP; END $$"
    )
    waits = ["-c", until_locked, "-c", "SELECT * FROM t", "postgres"]
    sessions = [
        subprocess.Popen(cluster.client(*words), env=told, stdout=subprocess.DEVNULL) for words in (holds, waits)
    ]
    try:
        reading = await_true(lambda: locked(meter), "a lock that is waited for")
    finally:
        for session in sessions:
            session.kill()
            session.wait()
    found = values(reading)
    assert [found["postgresql.up", one] for one in ("all", "weak", "stranger", "dead")] == [1, 1, None, 0]
    assert found["postgresql.connections", "active", "all"] in {2, 3}, "these two, and maybe who asks as weak just then"
    assert found["postgresql.connections", "unknown", "weak"] is not None
    assert (found["postgresql.transaction.longest", "all"] or 0) > 0
    assert (found["postgresql.db_size", "postgres", "all"] or 0) > 1_000_000
    assert (found["postgresql.db_size", STRANGE.replace("\n", "\ufffd"), "all"] or 0) > 1_000_000
    assert (found["postgresql.tup_returned", "postgres", "all"] or 0) > 0
    assert (found["postgresql.wraparound.age.max", "all"] or 0) > 0
    assert found["postgresql.replication.slot.active", "unused", "all"] == 0
    assert found["postgresql.connection.max", "all"] == 20
    rows = {row["target"]: row for row in reading.inventories["postgresql"]}
    assert (rows["all"]["sees_all"], rows["weak"]["sees_all"]) == (True, False)
    assert rows["stranger"]["state"] == "refused"
    assert "no password supplied" in rows["stranger"]["error"]
    assert "-word" not in str(reading)


def locked(meter: PostgresqlMeter) -> Any:
    reading = meter.read(Host(), 0)
    return reading if values(reading).get(("postgresql.locks.waiting", "all")) else None


def test_a_standby_on_both_sides_and_a_server_that_is_gone(cluster: Cluster) -> None:
    standby = Cluster(cluster.folder / "standby")
    standby.folder.mkdir()
    hand_over(standby.folder)
    copy = ["-h", str(cluster.folder), "-p", str(cluster.port), "-U", "boss", "-w", "-c", "fast", "-R", "--no-sync"]
    as_nobody(cluster.folder, server("pg_basebackup"), "-D", str(standby.folder / "data"), *copy)
    meter = set_up(
        cluster.folder, f"first=127.0.0.1:{cluster.port}", f"second=127.0.0.1:{standby.port}", user="boss", sizes=False
    )
    told = {"PGPASSFILE": str(cluster.folder / "nobodys")}
    with lowered([*standby.command, "-c", "cluster_name=second"], standby.folder, told, stop=signal.SIGQUIT):
        await_true(standby.ready, "the standby")
        cluster.say("CREATE TABLE u (a int)")
        found = values(await_true(lambda: streaming(meter), "the standby in its primary's figures"))
        assert [found["postgresql.standby", one] for one in ("first", "second")] == [0, 1]
        assert found["postgresql.replication.receiver.up", "second"] == 1
        assert (found["postgresql.replication.data_delay", "second", "first"] or 0) >= 0
        assert found["postgresql.db_size", "postgres", "first"] is None, "sizes are switched off"
    gone = values(meter.read(Host(), 1))
    assert [gone["postgresql.up", one] for one in ("first", "second")] == [1, 0]
    assert gone["postgresql.standby", "second"] is None


def streaming(meter: PostgresqlMeter) -> Any:
    reading = meter.read(Host(), 0)
    found = values(reading)
    there = ("postgresql.wal.delay", "replay", "second", "first") in found
    return reading if there and found.get(("postgresql.replication.receiver.up", "second")) else None


def test_a_role_that_is_not_there_is_refused_with_the_statements_that_make_it(cluster: Cluster) -> None:
    runner = Runner(Host(), [set_up(cluster.folder, f"127.0.0.1:{cluster.port}", user="nobody_knows")])
    result = runner.collect(0).results["postgresql"]
    assert result.outcome == "refused", result
    [capability] = runner.probe()
    assert not capability.available
    assert "GRANT pg_monitor TO wakeful" in capability.fix
    runner.close()
