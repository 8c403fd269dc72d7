"""The real MariaDB: a user with the rights that the docs name, one without, one unknown, and an end."""

from __future__ import annotations

import os
import pwd
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.meters.mysql import MysqlMeter

from .conftest import await_true, free_port, program
from .ground import LOWERED, NOBODY, ground, lowered, values

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.real

PERSON = pwd.getpwuid(os.getuid() or NOBODY).pw_name
LOGINS = """[client]
user = wakeful
password = wakeful-word
[client_weak]
user = weak
password = weak-word
[client_wrong]
user = wakeful
password = no-word
"""
QUICK = "--innodb-buffer-pool-size=8M --innodb-log-file-size=8M --innodb-flush-method=nosync --skip-log-bin"


@pytest.fixture
def folder() -> Iterator[Path]:
    with ground() as made:
        (made / "logins.cnf").write_text(LOGINS)
        (made / "logins.cnf").chmod(0o600)
        install = [program("mariadb-install-db"), "--no-defaults", f"--datadir={made}/data", "--skip-test-db"]
        subprocess.run(
            [*LOWERED, *install, "--auth-root-authentication-method=normal"], check=True, capture_output=True, cwd=made
        )
        yield made


def say(folder: Path, *statements: str) -> bool:
    command = [program("mariadb"), "--no-defaults", f"--socket={folder}/s", "--user=root"]
    told = subprocess.run([*command, "-e", ";".join(statements)], capture_output=True, text=True)
    return told.returncode == 0


def as_system_user(folder: Path) -> str:
    """Ask what the meter asks for rights, as a user of the system that has no password."""
    client = [program("mariadb"), "--no-defaults", "--protocol=socket", f"--socket={folder}/s", f"--user={PERSON}"]
    asked = "SHOW ALL SLAVES STATUS; SELECT count(*) FROM information_schema.innodb_trx"
    return subprocess.run([*LOWERED, *client, "-e", asked], capture_output=True, text=True).stderr


def set_up(*targets: str, **options: Any) -> MysqlMeter:
    meter = MysqlMeter()
    meter.configure({"targets": list(targets), **options})
    return meter


def test_a_real_server_and_its_end(folder: Path) -> None:
    port = free_port()
    places = [f"--datadir={folder}/data", f"--socket={folder}/s", f"--port={port}", "--bind-address=127.0.0.1"]
    meter = set_up(
        f"all=127.0.0.1:{port}",
        f"weak=unix:{folder}/s group=weak",
        f"wrong=127.0.0.1:{port} group=wrong",
        "dead=127.0.0.1:1",
        defaults_file=str(folder / "logins.cnf"),
    )
    command = [program("mariadbd"), "--no-defaults", *places, f"--pid-file={folder}/pid", *QUICK.split()]
    with lowered(command, folder):
        await_true(lambda: say(folder, "SELECT 1"), "mariadbd")
        assert say(
            folder,
            "CREATE USER wakeful IDENTIFIED BY 'wakeful-word'",
            "GRANT PROCESS, SLAVE MONITOR ON *.* TO wakeful",
            "CREATE USER weak IDENTIFIED BY 'weak-word'",
            f"CREATE USER {PERSON}@localhost IDENTIFIED VIA unix_socket",
            f"GRANT PROCESS, SLAVE MONITOR ON *.* TO {PERSON}@localhost",
            "CREATE DATABASE a",
            "CREATE TABLE a.t (i int PRIMARY KEY) ENGINE=InnoDB",
            "INSERT INTO a.t VALUES (1)",
            "CHANGE MASTER 'far' TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x'",
        )
        reading = meter.read(Host(), 0)
        found = values(reading)
        assert [found["mysql.up", one] for one in ("all", "weak", "wrong", "dead")] == [1, 1, None, 0], reading
        for target in ("all", "weak"):
            assert found["mysql.commands", "insert", target] == 1
            assert (found["mysql.query.count", target] or 0) > 5
            assert found["mysql.buffer_pool.limit", target] == 8 * 1024 * 1024
        assert found["mysql.replica.io.running", "far", "all"] == 0
        assert found["mysql.transactions", "all"] == 0
        assert ("mysql.transactions", "weak") not in found
        rows = {row["target"]: row for row in reading.inventories["mysql"]}
        assert rows["all"]["server"] == "mariadb"
        assert rows["all"]["objections"] == []
        assert any("SLAVE MONITOR" in line for line in rows["weak"]["objections"])
        assert rows["wrong"]["state"] == "refused"
        assert "1045" in rows["wrong"]["error"]
        assert "-word" not in str(reading)
        assert as_system_user(folder) == ""
    gone = values(meter.read(Host(), 1))
    assert gone["mysql.up", "all"] == 0
    assert gone["mysql.query.count", "all"] is None
