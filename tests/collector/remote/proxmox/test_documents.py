"""Files of wishes, read where the operator sits."""

import io
import os

import pytest

from wakeful_collector.remote.failure import USAGE, Failure
from wakeful_collector.remote.proxmox import documents


def refused(*places):
    with pytest.raises(Failure) as caught:
        documents.gathered(map(str, places))
    assert caught.value.exit_code == USAGE
    return caught.value.message


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = tmp_path / "wishes"
    (made / "web" / ".git").mkdir(parents=True)
    (made / "b.yaml").write_text("b: 1\n")
    (made / "a.yml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    (made / "web" / "c.yaml").write_text("c: 1\n")
    (made / "web" / ".git" / "d.yaml").write_text("d: 1\n")
    (made / "notes.txt").write_text("no wish")
    (made / ".hidden.yaml").write_text("h: 1\n")
    return made


def test_folders_and_files_in_the_order_of_their_names(folder):
    found = documents.gathered(["wishes/", "wishes/b.yaml"])
    assert found == [
        {"path": "wishes/a.yml", "text": "a: 1\n"},
        {"path": "wishes/b.yaml", "text": "b: 1\n"},
        {"path": "wishes/web/c.yaml", "text": "c: 1\n"},
    ]
    assert documents.gathered(["wishes/notes.txt"])[0]["text"] == "no wish"  # whoever names a file means it


def test_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a: 1\n")))
    assert documents.gathered(["-"]) == [{"path": "stdin", "text": "a: 1\n"}]
    monkeypatch.setattr("sys.stdin", io.StringIO("nothing of bytes"))
    assert documents.gathered(["-"]) == [{"path": "stdin", "text": ""}]


def test_links_lead_nowhere_else(folder, tmp_path):
    (tmp_path / "secret").write_text("root:x:0:0")
    (folder / "inside.yaml").symlink_to("b.yaml")
    assert len(documents.gathered([str(folder)])) == 4
    (folder / "outside.yaml").symlink_to(tmp_path / "secret")
    assert "leads out of the folder" in refused(folder)
    assert documents.gathered([str(folder / "outside.yaml")])[0]["text"] == "root:x:0:0"  # named, so meant
    (folder / "outside.yaml").unlink()
    (folder / "elsewhere").symlink_to("/etc", target_is_directory=True)
    assert len(documents.gathered([str(folder)])) == 4


def test_what_is_no_regular_file(folder):
    os.mkfifo(folder / "pipe.yaml")
    assert "no regular file" in refused(folder)
    assert "no regular file" in refused("/dev/null")
    assert "cannot be read" in refused(folder / "nothing.yaml")


def test_bounds(folder, monkeypatch):
    (folder / "z.yaml").write_bytes(b"a" * (documents.FILE_BYTES_MAX + 1))
    assert "larger than 1 MiB" in refused(folder)
    (folder / "z.yaml").write_bytes(b"ok: 1\nlatin: \xe9\n")
    assert refused(folder).endswith("z.yaml:2: it is not written in UTF-8")
    (folder / "z.yaml").unlink()
    monkeypatch.setattr(documents, "FILES_MAX", 2)
    assert "more than 2 files" in refused(folder)
    monkeypatch.setattr(documents, "WHOLE_BYTES_MAX", 4)
    assert "the files hold more than" in refused(folder)


def test_folders_without_end_and_without_rights(tmp_path, monkeypatch):
    monkeypatch.setattr(documents, "DEPTH_MAX", 2)
    (tmp_path / "a/b/c").mkdir(parents=True)
    assert "nested deeper" in refused(tmp_path)
    monkeypatch.setattr(documents, "DEPTH_MAX", 16)
    assert "no file of wishes" in refused(tmp_path)

    def denied(_path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", denied)
    assert "Permission denied" in refused(tmp_path)
