from __future__ import annotations

import sqlite3

import pytest

from wakeful_collector.store import migrations


@pytest.mark.parametrize("family", ["state", "samples"])
def test_every_step_runs_once_and_has_a_name_of_its_own(family):
    names = [name for name, _ in migrations.steps(family)]
    assert len(set(names)) == len(names)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrations.apply(connection, family)
    migrations.apply(connection, family)
    applied = [row[0] for row in connection.execute("SELECT name FROM _sqlite_migrations")]
    assert sorted(applied) == sorted(names)
    assert migrations.unknown(connection, family) == []
    connection.close()


def test_a_script_is_cut_at_its_statements():
    script = "CREATE TABLE a (x TEXT DEFAULT ';');\n\nCREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;\n"
    assert migrations.statements(script) == [
        "CREATE TABLE a (x TEXT DEFAULT ';');",
        "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END;",
    ]
