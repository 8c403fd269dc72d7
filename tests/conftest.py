"""What all tests share: a run that may skip nothing fails when something was skipped, and says what."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from .machine import no_containers, no_networks

if TYPE_CHECKING:
    from collections.abc import Generator

SIFT = Path(__file__).resolve().parent.parent / "packaging" / "coverage_files.py"

# How long an example takes is the machine's load and no property of what is tested.
settings.register_profile("wakeful", deadline=None)
settings.load_profile("wakeful")


def needs_containers(item: pytest.Item) -> bool:
    """Tell whether a test starts a container, or an init system of its own."""
    return item.get_closest_marker("containers") is not None or "[podman]" in item.nodeid


def needs_networks(item: pytest.Item) -> bool:
    """Tell whether a test makes networks of machines."""
    return item.get_closest_marker("networks") is not None


def needs_model(item: pytest.Item) -> bool:
    """Tell whether a test runs a language model."""
    return item.get_closest_marker("model") is not None


def no_model() -> str:
    """Return why no language model is run: only `make real` does."""
    return "" if os.environ.get("WAKEFUL_LLAMA_SERVER") else "make real runs them"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what no kernel without control groups and namespaces can do: captured output is tested there alone."""
    wants_and_why_not = ((needs_containers, no_containers), (needs_networks, no_networks), (needs_model, no_model))
    for wants, why_not in wants_and_why_not:
        wanting = [item for item in items if wants(item)]
        if wanting and why_not():
            config.hook.pytest_deselected(items=wanting)
            items[:] = [item for item in items if item not in wanting]


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Run the tests; then, before pytest-cov puts its files together, take away what killed children spoiled."""
    try:
        return (yield)
    finally:
        if session.config.getoption("cov_source", None) and not hasattr(session.config, "workerinput"):
            subprocess.run([sys.executable, str(SIFT), str(session.config.invocation_params.dir)], check=True)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if no_containers():
        terminalreporter.write_line(f"left out: tests that start containers or systemd: {no_containers()}")
    if no_networks():
        terminalreporter.write_line(f"left out: tests that make networks of machines: {no_networks()}")
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        terminalreporter.write_line(f"skipped: {report.nodeid}: {reason}")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput") or not os.environ.get("WAKEFUL_TEST_NO_SKIPS"):
        return
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
