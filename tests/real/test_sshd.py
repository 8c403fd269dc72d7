"""SSH with Debian's sshd: the suite that the fake passes too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ..fakes.ssh_suite import SshSuite
from .sshd import Sshd, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.real, pytest.mark.root]


@pytest.fixture
def server() -> Iterator[Sshd]:
    with machine() as made:
        made.start()
        yield made


class TestReal(SshSuite):
    """What holds for Debian's sshd."""
