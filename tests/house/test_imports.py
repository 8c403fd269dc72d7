"""Who may import whom, and what a running agent may hold in memory."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = (
    "asyncio",
    "concurrent",
    "dataclasses",
    "email",
    "flask",
    "http",
    "inspect",
    "logging",
    "numpy",
    "psutil",
    "random",
    "requests",
    "sqlite3",
    "subprocess",
    "typing_extensions",
    "urllib",
    "xml",
)
"""Modules that cost an agent memory and that measuring and pushing do not need."""

MEASURE = """
import json, sys
from wakeful_agent import meters
from wakeful_agent.host.files import Host
from wakeful_agent.runner import Runner
import wakeful_agent.daemon, wakeful_agent.network.http, wakeful_agent.transport.spool
held = meters.build(None)
runner = Runner(Host(), held)
ticks = [runner.collect(1_763_716_800_000 + 5_000 * n, None) for n in range(2)]
runner.close()
samples = sum(len(result.values) for result in ticks[-1].results.values())
print(json.dumps({"modules": sorted(sys.modules), "samples": samples}))
"""


def test_the_import_rules_are_kept(root: Path) -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"]
    checked = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert " 0 broken" in checked.stdout


def test_rooms_see_only_the_kit_of_the_web(modules: list[Path]) -> None:
    rooms = [file for file in modules if "integrations" in file.parts]
    seen = [
        line
        for file in rooms
        for line in re.findall(r"^\s*(?:from|import) wakeful_collector\.web.*$", file.read_text(), re.M)
    ]
    assert len(seen) > 5
    kit = re.compile(r"\s*from wakeful_collector\.web(?:\.kit import .+| import kit)")
    assert [line for line in seen if not kit.fullmatch(line)] == []


def test_a_running_agent_holds_nothing_heavy(root: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE],
        env={"PYTHONPATH": str(root / "agent" / "src")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["samples"] > 30
    heavy = [name for name in HEAVY if name in found["modules"]]
    assert not heavy, f"a measuring agent has loaded {heavy}"


def test_the_wire_needs_the_standard_library_only(root: Path) -> None:
    program = (
        "import pkgutil, sys, importlib, wakeful_wire\n"
        "for part in pkgutil.iter_modules(wakeful_wire.__path__):\n"
        "    importlib.import_module('wakeful_wire.' + part.name)\n"
        "print(len([name for name in sys.modules if name.startswith('wakeful_wire.')]))"
    )
    command = [sys.executable, "-S", "-c", program]
    environment = {"PYTHONPATH": str(root / "agent" / "src")}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    assert int(ran.stdout) >= 9
