"""Commands run in this process, each with a data folder and an environment of its own."""

from __future__ import annotations

import io
import os
import sys
from typing import NamedTuple

import pytest

from wakeful_collector import cli


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def run(data, capsys, monkeypatch):
    """Return a function that runs one command line and returns code, output and errors."""
    kept, mask = dict(os.environ), os.umask(0o077)
    for name in list(os.environ):
        if name.startswith("WAKEFUL_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("WAKEFUL_DATA", str(data))

    def one(*argv: str, stdin: str | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        capsys.readouterr()
        try:
            code = cli.main(argv)
        except SystemExit as end:
            code = end.code
        return Ran(code, *capsys.readouterr())

    yield one
    os.umask(mask)
    os.environ.clear()
    os.environ.update(kept)
