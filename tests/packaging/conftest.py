"""What the tests of packaging share: releases of one key, made once a run of tests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .bundles import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """Make releases in a folder of this run."""
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture
def source() -> Iterator[Path]:
    """Give a folder that everybody may look into, as a machine's /run/source."""
    with tempfile.TemporaryDirectory(prefix="wakeful-", ignore_cleanup_errors=True) as name:
        path = Path(name)
        os.chmod(path, 0o755)
        yield path
