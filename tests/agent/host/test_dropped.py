import os

import pytest

from wakeful_agent.host.dropped import check_owned, read_dropped
from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed


def test_a_file_is_read_once_until_it_changes(made, tmp_path):
    host = made({"a": "one"})
    os.utime(tmp_path / "a", (5, 5))
    first = read_dropped(host, "a", 10)
    assert (first.text, first.modified_ms) == ("one", 5000)
    assert read_dropped(host, "a", 10, first.mark).text is None
    (tmp_path / "a").write_text("two")
    assert read_dropped(host, "a", 10, first.mark).text == "two"
    (tmp_path / "a").write_text("x" * 11)
    with pytest.raises(Malformed, match="/a: has more than 10 bytes"):
        read_dropped(host, "a", 10)
    (tmp_path / "a").write_text("x" * 200_000)
    assert len(read_dropped(host, "a", 200_000).text) == 200_000


def test_what_is_no_plain_file_is_not_waited_for(made, tmp_path):
    host = made({"a": ""})
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ""):
        with pytest.raises(Malformed, match="is not a plain file"):
            read_dropped(host, name, 10)
    with pytest.raises(Absent):
        read_dropped(host, "nothing", 10)


def test_a_device_is_not_even_opened(made, tmp_path, monkeypatch):
    host = made({"a": ""})
    (tmp_path / "device").symlink_to("/dev/null")
    monkeypatch.setattr(os, "open", None)
    with pytest.raises(Malformed, match="is not a plain file"):
        read_dropped(host, "device", 10)


def test_only_the_owner_or_root_may_change_a_program(made, tmp_path):
    host = made({"bin/script": ""})
    folder, script = tmp_path / "bin", tmp_path / "bin" / "script"
    folder.chmod(0o755)
    script.chmod(0o755)
    check_owned(host, "bin/script")
    script.chmod(0o775)
    with pytest.raises(Denied, match="script may be changed by others: run chmod go-w"):
        check_owned(host, "bin/script")
    script.chmod(0o1757)
    with pytest.raises(Denied, match="script may be changed by others"):
        check_owned(host, "bin/script")
    script.chmod(0o755)
    folder.chmod(0o777)
    with pytest.raises(Denied, match="bin may be changed by others"):
        check_owned(host, "bin/script")
    folder.chmod(0o1777)
    check_owned(host, "bin/script")
    (tmp_path / "link").symlink_to("bin/script")
    folder.chmod(0o757)
    with pytest.raises(Denied):
        check_owned(host, "link")
    with pytest.raises(Absent):
        check_owned(host, "bin/nothing")
    folder.chmod(0o755)
    with pytest.raises(HostError, match="is not a plain file"):
        check_owned(host, "bin")


def test_a_program_of_somebody_else_is_not_run(made, tmp_path, monkeypatch):
    host = made({"script": ""})
    owner = (tmp_path / "script").stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    if owner:
        with pytest.raises(Denied, match="belongs to somebody else"):
            check_owned(host, "script")
        return
    os.chown(tmp_path / "script", 12345, -1)
    with pytest.raises(Denied, match=r"belongs to somebody else .user 12345.: run chown root"):
        check_owned(host, "script")
