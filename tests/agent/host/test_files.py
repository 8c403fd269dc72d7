import os
import pathlib
import shutil
import tempfile
import time

import pytest

from wakeful_agent.host.errors import Absent, Denied, HostError, Malformed
from wakeful_agent.host.files import CHUNK_BYTES, Host


@pytest.fixture
def nobody():
    folder = pathlib.Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def as_nobody(function):
    """Call without root's rights, which would read everything."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(65_534)
    try:
        return function()
    finally:
        os.seteuid(before)


def test_text_is_read_whole_and_bytes_that_say_nothing_are_replaced(made):
    long = "x" * (3 * CHUNK_BYTES + 5)
    host = made({"short": b"caf\xe9\n", "long": long})
    for read in (host.read, host.kept, host.kept):
        assert read("short") == "caf\ufffd\n"
        assert read("long") == long


def test_a_bound_is_held(made):
    host = made({"long": "x" * 5000})
    for read in (host.read, host.kept):
        with pytest.raises(Malformed, match="more than 4999 bytes"):
            read("long", 4999)


def test_a_kept_descriptor_tells_what_is_there_now(made, tmp_path):
    host = made({"file": "one"})
    assert host.kept("file") == "one"
    (tmp_path / "file").write_text("two")
    assert host.kept("file") == "two"


def test_a_kept_descriptor_whose_device_went_away_is_opened_again(made):
    host = made({"file": "one"})
    assert host.kept("file") == "one"
    writing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(writing, host._kept["file"])
    os.close(writing)
    assert host.kept("file") == "one"
    host.close()
    assert host._kept == {}
    assert host.kept("file") == "one"
    host.close()


def test_the_systems_errors_are_translated(made, tmp_path):
    host = made({"folder/file": "x"})
    calls = [
        host.read,
        host.kept,
        host.whole,
        host.listing,
        host.target,
        host.statvfs,
        lambda path: list(host.lines(path)),
    ]
    for call in calls:
        with pytest.raises(Absent):
            call("nowhere")
    for call in (host.read, host.kept, host.line):
        with pytest.raises(HostError, match="Is a directory"):
            call("folder")
    with pytest.raises(Absent):
        host.listing("folder/file")


def test_what_may_not_be_read_is_denied(nobody):
    folder = nobody
    (folder / "secret").write_text("x")
    (folder / "secret").chmod(0)
    host = Host(str(folder))

    def refused(read):
        with pytest.raises(Denied, match="Permission denied"):
            read("secret")

    for read in (host.read, host.kept, host.line):
        as_nobody(lambda read=read: refused(read))
    assert as_nobody(lambda: host.optional("secret")) == ""


def test_lines_come_one_by_one_whatever_the_size(made):
    many = [f"line {number} " + "y" * 100 for number in range(3000)]
    host = made({"ended": "\n".join(many) + "\n", "open": "\n".join(many), "empty": ""})
    assert list(host.lines("ended")) == many
    assert list(host.lines("open")) == many
    assert list(host.lines("empty")) == []


def test_small_files_of_sys(made):
    host = made({"number": " 42\n", "word": "up\nmore\n", "none": "\n"})
    assert host.whole("number") == 42
    assert host.line("word") == "up"
    assert host.optional("word") == "up"
    assert host.optional("nowhere") == ""
    with pytest.raises(Malformed, match="'up' is not a whole number"):
        host.whole("word")


def test_links_and_folders(made, tmp_path):
    host = made({"b": "", "a": ""})
    (tmp_path / "link").symlink_to("../somewhere/else")
    assert host.target("link") == "../somewhere/else"
    assert host.exists("link")
    assert not host.exists("c")
    assert host.listing("") == ["a", "b", "link"]


def test_filesystems_are_asked_under_the_root(made):
    assert made({}).statvfs("/").f_blocks > 0


def test_the_time_since_boot(made):
    real = Host().awake_seconds()
    assert abs(real - time.clock_gettime(time.CLOCK_BOOTTIME)) < 5
    assert made({"proc/uptime": "12.5 3\n"}).awake_seconds() == 12.5
    with pytest.raises(Malformed):
        made({"proc/uptime": "soon\n"}).awake_seconds()
