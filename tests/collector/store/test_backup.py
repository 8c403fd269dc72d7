from __future__ import annotations

import io
import json
import stat
import tarfile

import pytest
import zstandard

from wakeful_collector.read import gateway
from wakeful_collector.store import backup, database, gateway_machines, samples
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_machines import MachineRow
from wakeful_wire.schema import schema_hash, series

COLUMNS = [series("system.uptime")]


@pytest.fixture
def data(tmp_path):
    data = tmp_path / "data"
    database.create(data)
    push(data, 0)
    return data


def push(data, sequence):
    connection = database.writer(data, "samples")
    schema = schema_hash(COLUMNS)
    with database.transaction(connection):
        samples.add_schema(connection, schema, COLUMNS)
        samples.append(connection, samples.hot_push(1, "run-one-1", sequence, schema, [(1000, [1.0])], b"d"), 1)
    connection.close()


def rewritten(file, change):
    """Pack the backup's members anew after `change(name, content) -> content | None`."""
    content = io.BytesIO(zstandard.ZstdDecompressor().stream_reader(file.read_bytes()).read())
    with tarfile.open(fileobj=content) as archive:
        members = [(member.name, archive.extractfile(member).read()) for member in archive]
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in members:
            new = change(name, content)
            if new is not None:
                info = tarfile.TarInfo(name)
                info.size = len(new)
                archive.addfile(info, io.BytesIO(new))
    file.write_bytes(zstandard.ZstdCompressor(write_checksum=True).compress(out.getvalue()))


def test_what_was_backed_up_comes_back(data, tmp_path):
    file = tmp_path / "backup.wakeful"
    with database.transaction(database.writer(data, "samples")):  # somebody else is writing meanwhile
        facts = backup.backup(data, file, 77)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    push(data, 1)
    assert backup.restore(file, tmp_path / "new") == facts
    assert facts.at_ms == 77
    found = database.reader(tmp_path / "new", "samples")
    assert [row[0] for row in found.execute("SELECT sequence FROM hot")] == [0]
    assert found.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    push(tmp_path / "new", 1)
    assert [row[0] for row in found.execute("SELECT sequence FROM hot")] == [0, 1]


def test_the_gateway_comes_back_with_its_machines(data, tmp_path):
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, MachineRow("box", "http://10.0.0.9:11434", None, True, {}, "", 1, 1))
    facts = backup.backup(data, tmp_path / "b", 77)
    assert facts.gateway_bytes > 4096
    backup.restore(tmp_path / "b", tmp_path / "new")
    assert [one.name for one in gateway.machines(tmp_path / "new")] == ["box"]


def test_a_backup_from_before_the_gateway_is_restored_with_an_empty_one(data, tmp_path):
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, MachineRow("box", "http://10.0.0.9:11434", None, True, {}, "", 1, 1))
    backup.backup(data, tmp_path / "b", 77)

    def older(name, content):
        if name == "gateway.db":
            return None
        if name.endswith(".json"):
            note = json.loads(content) | {"form": 1}
            del note["gateway_bytes"]
            return json.dumps(note).encode()
        return content

    rewritten(tmp_path / "b", older)
    assert backup.restore(tmp_path / "b", tmp_path / "new").gateway_bytes == 0
    assert gateway.machines(tmp_path / "new") == []
    assert [row[0] for row in database.reader(tmp_path / "new", "samples").execute("SELECT sequence FROM hot")] == [0]


def test_databases_that_are_there_are_never_written_over(data, tmp_path):
    backup.backup(data, tmp_path / "b", 1)
    with pytest.raises(database.StoreError, match="already holds state"):
        backup.restore(tmp_path / "b", data)


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
def test_a_log_that_was_left_behind_is_not_taken_for_the_restored_ones(data, tmp_path, suffix):
    backup.backup(data, tmp_path / "b", 1)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / f"samples.db{suffix}").write_bytes(b"of the database that was moved away")
    with pytest.raises(database.StoreError, match=f"already holds samples.db{suffix}"):
        backup.restore(tmp_path / "b", tmp_path / "new")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: c[: len(c) // 2],
        lambda c: c[:-1],
        lambda c: b"no backup" * 99,
        lambda c: c[:900] + b"\0" * 9 + c[909:],
    ],
)
def test_a_damaged_backup_is_refused(data, tmp_path, spoil):
    file = tmp_path / "b"
    backup.backup(data, file, 1)
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(database.DatabaseCorrupt, match="nothing was restored"):
        backup.restore(file, tmp_path / "new")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_backup_with_a_damaged_database_is_refused(data, tmp_path):
    backup.backup(data, tmp_path / "b", 1)
    rewritten(
        tmp_path / "b",
        lambda name, content: content[:8192] + b"\xee" * 8192 + content[16384:] if name == "samples.db" else content,
    )
    with pytest.raises(database.DatabaseCorrupt):
        backup.restore(tmp_path / "b", tmp_path / "new")


def test_a_backup_that_lacks_a_database_is_refused(data, tmp_path):
    backup.backup(data, tmp_path / "b", 1)
    rewritten(tmp_path / "b", lambda name, content: None if name == "samples.db" else content)
    with pytest.raises(database.DatabaseCorrupt, match="lacks samples"):
        backup.restore(tmp_path / "b", tmp_path / "new")


def test_a_backup_with_something_else_in_it_is_refused(data, tmp_path):
    backup.backup(data, tmp_path / "b", 1)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("../escape"), io.BytesIO())
    (tmp_path / "b").write_bytes(zstandard.ZstdCompressor().compress(content.getvalue()))
    with pytest.raises(database.DatabaseCorrupt, match="escape"):
        backup.restore(tmp_path / "b", tmp_path / "new")


def test_a_newer_backup_is_refused(data, tmp_path):
    backup.backup(data, tmp_path / "b", 1)
    rewritten(
        tmp_path / "b",
        lambda name, content: (
            json.dumps({**json.loads(content), "form": 9}).encode() if name.endswith("json") else content
        ),
    )
    with pytest.raises(database.DatabaseNewer, match="newer"):
        backup.restore(tmp_path / "b", tmp_path / "new")


def test_a_backup_of_a_newer_database_is_refused(data, tmp_path):
    connection = database.writer(data, "state")
    connection.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('state', 'later', '')")
    backup.backup(data, tmp_path / "b", 1)
    with pytest.raises(database.DatabaseNewer, match="knows later"):
        backup.restore(tmp_path / "b", tmp_path / "new")


def test_a_missing_file_and_a_missing_folder_are_said(data, tmp_path):
    with pytest.raises(database.StoreError, match="no file"):
        backup.restore(tmp_path / "none", tmp_path / "new")
    with pytest.raises(database.StoreError, match="cannot be used"):
        backup.backup(data, tmp_path / "no" / "folder" / "b", 1)


def test_a_full_disk_leaves_no_half_backup(data, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.os, "fsync", full)
    with pytest.raises(database.StoreFull, match="no room"):
        backup.backup(data, tmp_path / "b", 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data"]
