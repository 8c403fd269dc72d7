import struct

import pytest

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.logins import LoginsMeter, parse_session, parse_utmp

SESSION = """# This is private data. Do not parse.
UID=1000
USER=ana
ACTIVE=1
IS_DISPLAY=1
STATE={state}
REMOTE={remote}
TYPE=tty
ORIGINAL_TYPE=tty
CLASS={kind}
SCOPE=session-{name}.scope
FIFO=/run/systemd/sessions/{name}.ref
SERVICE=sshd
TTY=pts/0
LEADER=812
AUDIT={name}
"""


def session(name="3", kind="user", state="active", remote=1):
    return SESSION.format(name=name, kind=kind, state=state, remote=remote)


def record(kind, process, origin=b"", size=384):
    head = struct.pack("=hxxi32s4s32s256s", kind, process, b"pts/0", b"ts/0", b"ana", origin)
    return head.ljust(size, b"\0")


@pytest.fixture
def root(tmp_path):
    (tmp_path / "run").mkdir()
    return tmp_path


def read(root):
    reading = LoginsMeter().read(Host(f"{root}/"), 0)
    assert [(one.name, dict(one.labels)) for one in reading.series] == [
        ("system.login.count", {"type": "local"}),
        ("system.login.count", {"type": "remote"}),
    ]
    return list(reading.values)


@pytest.mark.parametrize(
    ("told", "remote"),
    [
        ({}, True),
        ({"remote": 0}, False),
        ({"kind": "user-early"}, True),
        ({"state": "closing"}, None),
        ({"kind": "greeter"}, None),
        ({"kind": "manager"}, None),
        ({"kind": "background"}, None),
    ],
)
def test_whose_session_is_a_login(told, remote):
    assert parse_session(session(**told)) is remote


def test_sessions_of_an_old_systemd_have_no_class():
    assert parse_session("UID=0\nREMOTE=0\nnonsense\n") is False


def test_the_sessions_of_logind_are_counted(root):
    sessions = root / "run" / "systemd" / "sessions"
    sessions.mkdir(parents=True)
    assert read(root) == [0.0, 0.0]
    (sessions / "3").write_text(session("3"))
    (sessions / "c1").write_text(session("c1", remote=0))
    (sessions / "4").write_text(session("4", "manager"))
    (sessions / "3.ref").write_text(session("5"))
    (sessions / "6").mkdir()
    assert read(root) == [1.0, 1.0]


@pytest.mark.parametrize("size", [384, 400])
def test_without_logind_utmp_is_counted(root, size):
    content = b"".join(
        [
            record(2, 0, b"6.1.0", size),
            record(7, 811, b"", size),
            record(7, 812, b":0", size),
            record(7, 813, b"192.0.2.9", size),
            record(7, 814, b"nas", size),
            record(8, 815, b"", size),
        ]
    )
    (root / "run" / "utmp").write_bytes(content)
    assert parse_utmp(content) == [(811, False), (812, False), (813, True), (814, True)]
    for process in (811, 813):
        (root / "proc" / str(process)).mkdir(parents=True)
    assert read(root) == [1.0, 1.0]


def test_a_utmp_of_another_form_is_told_as_such(root):
    (root / "run" / "utmp").write_bytes(b"x" * 385)
    with pytest.raises(Malformed, match="/run/utmp: is not as documented"):
        read(root)


def test_neither_is_here(root):
    with pytest.raises(NoData, match="neither logind nor utmp"):
        read(root)


def test_whether_logins_can_be_counted_is_found_by_counting(root):
    host = Host(f"{root}/")
    assert not LoginsMeter().probe(host).available
    (root / "run" / "systemd" / "sessions").mkdir(parents=True)
    assert LoginsMeter().probe(host).available, "nobody is logged in"
    (root / "run" / "systemd" / "sessions").rmdir()
    (root / "run" / "utmp").write_bytes(b"short")
    assert "is not as documented" in LoginsMeter().probe(host).reason
    (root / "run" / "utmp").write_bytes(record(7, 1))
    assert LoginsMeter().probe(host).available
