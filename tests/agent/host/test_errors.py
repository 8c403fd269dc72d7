import errno

import pytest

from wakeful_agent.host.errors import Absent, Denied, HostError, translate


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (errno.ENOENT, Absent),
        (errno.ENODEV, Absent),
        (errno.ESRCH, Absent),
        (errno.EOPNOTSUPP, Absent),
        (errno.EACCES, Denied),
        (errno.EPERM, Denied),
        (errno.EIO, HostError),
    ],
)
def test_the_systems_errors_become_ours(code, kind):
    made = translate(OSError(code, "said so"), "/proc/x")
    assert type(made) is kind
    assert str(made) == "/proc/x: said so"


def test_an_error_without_a_number_is_told_too():
    assert str(translate(TimeoutError("timed out"), "netlink")) == "netlink: timed out"
